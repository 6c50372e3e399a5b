package export

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"st67bench/analysis/compare"
)

// JUnitComparison writes a comparison as JUnit XML: a test case for the joint verdict, and one for each metric of each case.
//
// The joint verdict is a failure when it is FAIL or TRADE-OFF, and an error when it is INCONCLUSIVE or a side has errors in place of
// figures: the file is green exactly when the exit code is 0. A metric is a failure when it REGRESSED in the family of all that
// was compared. One that is open is skipped, with what would decide it: by itself it is no reason to look at the firmware.
// What only one side has is skipped too.
func JUnitComparison(to io.Writer, c *compare.Comparison) error {
	s := suite{Name: c.New.Name + " against " + c.Base.Name, Properties: comparisonProperties(c)}
	s.Tests = append(s.Tests, jointTest(c))
	for _, r := range c.Comparisons {
		t := test{Name: r.Case + " " + r.Metric, Class: "st67bench." + r.Scenario, Out: rowSentence(r) + "\n"}
		switch {
		case fails(r):
			t.Failure = &problem{Message: rowSentence(r), Type: string(r.Verdict)}
		case !decided(r):
			t.Skipped = &skipped{Message: rowSentence(r)}
		}
		s.Tests = append(s.Tests, t)
	}
	for _, l := range c.NotCompared {
		name := cmp.Or(strings.Join(nonEmpty(l.Case, l.Metric), " "), "all cases")
		s.Tests = append(s.Tests, test{Name: name, Class: "st67bench." + l.Scenario, Skipped: &skipped{Message: lackSentence(l)}})
	}
	out := append([]string{c.Text}, openQuestions(c)...)
	if c.Emulated {
		out = append([]string{emulatedText}, out...)
	}
	s.Out = strings.Join(out, "\n") + "\n"
	all := suites{Name: "st67bench", Suites: []suite{s}}
	return all.write(to)
}

// lackSentence says which side lacks something, and why.
func lackSentence(l compare.Lack) string {
	side := l.Side
	if side == "both" {
		side = "both sides"
	}
	return "not compared, missing of " + side + ": " + l.Why
}

// jointTest is the comparison as a whole.
func jointTest(c *compare.Comparison) test {
	t := test{Name: "joint verdict", Class: "st67bench", Out: c.Text + "\n"}
	p := &problem{Message: string(c.Verdict) + ": " + c.Text, Type: string(c.Verdict)}
	switch {
	case c.Verdict == compare.Fail || c.Verdict == compare.TradeOff:
		t.Failure = p
	case c.Exit != 0:
		t.Error = p
	}
	return t
}

func comparisonProperties(c *compare.Comparison) *properties {
	p := &properties{All: []property{{"emulated", fmt.Sprint(c.Emulated)}, {"verdict", string(c.Verdict)}, {"family", fmt.Sprint(c.Family)}}}
	for _, side := range []struct {
		name string
		compare.About
	}{{"base", c.Base}, {"new", c.New}} {
		p.All = append(p.All,
			property{side.name + ".release", side.Release}, property{side.name + ".firmware", side.Firmware},
			property{side.name + ".boots", fmt.Sprint(side.Boots)}, property{side.name + ".runs", strings.Join(side.Runs, " ")})
	}
	return p
}
