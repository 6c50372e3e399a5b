package bench

import (
	"strings"
	"testing"
	"testing/synctest"

	"st67bench/results"
	"st67bench/transport/emulator"
)

// A level that the module does not take in a line of the set-up is refused, tried once; a line that is wrong for every level is an
// error of the scenario.
func TestRefusedBySetUp(t *testing.T) {
	for setup, want := range map[string]results.Outcome{"AT+CWSTAPROTO={protocols}": results.Refused, "AT+NOSUCH=1": results.Error} {
		synctest.Test(t, func(t *testing.T) {
			r, _ := rig(t, emulator.Config{})
			j := &memory{samples: map[int]*kept{}}
			text := "name: one\nworkload: {kind: cipsend, sends: 20, length: 1000}\nwarmup: 0\nsetup: [AT+SLWKDTIM=1, \"" + setup + "\"]\n"
			if want == results.Refused {
				text += "sweep: {protocols: [99]}\n"
			}
			if err := runner(t, r, j, text).Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if res := j.results[0]; res.Outcome != want || !strings.Contains(res.Err, "ERR CODE") && want == results.Refused {
				t.Errorf("%s: %s %s", setup, res.Outcome, res.Err)
			}
		})
	}
}
