package export

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"st67bench/analysis"
	"st67bench/results"
)

// Elements of the JUnit XML format, as the readers of Jenkins, GitLab and GitHub take it: those that its common schemas
// agree on, in their order. A test case has at most one of failure, error and skipped.
type (
	suites struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		counts
		Suites []suite `xml:"testsuite"`
	}
	suite struct {
		Name      string `xml:"name,attr"`
		Timestamp string `xml:"timestamp,attr,omitempty"` // UTC, without a zone
		counts
		Properties *properties `xml:"properties"`
		Tests      []test      `xml:"testcase"`
		Out        string      `xml:"system-out,omitempty"`
	}
	counts struct {
		Tests    int     `xml:"tests,attr"`
		Failures int     `xml:"failures,attr"`
		Errors   int     `xml:"errors,attr"`
		Skipped  int     `xml:"skipped,attr"`
		Time     seconds `xml:"time,attr"`
	}
	test struct {
		Name    string   `xml:"name,attr"`
		Class   string   `xml:"classname,attr"`
		Time    seconds  `xml:"time,attr"`
		Failure *problem `xml:"failure"`
		Error   *problem `xml:"error"`
		Skipped *skipped `xml:"skipped"`
		Out     string   `xml:"system-out,omitempty"`
	}
	problem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
	skipped struct {
		Message string `xml:"message,attr"`
	}
	properties struct {
		All []property `xml:"property"`
	}
	property struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
)

// seconds is a time as the format writes it.
type seconds float64

func (s seconds) MarshalXMLAttr(name xml.Name) (xml.Attr, error) {
	return xml.Attr{Name: name, Value: fmt.Sprintf("%.3f", float64(s))}, nil
}

// JUnit writes runs as JUnit XML: a test suite for each run, with its identity as properties, and a test case for each case.
// Outcomes are those that decide the exit code of a run: ERROR and ABORTED of any repeat are an error, also where others were
// measured; else FAIL is a failure with the limit that was not kept; REFUSED and SKIPPED are skipped. The only error beside
// those of writing is a run without cases.
func JUnit(to io.Writer, runs ...*results.Run) error {
	all := suites{Name: "st67bench"}
	for _, run := range runs {
		sum, err := analysis.Summarize(run)
		if err != nil {
			return err
		}
		all.Suites = append(all.Suites, runSuite(run, sum))
	}
	return all.write(to)
}

