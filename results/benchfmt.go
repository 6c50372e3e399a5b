package results

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// WriteBench writes the run in the Go benchmark format (golang.org/design/14313-benchmark-format),
// which benchstat reads: one line per case and boot, or per repeat when the run
// has one boot.
//
// A line of a boot has the number of its repeats as iteration count and
// Metric.Combine of their values; a line of a repeat has 1. Each metric has a
// unit of its own, "goodput-bit/s" or "send_latency_p99-sec", because benchstat
// tells metrics apart by unit. What was not measured has no line.
func WriteBench(w io.Writer, run *Run) error {
	var out bytes.Buffer
	writeConfig(&out, run.Identity)
	writeUnits(&out, run.Results)
	for _, group := range benchGroups(run) {
		out.WriteString(benchName(run.Scenario.Name, group[0].Case))
		fmt.Fprintf(&out, " %d", len(group))
		for _, m := range measured(group) {
			fmt.Fprintf(&out, " %s %s", strconv.FormatFloat(m.Combine(values(group, m.Name)), 'g', -1, 64), benchUnit(m))
		}
		out.WriteByte('\n')
	}
	_, err := out.WriteTo(w)
	return err
}

// writeBenchFile derives bench.txt from what the directory holds.
func writeBenchFile(dir string) error {
	run, err := Open(dir)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := WriteBench(&out, run); err != nil {
		return err
	}
	return replaceFile(filepath.Join(dir, benchFile), out.Bytes())
}

// writeConfig writes identity as configuration lines. The format wants keys
// that begin with a lower-case letter and have neither upper case nor spaces.
func writeConfig(out *bytes.Buffer, identity map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(identity)) {
		value := strings.Join(strings.Fields(identity[key]), " ")
		name := strings.ToLower(strings.Join(strings.Fields(key), "-"))
		if value == "" || name == "" || !unicode.IsLower([]rune(name)[0]) {
			continue
		}
		fmt.Fprintf(out, "%s: %s\n", name, value)
	}
}

// writeUnits says which direction is better.
func writeUnits(out *bytes.Buffer, all []Result) {
	for _, m := range measured(all) {
		switch m.Better {
		case +1:
			fmt.Fprintf(out, "Unit %s better=higher\n", benchUnit(m))
		case -1:
			fmt.Fprintf(out, "Unit %s better=lower\n", benchUnit(m))
		}
	}
}

// measured is the rows of the metric table that occur in the results.
func measured(all []Result) []Metric {
	return slices.DeleteFunc(Metrics(), func(m Metric) bool { return len(values(all, m.Name)) == 0 })
}

func values(all []Result, name string) []float64 {
	var v []float64
	for _, r := range all {
		if x, ok := r.Metrics[name]; ok {
			v = append(v, x)
		}
	}
	return v
}

// benchGroups is the results of each line: those with metrics, in the order of
// the boots and, in each, in sweep order.
func benchGroups(run *Run) [][]Result {
	type key struct {
		boot, rank, seq int
	}
	rank := map[string]int{}
	for i, c := range run.Cases {
		rank[c.Key] = i
	}
	boots := 0
	for _, r := range run.Results {
		boots = max(boots, r.Boot)
	}
	groups := map[key][]Result{}
	for _, r := range run.Results {
		if len(measured([]Result{r})) == 0 {
			continue
		}
		if _, ok := rank[r.Case]; !ok {
			rank[r.Case] = len(rank)
		}
		k := key{boot: r.Boot, rank: rank[r.Case]}
		if boots <= 1 {
			k.seq = r.Seq
		}
		groups[k] = append(groups[k], r)
	}
	keys := slices.SortedFunc(maps.Keys(groups), func(a, b key) int {
		return slices.Compare([]int{a.boot, a.rank, a.seq}, []int{b.boot, b.rank, b.seq})
	})
	lines := make([][]Result, len(keys))
	for i, k := range keys {
		lines[i] = groups[k]
	}
	return lines
}

// benchName is "BenchmarkCipsendSize/length=2920/links=1".
func benchName(scenario, caseKey string) string {
	var name strings.Builder
	name.WriteString("Benchmark")
	for _, word := range strings.FieldsFunc(scenario, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		letters := []rune(word)
		letters[0] = unicode.ToUpper(letters[0])
		name.WriteString(string(letters))
	}
	if caseKey != "" {
		name.WriteByte('/')
		name.WriteString(strings.Join(strings.Fields(caseKey), "_")) // a space would end the name
	}
	return name.String()
}

// benchUnit is the metric's unit in this format: seconds are "sec" there.
func benchUnit(m Metric) string {
	switch m.Unit {
	case "s":
		return m.Name + "-sec"
	case "", "1":
		return m.Name
	}
	return m.Name + "-" + m.Unit
}
