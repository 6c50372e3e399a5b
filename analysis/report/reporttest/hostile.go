package reporttest

import (
	"fmt"
	"strings"
	"testing"

	"st67bench/results"
)

// Names is what a network, a module or a file may have for a name. None of it
// may run, fetch anything or break a chart.
var Names = []string{
	`</script><script>document.title='PWNED'</script>`,
	`__f__function(){document.title='PWNED'}__f__`,
	`"><img src=x onerror="document.title='PWNED'">`,
	"\u202e\u2066gnp.exe\u2028\u2029\x00\x1b[2J",
	"__proto__", "interval", "mutedInk", "{{.}}", "${document.title='PWNED'}", `<!--`, `]]>`, "{b|c}",
}

// Hostile is Run with such names wherever a run has names.
func Hostile(t testing.TB) *results.Run {
	t.Helper()
	run := Run(t)
	factor := Names[0]
	run.Factors = append(run.Factors, factor)
	run.Identity["firmware"], run.Identity[Names[2]] = Names[1], Names[0]
	for i, text := range Names {
		run.Conditions[fmt.Sprintf("ssid%d", i)] = text
		run.Conditions[text] = text
	}
	run.Scenario = results.Document{Name: Names[0], Title: strings.Join(Names, " "), Text: strings.Join(Names, "\n")}
	run.Rig = results.Document{Name: Names[2], Text: strings.Join(Names, "\n")}
	run.ID = Names[0]
	rename := map[string]string{}
	for i := range run.Cases {
		c := &run.Cases[i]
		evil := Names[i%len(Names)]
		c.Factors[factor] = evil
		rename[c.Key] = c.Key + "/" + factor + "=" + evil
		c.Key = rename[c.Key]
	}
	for i := range run.Results {
		run.Results[i].Case = rename[run.Results[i].Case]
		if run.Results[i].Err != "" {
			run.Results[i].Err = strings.Join(Names, " ")
		}
	}
	return run
}
