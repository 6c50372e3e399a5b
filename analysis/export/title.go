package export

import "st67bench/results"

func title(metric string) string {
	if m, ok := results.LookupMetric(metric); ok {
		return m.Title
	}
	return metric
}
