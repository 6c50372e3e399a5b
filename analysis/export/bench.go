package export

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"st67bench/results"
)

// Bench writes the runs in the Go benchmark format, see [results.WriteBench]. One run is what its bench.txt has. Several have
// "run" and "release" as configuration, which tell their lines apart, so that benchstat compares them out of one file:
//
//	benchstat -table module,link -col release FILE
//
// A configuration line holds until another takes its place: what an earlier run had and this one has not is taken back.
func Bench(to io.Writer, runs ...*results.Run) error {
	if len(runs) == 1 {
		return results.WriteBench(to, runs[0])
	}
	set := map[string]bool{}
	for _, run := range runs {
		var out bytes.Buffer
		for _, kv := range [][2]string{{"run", run.ID}, {"release", run.ReleaseName()}} {
			fmt.Fprintf(&out, "%s: %s\n", kv[0], strings.Join(strings.Fields(kv[1]), " "))
		}
		if err := results.WriteBench(&out, run); err != nil {
			return err
		}
		own := configKeys(out.String())
		for _, key := range slices.Sorted(maps.Keys(set)) {
			if !own[key] {
				if _, err := fmt.Fprintf(to, "%s:\n", key); err != nil {
					return err
				}
			}
		}
		maps.Copy(set, own)
		if _, err := out.WriteTo(to); err != nil {
			return err
		}
	}
	return nil
}

// configKeys are those of the configuration lines at the begin of a text.
func configKeys(text string) map[string]bool {
	keys := map[string]bool{}
	for line := range strings.Lines(text) {
		key, _, ok := strings.Cut(line, ":")
		if !ok || strings.HasPrefix(line, "Unit ") || strings.HasPrefix(line, "Benchmark") {
			break
		}
		keys[key] = true
	}
	return keys
}
