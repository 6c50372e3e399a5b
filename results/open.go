package results

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// Open reads a run directory of any schema version from 1 to Schema, whether
// the run was ended or cut off at any byte. A last line of results.jsonl without
// its newline was being written when the run was cut off: it is left out, and
// Run.Warnings says so. Any other line that cannot be read is an error with
// file, line and column. Files that no line names are not looked at.
func Open(dir string) (*Run, error) {
	run, err := readRun(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, journalFile)
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", dir, err)
	}
	defer f.Close()
	run.Results, run.Warnings, err = readJournal(f, path)
	if err != nil {
		return nil, err
	}
	return run, nil
}

// readRun reads run.json only.
func readRun(dir string) (*Run, error) {
	path := filepath.Join(dir, runFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not a run directory: %w", dir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", dir, err)
	}
	var run Run
	if err := json.Unmarshal(text, &run); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	switch {
	case run.Schema < 1:
		return nil, fmt.Errorf("%s has no schema version; it is not the run.json of a run", path)
	case run.Schema > Schema:
		return nil, fmt.Errorf("%s has schema version %d; this program reads 1 to %d: use a newer one", path, run.Schema, Schema)
	}
	run.Dir = dir
	return &run, nil
}

func readJournal(from io.Reader, path string) (all []Result, warnings []string, err error) {
	lines := bufio.NewReader(from)
	last := 0
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF && len(line) > 0 {
			warnings = append(warnings, fmt.Sprintf(
				"%s:%d: the last line is cut off after %d bytes and left out: the run was interrupted while it was written", path, n, len(line)))
		}
		if err == io.EOF {
			return all, warnings, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		var r Result
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, nil, fmt.Errorf("%s:%d:%d: damaged line: %w", path, n, column(err), err)
		}
		if r.Seq <= last || !r.Outcome.known() {
			return nil, nil, fmt.Errorf("%s:%d:1: damaged line: seq %d after %d, outcome %q", path, n, r.Seq, last, r.Outcome)
		}
		if name := unlikely(r.Metrics); name != "" {
			return nil, nil, fmt.Errorf("%s:%d:1: damaged line: %s is %g", path, n, name, r.Metrics[name])
		}
		last = r.Seq
		all = append(all, r)
	}
}

// unlikely is a metric with a value that nothing measurable has, and whose ratio to another would be no number; "" without.
func unlikely(metrics map[string]float64) (found string) {
	const most = 1e100
	for name, v := range metrics {
		if v = math.Abs(v); (v > most || v > 0 && v < 1/most) && (found == "" || name < found) {
			found = name
		}
	}
	return found
}

// column is where in the line the decoder stopped, from 1.
func column(err error) int64 {
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return max(e.Offset, 1)
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return max(e.Offset, 1)
	}
	return 1
}

// List returns the runs below parent, the newest first, from their run.json
// alone: Results is empty. What is not a run directory is passed over; runs that
// cannot be read are left out and make the error, which comes with the rest.
func List(parent string) ([]*Run, error) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return nil, fmt.Errorf("results directory: %w", err)
	}
	var runs []*Run
	var problems []error
	for _, entry := range entries {
		run, err := readRun(filepath.Join(parent, entry.Name()))
		switch {
		case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR):
		case err != nil:
			problems = append(problems, err)
		default:
			runs = append(runs, run)
		}
	}
	slices.SortFunc(runs, func(a, b *Run) int {
		return cmp.Or(b.Start.Compare(a.Start), cmp.Compare(b.ID, a.ID))
	})
	return runs, errors.Join(problems...)
}
