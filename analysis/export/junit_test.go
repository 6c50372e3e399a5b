package export

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"st67bench/results"
)

// node is any element of an XML file.
type node struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []node     `xml:",any"`
	Text     string     `xml:",chardata"`
}

func (n node) attr(name string) string {
	i := slices.IndexFunc(n.Attrs, func(a xml.Attr) bool { return a.Name.Local == name })
	if i < 0 {
		return ""
	}
	return n.Attrs[i].Value
}

func (n node) all(name string) (found []node) {
	for _, c := range n.Children {
		if c.XMLName.Local == name {
			found = append(found, c)
		}
	}
	return found
}

// rule is what an element may have, in the order of its children: what the schemas of Apache Ant, of the JUnit plugin of Jenkins and
// of Surefire have in common.
type rule struct {
	required, optional []string // attributes
	children           []string
	once               []string // children of which there is at most one together
	text               bool
}

var junitRules = map[string]rule{
	"testsuites": {required: []string{"name", "tests", "failures", "errors", "time"}, optional: []string{"skipped"}, children: []string{"testsuite"}},
	"testsuite": {required: []string{"name", "tests", "failures", "errors", "skipped", "time"}, optional: []string{"timestamp"},
		children: []string{"properties", "testcase", "system-out"}},
	"properties": {children: []string{"property"}},
	"property":   {required: []string{"name", "value"}},
	"testcase": {required: []string{"name", "classname", "time"}, children: []string{"failure", "error", "skipped", "system-out"},
		once: []string{"failure", "error", "skipped"}},
	"failure":    {required: []string{"message", "type"}, text: true},
	"error":      {required: []string{"message", "type"}, text: true},
	"skipped":    {required: []string{"message"}},
	"system-out": {text: true},
}

// valid checks an element and what is in it, and counts.
func (n node) valid() error {
	r, ok := junitRules[n.XMLName.Local]
	if !ok {
		return fmt.Errorf("unknown element %s", n.XMLName.Local)
	}
	for _, name := range r.required {
		if !slices.ContainsFunc(n.Attrs, func(a xml.Attr) bool { return a.Name.Local == name }) {
			return fmt.Errorf("%s has no %s", n.XMLName.Local, name)
		}
	}
	for _, a := range n.Attrs {
		if !slices.Contains(r.required, a.Name.Local) && !slices.Contains(r.optional, a.Name.Local) {
			return fmt.Errorf("%s has an attribute %s", n.XMLName.Local, a.Name.Local)
		}
		if err := validAttr(a.Name.Local, a.Value); err != nil {
			return err
		}
	}
	place, alternatives := 0, 0
	for _, c := range n.Children {
		i := slices.Index(r.children, c.XMLName.Local)
		if i < place {
			return fmt.Errorf("%s has %s at the wrong place", n.XMLName.Local, c.XMLName.Local)
		}
		place = i
		if slices.Contains(r.once, c.XMLName.Local) {
			alternatives++
		}
		if err := c.valid(); err != nil {
			return err
		}
	}
	if alternatives > 1 {
		return fmt.Errorf("%s %q has %d ends", n.XMLName.Local, n.attr("name"), alternatives)
	}
	if !r.text && strings.TrimSpace(n.Text) != "" {
		return fmt.Errorf("%s has the text %q", n.XMLName.Local, n.Text)
	}
	return n.counted()
}

func validAttr(name, value string) error {
	switch name {
	case "tests", "failures", "errors", "skipped":
		_, err := strconv.ParseUint(value, 10, 32)
		return err
	case "time":
		if v, err := strconv.ParseFloat(value, 64); err != nil || v < 0 {
			return fmt.Errorf("time %q", value)
		}
	case "timestamp":
		_, err := time.Parse("2006-01-02T15:04:05", value) // the schema of Ant allows no zone
		return err
	case "name", "classname":
		if value == "" {
			return errors.New("an empty name")
		}
	}
	return nil
}

// counted checks that what a suite counts is what is in it.
func (n node) counted() error {
	if n.XMLName.Local != "testsuite" {
		return nil
	}
	n2 := map[string]int{"tests": len(n.all("testcase"))}
	for _, c := range n.all("testcase") {
		n2["failures"] += len(c.all("failure"))
		n2["errors"] += len(c.all("error"))
		n2["skipped"] += len(c.all("skipped"))
	}
	for name, want := range n2 {
		if n.attr(name) != strconv.Itoa(want) {
			return fmt.Errorf("suite %q says %s=%s, it has %d", n.attr("name"), name, n.attr(name), want)
		}
	}
	return nil
}

