package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"st67bench/analysis/tune"
	"st67bench/results"
	"st67bench/scenarios"
)

// tuned races a scenario in virtual time.
func tuned(t *testing.T, s *scenarios.Scenario, goal string, f tuneFlags) (*tune.Answer, *results.Run) {
	t.Helper()
	g, err := tune.Parse(goal)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.plan(s); err != nil {
		t.Fatal(err)
	}
	race := newRace(s, s.Expand(), &g, 67)
	run, _, err := virtualPlan(t, "emulated?link=memory", s, &racer{race: race, scenario: s, seed: 67}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := race.Conclude(run)
	tellSettings(a, s, run)
	return a, run
}

// checkOptimum wants the case with the largest value of the closed form, after a third of the full factorial's repeats at the most.
func checkOptimum(t *testing.T, a *tune.Answer, s *scenarios.Scenario, value func(c scenarios.Case) (v float64, ok bool)) {
	t.Helper()
	best, most := "", 0.0
	values := map[string]float64{}
	for _, c := range s.Expand() {
		v, ok := value(c)
		if !ok {
			continue
		}
		values[c.Key] = v
		if best == "" || v > most {
			best, most = c.Key, v
		}
	}
	if a.Verdict != tune.Found || a.Winner == nil || values[a.Winner.Case] != most {
		t.Fatalf("%s %+v, %v; the closed form has %s", a.Verdict, a.Winner, a.Missing, best)
	}
	if 3*a.Repeats.Spent > a.Repeats.Full || a.Repeats.Full != len(s.Expand())*s.Repeats.Max*s.Repeats.Boots {
		t.Errorf("%d of %d repeats; a third at the most", a.Repeats.Spent, a.Repeats.Full)
	}
}

// The emulator's optimum among CIPSENDs is known: goodput is 8 n over the time of an exchange, which is the latency. Where a goodput
// is asked for, it is the shortest send that has it.
func TestTuneFindsOptimumOfSends(t *testing.T) {
	unraced(t)
	const scenario = `
name: lengths
title: lengths
workload: {kind: cipsend, duration: 1s}
sweep:
  length: [64, 256, 512, 1024, 1460, 2048, 2920, 4096, 6144]
  wait: [final, recv]
repeats: {max: 12}
`
	closed := func(c scenarios.Case) (goodput, latency float64) {
		_, total := exchangeTime(c.Workload.Length, c.Workload.Wait, "")
		return 8 * float64(c.Workload.Length) / total.Seconds(), total.Seconds()
	}
	for goal, value := range map[string]func(scenarios.Case) (float64, bool){
		"max goodput": func(c scenarios.Case) (float64, bool) { g, _ := closed(c); return g, true },
		"min send_latency_p50 where goodput >= 1.1Mbit/s": func(c scenarios.Case) (float64, bool) {
			g, l := closed(c)
			return -l, g >= 1.1e6
		},
		"min send_latency_p50 where goodput > 1Mbit/s and goodput < 1.1Mbit/s": func(c scenarios.Case) (float64, bool) {
			g, l := closed(c)
			return -l, g > 1e6 && g < 1.1e6
		},
	} {
		for _, boots := range []int{1, 12} {
			t.Run(fmt.Sprint(goal, ", boots ", boots), func(t *testing.T) {
				t.Parallel()
				s, err := scenarios.Parse("lengths.yaml", []byte(scenario))
				if err != nil {
					t.Fatal(err)
				}
				s.Warmup = 0
				if boots > 1 {
					s.Repeats.Min = 1
				}
				a, run := tuned(t, s, goal, tuneFlags{boots: boots})
				checkOptimum(t, a, s, value)
				if a.Boots != min(boots, 3) || len(run.Results) != a.Repeats.Spent {
					t.Errorf("%d boots, %d results of %d", a.Boots, len(run.Results), a.Repeats.Spent)
				}
				if n := a.Winner.Factors["length"]; a.Winner.Host[0] != "give each AT+CIPSEND "+n+" bytes" || len(a.Winner.Commands) != 0 {
					t.Errorf("%q %q", a.Winner.Commands, a.Winner.Host)
				}
			})
		}
	}
}

// The shipped scenario: goodput and latency of CIPSENDL are known in closed form for the number of sends of a repeat.
func TestTuneFindsOptimumOfLongSends(t *testing.T) {
	unraced(t)
	s, err := scenarios.Load("cipsend-tuning")
	if err != nil {
		t.Fatal(err)
	}
	a, run := tuned(t, s, "max goodput", tuneFlags{})
	sends := map[string]int{}
	for _, r := range run.Results {
		sends[r.Case] = int(r.Metrics["sends"])
	}
	checkOptimum(t, a, s, func(c scenarios.Case) (float64, bool) {
		transmit, report := sizes(c.Workload)
		k, n, first := sends[c.Key], c.Workload.Length, firstRead(c.Workload, c.Workload.Transmit)
		_, between := longSends(n, k, transmit, report, first)
		return 8 * float64(k*n-first) / between.Seconds(), true
	})
	if want := "AT+CIPSENDLCFG=1024," + a.Winner.Factors["transmit"]; len(a.Winner.Commands) != 1 || a.Winner.Commands[0] != want {
		t.Errorf("%q, want %s", a.Winner.Commands, want)
	}
	if len(a.Objectives) != 2 || len(a.Front) < 2 || len(a.Alternatives) == 0 || len(a.Effects) != 1 {
		t.Errorf("%v, front of %d, %d alternatives, effects %+v", a.Objectives, len(a.Front), len(a.Alternatives), a.Effects)
	}
	if n, err := strconv.Atoi(a.Winner.Factors["length"]); err != nil || n < 4096 {
		t.Errorf("winner %+v", a.Winner)
	}
	checkFrom(t, run.Dir, a)
}

// checkFrom: the run directory is all that an answer needs, also for another goal.
func checkFrom(t *testing.T, dir string, want *tune.Answer) {
	t.Helper()
	code, out, errOut := cli(t, "tune", "--from", dir, "--goal", "max goodput", "--json")
	var got struct {
		Goal, Verdict string
		Exit          int
		Winner        struct {
			Case           string
			Factors        map[string]string
			Metrics        map[string]float64
			Commands, Host []string
		}
		Alternatives []struct {
			Case    string
			Changes map[string]float64
		}
		Front []struct {
			Case       string
			Membership float64
		}
		Effects []struct {
			Metric string
			Terms  []struct {
				Factors []string
				Share   float64
			}
		}
		Repeats struct{ Spent, Full int }
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 {
		t.Fatalf("exit %d, %v: %s%s", code, err, out, errOut)
	}
	w := got.Winner
	if got.Goal != "max goodput" || got.Verdict != "found" || w.Case != want.Winner.Case || w.Metrics["goodput"] != want.Winner.Metrics["goodput"] || len(w.Commands) != 1 || len(w.Host) != 1 ||
		got.Repeats.Spent != want.Repeats.Spent || got.Repeats.Full != 288 || len(got.Front) != len(want.Front) || len(got.Effects[0].Terms) != 3 || len(got.Alternatives) != len(want.Alternatives) {
		t.Errorf("%+v, want %+v", got, want)
	}

	code, out, errOut = cli(t, "tune", "--from", dir, "--goal", "min send_latency_p50 where goodput >= 9Mbit/s")
	if code != exitFail || !strings.Contains(out, "NOTHING keeps the conditions; the nearest is length 8192") || !strings.Contains(out, "comes nearest: goodput is 1.58 Mbit/s") {
		t.Errorf("exit %d: %s%s", code, out, errOut)
	}
	code, out, errOut = cli(t, "tune", "--from", dir)
	for _, want := range []string{
		"EMULATED MODULE", "goal      max goodput (nobody gave one; --goal does)", "% of its ceiling", "in " + strconv.Itoa(want.Repeats.Spent) + " of 288 repeats",
		"\n    AT+CIPSENDLCFG=1024,", "\n    give each AT+CIPSENDL ", "instead   length", "effects   of the differences in goodput: length ", "front     goodput against send latency p50: ", "within this association only (1 boot)",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("exit %d, stdout lacks %q:\n%s%s", code, want, out, errOut)
		}
	}
}
