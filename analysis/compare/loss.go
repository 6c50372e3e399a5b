package compare

import (
	"slices"

	"st67bench/analysis/stats"
	"st67bench/results"
)

// bursty is the ratio of variance to mean of the repeats' counts above which losses come in bursts: then they are no
// independent events, which would have 1.
const bursty = 2

// tally is what was lost of a side.
type tally struct {
	lost, of int
	rates    []float64 // of each boot
	bursts   bool
}

func isLoss(name string) bool { return slices.Contains(lossMetrics, name) }

// lossOf counts what one repeat lost, and of how many; ok is false when it does not say so.
func lossOf(name string, metrics map[string]float64) (lost, of float64, ok bool) {
	if name == "datagram_loss" {
		lost, ok = metrics["datagrams_lost"]
		of = metrics["datagrams"] + lost
		return lost, of, ok && of > 0
	}
	lost, ok = metrics["loss"]
	of, sent := metrics["sent"]
	if !sent {
		of = metrics["received"] + lost
	}
	return lost, of, ok && of > 0
}

// tallyOf counts what the results lost; boot tells which boot one is of.
func tallyOf(name string, all []measured) (t tally, ok bool) {
	var counts []float64
	boots := map[boot][2]float64{}
	var order []boot
	for _, r := range all {
		lost, of, said := lossOf(name, r.Metrics)
		if !said {
			continue
		}
		if _, known := boots[r.boot]; !known {
			order = append(order, r.boot)
		}
		boots[r.boot] = [2]float64{boots[r.boot][0] + lost, boots[r.boot][1] + of}
		counts = append(counts, lost)
		t.lost += int(lost)
		t.of += int(of)
	}
	for _, b := range order {
		t.rates = append(t.rates, boots[b][0]/boots[b][1])
	}
	if len(counts) == 0 {
		return t, false
	}
	t.bursts = square(stats.Deviation(counts)) > bursty*stats.Mean(counts)
	return t, true
}

// lossRow compares what the sides lost, as fractions: the pooled counts by Fisher's exact test and Newcombe's interval, or,
// where losses come in bursts, the rates of the boots by Mann-Whitney and Hodges-Lehmann. What lost nothing on either side
// leaves nothing to test: it has no p-value for the gate and is no part of the family.
func lossRow(m results.Metric, margin float64, base, new tally) Row {
	row := Row{
		Metric: m.Name, Margin: margin, N: Counts{len(base.rates), len(new.rates)}, Boots: Counts{len(base.rates), len(new.rates)},
		Base: fraction(base), New: fraction(new),
	}
	row.Within = row.Boots.least() < enoughBoots
	d, i95, i90 := row.New-row.Base, (*stats.Interval)(nil), (*stats.Interval)(nil)
	var p float64
	if base.bursts || new.bursts {
		row.Note = "losses come in bursts: the rates of the boots are compared"
		p = stats.MannWhitney(base.rates, new.rates)
		d, i95 = stats.HodgesLehmann(base.rates, new.rates, stats.Confidence)
		_, i90 = stats.HodgesLehmann(base.rates, new.rates, 1-2*Alpha)
	} else {
		p = stats.Fisher(base.lost, base.of, new.lost, new.of)
		wide := stats.Newcombe(base.lost, base.of, new.lost, new.of, stats.Confidence)
		narrow := stats.Newcombe(base.lost, base.of, new.lost, new.of, 1-2*Alpha)
		i95, i90 = &wide, &narrow
	}
	row.PExact = &p
	if base.lost+new.lost > 0 {
		row.PGate = row.PExact
	}
	s := scale{better: -1, unit: 1}
	row.Change, row.Interval, row.Interval90 = s.change(d), s.span(i95), s.span(i90)
	if short := row.tooFew(); short != "" {
		row.Verdict, row.Needed, row.Note = Inconclusive, enoughBoots, short
		return row
	}
	row.Verdict = judge(-d, margin, s.oriented(i95), s.oriented(i90))
	if row.Verdict == Inconclusive {
		row.Needed = needed(row.Boots.least(), -d, margin, i95, i90)
	}
	return row
}

func fraction(t tally) float64 { return float64(t.lost) / float64(t.of) }
