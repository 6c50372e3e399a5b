package tune

import (
	"errors"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"max goodput": "max goodput",
		"min energy_per_bit where goodput >= 1Mbit/s":                                     "min energy_per_bit where goodput >= 1Mbit/s",
		" min  send_latency_p99 where goodput>=9 Mbit/s and current<120mA and loss <= 0 ": "min send_latency_p99 where goodput >= 9 Mbit/s and current < 120mA and loss <= 0",
		"max goodput where efficiency > 80%":                                              "max goodput where efficiency > 80%",
	} {
		g, err := Parse(text)
		if err != nil || g.String() != want {
			t.Errorf("%q: %q, %v; want %q", text, g, err, want)
		}
	}
	g, err := Parse("min energy_per_bit where goodput >= 1Mbit/s and send_latency_p99 < 3ms")
	if err != nil || g.Max || g.Metric.Name != "energy_per_bit" || g.Where[0].Value != 1e6 || g.Where[1].Value != 3e-3 || g.Where[1].Op != "<" {
		t.Errorf("%+v, %v", g, err)
	}
}

func TestGoalMistakes(t *testing.T) {
	for text, want := range map[string]struct {
		col  int
		says string
	}{
		"":                                  {1, "min or max is missing"},
		"most goodput":                      {1, `"most" is neither min nor max`},
		"max":                               {4, "a metric is missing"},
		"max godput":                        {5, `unknown metric "godput"; did you mean "goodput"?`},
		"max quux":                          {5, `unknown metric "quux"; the metrics are`},
		"max goodput when x > 1":            {13, `"when" in the place of where`},
		"max goodput where":                 {18, "a metric is missing"},
		"max goodput where goodput":         {26, "no comparison after the metric; allowed: >=, <=, >, <"},
		"max goodput where goodput = 1":     {27, "no comparison"},
		"max goodput where goodput >=":      {29, "no quantity after >="},
		"max goodput where goodput >= fast": {30, `goodput: cannot read "fast"; allowed: bit/s`},
		"max goodput where rtt_p50 < 3":     {29, `cannot read "3"; allowed: ns, us, ms, s`},
		"max goodput where goodput > 1Mbit/s and":             {40, "a metric is missing"},
		"max goodput where goodput > 1Mbit/s and curent < 1A": {41, `did you mean "current"?`},
	} {
		_, err := Parse(text)
		var mistake *GoalError
		if !errors.As(err, &mistake) || mistake.Col != want.col || !strings.Contains(mistake.Text, want.says) {
			t.Errorf("%q: %v; want column %d: %s", text, err, want.col, want.says)
		}
	}
}