// write counts and writes the suites.
func (s *suites) write(to io.Writer) error {
	for i := range s.Suites {
		one := &s.Suites[i]
		for _, t := range one.Tests {
			one.add(t.counts())
		}
		s.add(one.counts)
	}
	if _, err := io.WriteString(to, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(to)
	enc.Indent("", "  ")
	if err := enc.Encode(s); err != nil {
		return err
	}
	_, err := io.WriteString(to, "\n")
	return err
}

func (c *counts) add(other counts) {
	c.Tests += other.Tests
	c.Failures += other.Failures
	c.Errors += other.Errors
	c.Skipped += other.Skipped
	c.Time += other.Time
}

func (t test) counts() counts {
	c := counts{Tests: 1, Time: t.Time}
	switch {
	case t.Failure != nil:
		c.Failures = 1
	case t.Error != nil:
		c.Errors = 1
	case t.Skipped != nil:
		c.Skipped = 1
	}
	return c
}

// junitTime is the format's layout of an instant.
const junitTime = "2006-01-02T15:04:05"

func runSuite(run *results.Run, sum *analysis.Summary) suite {
	s := suite{Name: run.ID, Timestamp: run.Start.UTC().Format(junitTime), Properties: runProperties(run)}
	byCase := map[string][]results.Result{}
	for _, r := range run.Results {
		byCase[r.Case] = append(byCase[r.Case], r)
	}
	for _, c := range sum.Cases {
		s.Tests = append(s.Tests, caseTest(run.Scenario.Name, c, byCase[c.Key]))
	}
	out := []string{sum.Verdict, sum.Scope}
	if sum.Emulated {
		out = slices.Insert(out, 0, emulatedText)
	}
	for _, w := range sum.Warnings {
		out = append(out, "warning: "+w.Text)
	}
	s.Out = strings.Join(out, "\n") + "\n"
	return s
}

// emulatedText stands in every export of a run on the emulated module that people read.
const emulatedText = "EMULATED MODULE: these figures are the emulator's, not a module's"

func runProperties(run *results.Run) *properties {
	p := &properties{}
	add := func(name, value string) {
		if value != "" {
			p.All = append(p.All, property{name, value})
		}
	}
	add("emulated", fmt.Sprint(run.Emulated))
	add("release", run.ReleaseName())
	add("session", run.Session)
	add("role", role(run))
	add("rig", run.Rig.Name)
	add("tool", run.Tool)
	for _, name := range sortedKeys(run.Identity) {
		add("identity."+name, run.Identity[name])
	}
	return p
}

// caseTest is one case with its repeats.
func caseTest(scenario string, c analysis.Case, repeats []results.Result) test {
	t := test{Name: cmp.Or(c.Key, scenario), Class: "st67bench." + scenario, Time: seconds(length(repeats).Seconds()), Out: figures(c)}
	unmeasured := c.Outcomes[results.Error] + c.Outcomes[results.Aborted]
	switch {
	case len(repeats) == 0:
		t.Error = &problem{Message: c.Reason, Type: string(results.Aborted)}
	case unmeasured > 0:
		o := results.Error
		if c.Outcomes[o] == 0 {
			o = results.Aborted
		}
		t.Error = &problem{Message: firstReason(repeats, o), Type: string(o), Text: reasons(repeats)}
	case c.Outcome == results.Fail:
		t.Failure = &problem{Message: firstReason(repeats, results.Fail), Type: string(results.Fail), Text: reasons(repeats)}
	case c.Measured == 0:
		t.Skipped = &skipped{Message: string(c.Outcome) + ": " + firstReason(repeats, c.Outcome)}
	}
	return t
}

// length is the time that the repeats took, from mark start to mark end.
func length(repeats []results.Result) (sum time.Duration) {
	for _, r := range repeats {
		if from, to, ok := edges(r); ok {
			sum += to - from
		}
	}
	return sum
}

// edges are the marks between which a result was measured.
func edges(r results.Result) (from, to time.Duration, ok bool) {
	begun, ended := false, false
	for _, m := range r.Marks {
		switch m.Name {
		case "start":
			from, begun = m.T, true
		case "end":
			to, ended = m.T, true
		}
	}
	return from, to, begun && ended && from <= to
}

// firstReason is that of the first repeat with an outcome.
func firstReason(repeats []results.Result, o results.Outcome) string {
	for _, r := range repeats {
		if r.Outcome == o && r.Err != "" {
			return r.Err
		}
	}
	return "no reason was recorded"
}

// reasons is a line for each repeat that has one.
func reasons(repeats []results.Result) string {
	var b strings.Builder
	for _, r := range repeats {
		if r.Err != "" {
			fmt.Fprintf(&b, "boot %d, repeat %d: %s: %s\n", r.Boot, r.Repeat, r.Outcome, r.Err)
		}
	}
	return b.String()
}

// figures is a line for each metric of a case.
func figures(c analysis.Case) string {
	var b strings.Builder
	for _, name := range metricNames(c.Metrics) {
		st := c.Metrics[name]
		fmt.Fprintf(&b, "%s %s", name, quantity(name, st.Median))
		if st.Interval != nil {
			fmt.Fprintf(&b, " [%s, %s]", quantity(name, st.Interval.Lo), quantity(name, st.Interval.Hi))
		}
		fmt.Fprintf(&b, " (n=%d %s)\n", st.N, st.Of)
	}
	return b.String()
}
