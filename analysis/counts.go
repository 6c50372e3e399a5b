package analysis

import (
	"fmt"

	"st67bench/analysis/stats"
	"st67bench/results"
)

// Count is how often something happened over all repeats of a case, and how often it does.
type Count struct {
	K float64 `json:"k"`
	N float64 `json:"n"` // of so many datagrams, bytes or events
	// Interval is the exact one of the share, or of the rate where more than one can happen to each: binomial (Clopper and Pearson)
	// and Poisson (Garwood). It supposes that each happens by itself, and is nil when they are Bursty.
	Interval *stats.Interval `json:"interval,omitempty"`
	// Bursty says that the counts of the repeats vary more than twice as much as they would by chance: they happen together, and
	// repeats, or boots, are what an interval has to be over.
	Bursty bool `json:"bursty,omitempty"`
}

// Rate is K/N.
func (c Count) Rate() float64 { return c.K / c.N }

const mostDispersion = 2 // of counts: variance over mean, which is 1 by chance

// counted are the metrics that count what happened to some of n, which is the sum of others.
var counted = []struct {
	name, k string
	of      []string
	many    bool // more than one may happen to each
}{
	{"datagram_loss", "datagrams_lost", []string{"datagrams", "datagrams_lost"}, false},
	{"loss", "loss", []string{"received", "loss"}, false},
	{"dropped", "dropped", []string{"sends", "dropped"}, false},
	{"retries", "retries", []string{"sends"}, true},
}

// counts are those of the repeats, by the metric that reports show; nil when there are none.
func counts(repeats []results.Result) map[string]Count {
	var out map[string]Count
	for _, what := range counted {
		var k, n []float64
		for _, r := range repeats {
			happened, known := r.Metrics[what.k]
			of := 0.0
			for _, name := range what.of {
				v, ok := r.Metrics[name]
				known = known && ok
				of += v
			}
			if known && of > 0 {
				k, n = append(k, happened), append(n, of)
			}
		}
		if len(k) == 0 {
			continue
		}
		if out == nil {
			out = map[string]Count{}
		}
		out[what.name] = countOf(k, n, what.many)
	}
	return out
}

// countOf is that of repeats with k of n each.
func countOf(k, n []float64, many bool) Count {
	var c Count
	for i := range k {
		c.K += k[i]
		c.N += n[i]
	}
	excess := 0.0 // chi-square of the counts against one rate for all
	for i := range k {
		if expected := c.Rate() * n[i]; expected > 0 {
			excess += (k[i] - expected) * (k[i] - expected) / expected
		}
	}
	c.Bursty = len(k) > 2 && excess > mostDispersion*float64(len(k)-1)
	if c.Bursty {
		return c
	}
	i := stats.PoissonInterval(int(c.K), c.N)
	if !many {
		i = stats.ClopperPearson(int(c.K), int(c.N))
	}
	c.Interval = &i
	return c
}

// findLossless says how many datagrams may be lost where none was.
func findLossless(s *Summary) string {
	n := 0.0
	for _, c := range s.Cases {
		count := c.Counts["datagram_loss"]
		if count.K > 0 {
			return ""
		}
		n += count.N
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("no datagram of %.0f was lost: at most %s are", n, share(stats.ClopperPearson(0, int(n)).Hi))
}
