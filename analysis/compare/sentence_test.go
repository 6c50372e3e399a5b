package compare

import "testing"

func TestFormatChange(t *testing.T) {
	for _, c := range []struct {
		metric string
		change float64
		want   string
	}{
		{"goodput", -0.0514, "-5.1 %"}, {"goodput", 0.00056, "+0.056 %"}, {"goodput", 2e-6, "0.0 %"}, {"goodput", -2e-6, "0.0 %"},
		{"goodput", 0, "0.0 %"}, {"loss", 0.002, "+0.2 pp"}, {"loss", 1e-9, "0.0 pp"},
	} {
		if got := FormatChange(c.metric, c.change); got != c.want {
			t.Errorf("%s %v: %q, want %q", c.metric, c.change, got, c.want)
		}
	}
}
