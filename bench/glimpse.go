package bench

// Glimpse is what is known of a repeat while it runs: for live views, and no figure of its result.
type Glimpse struct {
	Done    float64 // share of the repeat, 0..1
	Bytes   int64   // payload that was handed over so far, both ways together; 0 where none is
	Latency float64 // mean of what was timed since the glimpse before, s; 0 where nothing was
}

// glimpses collects what the next glimpse shows.
type glimpses struct {
	bytes int64
	sum   [len(timed)]float64
	n     [len(timed)]int
}

// timed are the series that a glimpse can show a mean of; the first of them that has values counts.
var timed = [...]string{"rtt", "send_latency", "wake_latency", "duration", "delay_down", "delay_up"}

func (g *glimpses) keep(series string, v float64) {
	for i := range timed {
		if timed[i] == series {
			g.sum[i] += v
			g.n[i]++
			return
		}
	}
}

func (g *glimpses) take(done float64) Glimpse {
	seen := Glimpse{Done: done, Bytes: g.bytes}
	for i, n := range g.n {
		if n > 0 {
			seen.Latency = g.sum[i] / float64(n)
			break
		}
	}
	*g = glimpses{bytes: g.bytes}
	return seen
}
