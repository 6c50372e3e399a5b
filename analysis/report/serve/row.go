package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"st67bench/results"
)

// Files of a run directory.
const (
	runFile     = "run.json"
	journalFile = "results.jsonl"
	eventsFile  = "events.jsonl"
	logFile     = "at.log"
	benchFile   = "bench.txt" // written when a run ends
)

// Verdict is what a row of the list says of its run in one word.
type Verdict string

// Verdicts.
const (
	Passed      Verdict = "passed"      // every limit was kept
	Failed      Verdict = "failed"      // a limit was not kept
	Incomplete  Verdict = "incomplete"  // something was not measured (ERROR or ABORTED)
	Skipped     Verdict = "skipped"     // the rig lacks what the scenario needs
	Empty       Verdict = "empty"       // it ended without a result
	Running     Verdict = "running"     // it is being measured
	Interrupted Verdict = "interrupted" // it ended without being closed
	Damaged     Verdict = "damaged"     // it cannot be read; Problem says why
)

// verdicts in the order of the filter.
var verdicts = []Verdict{Passed, Failed, Incomplete, Skipped, Empty, Running, Interrupted, Damaged}

// Row is a run in the list, and in runs.json.
type Row struct {
	Name     string                  `json:"name"` // of its directory
	Start    time.Time               `json:"start,omitzero"`
	Scenario string                  `json:"scenario,omitempty"`
	Title    string                  `json:"title,omitempty"`
	Release  string                  `json:"release,omitempty"`
	Firmware string                  `json:"firmware,omitempty"`
	Link     string                  `json:"link,omitempty"`
	Module   string                  `json:"module,omitempty"`
	Emulated bool                    `json:"emulated"`
	Verdict  Verdict                 `json:"verdict"`
	Outcomes map[results.Outcome]int `json:"outcomes,omitempty"` // repeats
	Duration float64                 `json:"duration,omitempty"` // from the start to the last mark of a result, s
	Problem  string                  `json:"problem,omitempty"`  // what cannot be read
}

// readRow reads what a row needs of the run in a directory. The error is fs.ErrNotExist for what is no run.
func readRow(dir *os.Root, name string) (Row, error) {
	row := Row{Name: name}
	text, err := readRegular(dir, runFile)
	if errors.Is(err, fs.ErrNotExist) {
		return row, err
	}
	if err == nil {
		err = row.about(text)
	}
	if err == nil {
		var lines []byte
		if lines, err = readRegular(dir, journalFile); err == nil {
			err = row.journal(lines)
		}
	}
	if err != nil {
		row.Verdict, row.Problem = Damaged, err.Error()
		return row, nil
	}
	row.Verdict = row.worst()
	return row, nil
}

// about takes what run.json says.
func (row *Row) about(text []byte) error {
	var run struct {
		Schema   int
		Start    time.Time
		Release  string
		Emulated bool
		Identity map[string]string
		Scenario struct{ Name, Title string }
	}
	if err := json.Unmarshal(text, &run); err != nil {
		return fmt.Errorf("%s: %w", runFile, err)
	}
	switch {
	case run.Schema < 1:
		return fmt.Errorf("%s has no schema version", runFile)
	case run.Schema > results.Schema:
		return fmt.Errorf("%s has schema version %d; this program reads 1 to %d: use a newer one", runFile, run.Schema, results.Schema)
	}
	row.Start, row.Release, row.Emulated = run.Start, run.Release, run.Emulated
	row.Scenario, row.Title = run.Scenario.Name, run.Scenario.Title
	row.Firmware, row.Link, row.Module = run.Identity["firmware"], run.Identity["link"], run.Identity["module"]
	return nil
}

// outcomeKey is how the outcome stands in a line of results.jsonl, behind the object of the factors or their null. Neither
// quotes nor a key of the factors can look like it.
var outcomeKey = []byte(`,"outcome":"`)

// journal counts outcomes. Of each whole line only the outcome is looked for; a line that does not have it where this
// program puts it is decoded. Whatever else is damaged shows when the run is opened.
func (row *Row) journal(text []byte) error {
	row.Outcomes = map[results.Outcome]int{}
	text = text[:bytes.LastIndexByte(text, '\n')+1] // a last line that was cut off does not count
	n := 0
	for rest := text; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		n++
		o, ok := outcomeOf(rest[:end])
		if !ok {
			return fmt.Errorf("%s:%d: damaged line", journalFile, n)
		}
		row.Outcomes[o]++
		rest = rest[end+1:]
	}
	for len(text) > 0 && row.Duration == 0 { // results at the end may have no marks
		text = text[:len(text)-1]
		begin := bytes.LastIndexByte(text, '\n') + 1
		row.Duration = lastTime(text[begin:]).Seconds()
		text = text[:begin]
	}
	return nil
}

// known are the outcomes, by their text.
var known = map[string]results.Outcome{}

func init() {
	for _, o := range []results.Outcome{results.Pass, results.Fail, results.Refused, results.Skipped, results.Error, results.Aborted} {
		known[string(o)] = o
	}
}

func outcomeOf(line []byte) (results.Outcome, bool) {
	if len(line) == 0 || line[0] != '{' || line[len(line)-1] != '}' {
		return "", false
	}
	for rest := line; ; {
		at := bytes.Index(rest, outcomeKey)
		if at < 0 {
			break
		}
		before := rest[:at]
		rest = rest[at+len(outcomeKey):]
		if !bytes.HasSuffix(before, []byte("}")) && !bytes.HasSuffix(before, []byte("null")) {
			continue
		}
		if end := bytes.IndexByte(rest, '"'); end > 0 {
			o, ok := known[string(rest[:end])]
			return o, ok
		}
	}
	var r struct{ Outcome results.Outcome }
	if json.Unmarshal(line, &r) != nil {
		return "", false
	}
	o, ok := known[string(r.Outcome)]
	return o, ok
}

// lastTime is the time of the last mark of a line; 0 without one.
func lastTime(line []byte) time.Duration {
	at := bytes.LastIndex(line, []byte(`"t":`))
	if at < 0 {
		return 0
	}
	digits := line[at+len(`"t":`):]
	end := bytes.IndexFunc(digits, func(c rune) bool { return c < '0' || c > '9' })
	if end < 0 {
		return 0
	}
	t, err := strconv.ParseInt(string(digits[:end]), 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(t)
}

// worst is the verdict of a run that has ended.
func (row *Row) worst() Verdict {
	n := row.Outcomes
	switch {
	case len(n) == 0:
		return Empty
	case n[results.Error]+n[results.Aborted] > 0:
		return Incomplete
	case n[results.Fail] > 0:
		return Failed
	case n[results.Skipped] > 0 && len(n) == 1:
		return Skipped
	}
	return Passed
}