// junitOf writes the file, checks it by the rules, and gives its suites.
func junitOf(t *testing.T, write func(io.Writer) error) []node {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	var top node
	d := xml.NewDecoder(&b)
	if err := d.Decode(&top); err != nil {
		t.Fatal(err)
	}
	if top.XMLName.Local != "testsuites" {
		t.Fatalf("the file is a %s", top.XMLName.Local)
	}
	if err := top.valid(); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, s := range top.all("testsuite") {
		sum += len(s.all("testcase"))
	}
	if top.attr("tests") != strconv.Itoa(sum) {
		t.Errorf("it says tests=%s and has %d", top.attr("tests"), sum)
	}
	return top.all("testsuite")
}

func junitOfRuns(t *testing.T, runs ...*results.Run) []node {
	t.Helper()
	return junitOf(t, func(w io.Writer) error { return JUnit(w, runs...) })
}

func TestJUnitGolden(t *testing.T) {
	var b bytes.Buffer
	if err := JUnit(&b, syntheticRun(t)); err != nil {
		t.Fatal(err)
	}
	golden(t, "junit.xml", b.Bytes())
}

// Each outcome of a case is the element that the exit code of the run has for it, with the reason of a repeat that had it.
func TestJUnitOutcomes(t *testing.T) {
	for _, c := range []struct {
		outcomes []results.Outcome
		element  string
		message  string
	}{
		{[]results.Outcome{results.Pass, results.Pass}, "", ""},
		{[]results.Outcome{results.Pass, results.Fail}, "failure", "reason 2"},
		{[]results.Outcome{results.Fail, results.Error}, "error", "reason 2"},
		{[]results.Outcome{results.Pass, results.Aborted}, "error", "reason 2"},
		{[]results.Outcome{results.Aborted, results.Error}, "error", "reason 2"},
		{[]results.Outcome{results.Refused}, "skipped", "REFUSED: reason 1"},
		{[]results.Outcome{results.Skipped}, "skipped", "SKIPPED: reason 1"},
		{nil, "error", "the run ended before this case"},
	} {
		run := newRun()
		run.Cases = run.Cases[:1]
		var all []results.Result
		for i, o := range c.outcomes {
			r := measured(i+1, 1, i+1, 0, map[string]float64{"goodput": 1e6})
			if r.Outcome = o; o != results.Pass {
				r.Err = fmt.Sprintf("reason %d", i+1)
			}
			if o != results.Pass && o != results.Fail {
				r.Metrics = nil
			}
			all = append(all, r)
		}
		suites := junitOfRuns(t, write(t, run, all, nil))
		got := suites[0].all("testcase")[0]
		var ends []node
		for _, name := range []string{"failure", "error", "skipped"} {
			ends = append(ends, got.all(name)...)
		}
		switch {
		case c.element == "" && len(ends) == 0:
		case len(ends) != 1 || ends[0].XMLName.Local != c.element || ends[0].attr("message") != c.message:
			t.Errorf("%v: %+v, want %s %q", c.outcomes, ends, c.element, c.message)
		}
		if want := fmt.Sprintf("%d.000", len(c.outcomes)); got.attr("time") != want {
			t.Errorf("%v: time %s, want %s", c.outcomes, got.attr("time"), want)
		}
	}
}

// Names of anybody are text: the file is well-formed, and what XML can hold comes back.
func TestJUnitHostile(t *testing.T) {
	suite := junitOfRuns(t, hostileRun(t), syntheticRun(t))[0]
	kept := strings.ReplaceAll(hostile, "\x00", "\ufffd") // which XML cannot hold
	c := suite.all("testcase")[0]
	if c.attr("name") != kept || c.all("error")[0].attr("message") != kept {
		t.Errorf("case %q, error %q, want %q", c.attr("name"), c.all("error")[0].attr("message"), kept)
	}
	if out := suite.all("system-out")[0].Text; !strings.Contains(out, emulatedText) {
		t.Errorf("it does not say that the module is emulated:\n%s", out)
	}
}
