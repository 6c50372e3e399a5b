package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"st67bench/results"
)

// session is one A/A session of a case "a" with goodputs of exp(logs) times 10 Mbit/s on each side.
func session(name string, a, b []float64) [2]*results.Run {
	side := func(id string, logs []float64) *results.Run {
		run := plan{scenario: "s", firmware: "2.0.106", session: name, cases: []string{"a"}, boots: len(logs), metrics: func(_ string, boot, _ int) map[string]float64 {
			return map[string]float64{"goodput": 1e7 * math.Exp(logs[boot]), "loss": 0, "sent": 1e6}
		}}.run()
		run.ID = name + id
		return run
	}
	return [2]*results.Run{side("A", a), side("B", b)}
}

func shifted(by float64, logs ...float64) []float64 {
	for i := range logs {
		logs[i] += by
	}
	return logs
}

func about1(t *testing.T, what string, got *float64, want, tolerance float64) {
	t.Helper()
	if got == nil || !(math.Abs(*got-want) <= tolerance) {
		t.Errorf("%s is %v, want %v", what, got, want)
		if got != nil {
			t.Logf("%s is %.9g", what, *got)
		}
	}
}

// Two sessions of 4 + 4 boots that are each 1 % off their session's level by turns. Within: 16 squares of 1e-4 over 14 degrees of
// freedom, sqrt(16e-4/14) = 1.0690 %. The levels are 3 % apart: their variance is .03^2/2, less 16e-4/14/8 that the boots explain,
// sqrt(4.5e-4-1.42857e-5) = 2.08738 %. Four boots a side show 2.38 standard deviations (R: power.t.test(n=4, power=.8)$delta
// = 2.380757), 1-exp(-2.380757*.0106904) = 2.5130 %, which is below the margin of goodput, 3 %.
func TestCheckRig(t *testing.T) {
	turns := func(by float64) []float64 { return shifted(by, .01, -.01, .01, -.01) }
	c, err := CheckRig([][2]*results.Run{session("1", turns(0), turns(0)), session("2", turns(.03), turns(.03))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := c.Metrics["goodput"]
	about1(t, "cv", m.CV, 0.010690449676, 1e-9)
	about1(t, "session cv", m.SessionCV, math.Sqrt(4.5e-4-16e-4/14/8), 1e-9)
	about1(t, "mde", m.MDE, 0.0251302, 2e-6)
	if c.Sessions != 2 || c.Boots != 4 || m.Margin != 0.03 || m.Default != 0.03 || m.WorstCase != "a" || m.False.N != 0 || m.False.Of != 2 || c.False.N != 0 {
		t.Errorf("%+v %+v", c, m)
	}
	if l := c.Metrics["loss"]; l.CV == nil || *l.CV != 0 || l.Margin != lossMargin || *l.MDE != 0 {
		t.Errorf("nothing was lost: %+v", l)
	}
}

// A session in which one side is 10 % down is a false regression: of one of two, whose exact interval is that of R's
// binom.test(1, 2)$conf.int, 0.01257912 and 0.98742088. The margin follows what spreads.
func TestCheckRigCountsFalseRegressions(t *testing.T) {
	wide := func(by float64) []float64 { return shifted(by, .02, -.02, .02, -.02) }
	c, err := CheckRig([][2]*results.Run{session("1", wide(0), wide(0)), session("2", wide(0), wide(-.1))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := c.Metrics["goodput"]
	if c.False.N != 1 || c.False.Of != 2 || m.False.N != 1 || m.Significant.N != 1 ||
		math.Abs(m.False.Interval[0]-0.01257912) > 1e-8 || math.Abs(m.False.Interval[1]-0.98742088) > 1e-8 {
		t.Errorf("%+v %+v", c.False, m)
	}
	if m.Margin != *m.MDE || m.Margin < 0.05 {
		t.Errorf("margin %v, mde %v", m.Margin, *m.MDE)
	}
}

// Values that are all equal spread by nothing, and one session does not tell how sessions differ.
func TestCheckRigOfEqualValues(t *testing.T) {
	c, err := CheckRig([][2]*results.Run{session("1", make([]float64, 5), make([]float64, 5))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if m := c.Metrics["goodput"]; *m.CV != 0 || *m.MDE != 0 || m.SessionCV != nil || m.False.N != 0 {
		t.Errorf("%+v", m)
	}
	if _, err := CheckRig(nil, Options{}); err == nil {
		t.Error("no session is one")
	}
}

// 300 sessions of 5 + 5 boots that differ by chance alone, 1 % within a session and 2 % between them: regressions and improvements
// that are significant come to 5 % (the standard error is 1.3 %), those that are also beyond 3 % hardly ever, and both spreads are
// found to within 4 of their standard errors, 1/sqrt(2 * 2700) and about 1/sqrt(2 * 299) of them.
func TestCheckRigIsCalibrated(t *testing.T) {
	rng := rand.New(rand.NewPCG(67, 4))
	var sessions [][2]*results.Run
	for i := range 300 {
		level := .02 * rng.NormFloat64()
		side := func() []float64 {
			logs := make([]float64, 5)
			for k := range logs {
				logs[k] = level + .01*rng.NormFloat64()
			}
			return logs
		}
		sessions = append(sessions, session(fmt.Sprint(i), side(), side()))
	}
	c, err := CheckRig(sessions, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := c.Metrics["goodput"]
	if rate := m.Significant.Rate(); math.Abs(rate-0.05) > 3*0.0126 || m.Significant.Interval[0] > 0.05 {
		t.Errorf("significant in %v", m.Significant)
	}
	if m.False.Rate() > 0.01 {
		t.Errorf("false in %v", m.False)
	}
	about1(t, "cv", m.CV, .01, 4*.01/math.Sqrt(2*2700))
	about1(t, "session cv", m.SessionCV, .02, 4*.02/math.Sqrt(2*299))
}
