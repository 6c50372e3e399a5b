package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Writer writes one run directory. Its methods may be called from several
// goroutines.
type Writer struct {
	dir string

	mu      sync.Mutex
	run     Run
	journal *os.File
	size    int64 // bytes of whole lines in the journal
	seq     int   // of the last line
	events  *eventLog
	log     *os.File
	closed  bool
}

// Create makes the directory of a new run below parent and writes its run.json.
// The directory is named after run.Start and run.Scenario.Name, both of which
// must be set, "2026-11-22T184000Z-cipsend-size"; a name that exists gets "-2"
// and so on appended, also when several processes ask at the same instant.
// Schema and ID are filled in, and run.Secrets are masked in all that is written.
func Create(parent string, run Run) (*Writer, error) {
	if run.Start.IsZero() || run.Scenario.Name == "" {
		return nil, errors.New("a run needs a start time and the name of its scenario")
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("results directory: %w", err)
	}
	dir, err := makeRunDir(parent, runName(run))
	if err != nil {
		return nil, fmt.Errorf("run directory: %w", err)
	}
	run.Schema, run.ID, run.Dir, run.Start = Schema, filepath.Base(dir), dir, run.Start.UTC()
	w := &Writer{dir: dir, run: run}
	if err := w.open(); err != nil {
		return nil, fmt.Errorf("run directory %s: %w", dir, errors.Join(err, w.closeFiles()))
	}
	return w, nil
}

// runName is the stamp in UTC, to the second and free of colons, which Windows
// refuses, and the scenario's name with what is unfit for a path made "-".
func runName(run Run) string {
	name := strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '-' || r == '_' || r == '.' || isAlnum(byte(r))) {
			return r
		}
		return '-'
	}, run.Scenario.Name)
	return run.Start.UTC().Format("2006-01-02T150405Z") + "-" + name
}

func isAlnum(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// makeRunDir relies on mkdir, which succeeds for one caller only.
func makeRunDir(parent, name string) (string, error) {
	for n := 1; ; n++ {
		dir := filepath.Join(parent, name)
		if n > 1 {
			dir += "-" + strconv.Itoa(n)
		}
		err := os.Mkdir(dir, 0o755)
		if !errors.Is(err, fs.ErrExist) {
			return dir, err
		}
	}
}

// open makes run.json last: a directory that has one has the rest too.
func (w *Writer) open() error {
	var err error
	if err = os.Mkdir(filepath.Join(w.dir, samplesDir), 0o755); err != nil {
		return err
	}
	if w.journal, err = w.create(journalFile); err != nil {
		return err
	}
	if w.log, err = w.create(logFile); err != nil {
		return err
	}
	events, err := w.create(eventsFile)
	if err != nil {
		return err
	}
	w.events = &eventLog{file: events}
	if err := w.writeRun(); err != nil {
		return err
	}
	return syncDir(filepath.Dir(w.dir))
}

func (w *Writer) create(name string) (*os.File, error) {
	return os.OpenFile(filepath.Join(w.dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
}

func (w *Writer) writeRun() error {
	stored, err := w.run.masked()
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(stored, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(w.dir, runFile), append(text, '\n'))
}

// Dir is the path of the run directory.
func (w *Writer) Dir() string { return w.dir }

// Log is at.log. What is written to it is not masked here: only the trace knows
// where one message ends, so the trace masks it.
func (w *Writer) Log() io.Writer { return w.log }

// Update rewrites run.json, for what is learnt after the run has started:
// identity, conditions. Schema, ID, Start and Secrets stay what they were.
func (w *Writer) Update(run Run) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	run.Schema, run.ID, run.Dir, run.Start, run.Secrets = w.run.Schema, w.run.ID, w.run.Dir, w.run.Start, w.run.Secrets
	w.run = run
	if err := w.writeRun(); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(w.dir, runFile), err)
	}
	return nil
}

// Append writes one line of results.jsonl and returns when it is on the disk.
// Seq must grow from call to call, every metric must be in the metric table and
// be a number, and the file named by Samples must have been closed.
func (w *Writer) Append(r Result) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.check(r); err != nil {
		return fmt.Errorf("result %d (%s): %w", r.Seq, r.Case, err)
	}
	line, err := json.Marshal(r.masked(w.run.Secrets))
	if err != nil {
		return fmt.Errorf("result %d (%s): %w", r.Seq, r.Case, err)
	}
	if err := w.appendLine(append(line, '\n')); err != nil {
		return fmt.Errorf("result %d (%s) is not stored: %w", r.Seq, r.Case, err)
	}
	w.seq = r.Seq
	return nil
}

// appendLine takes a line that was written in part back, so that the next one
// does not end up behind it.
func (w *Writer) appendLine(line []byte) error {
	_, err := w.journal.WriteAt(line, w.size)
	if err == nil {
		err = w.journal.Sync()
	}
	if err != nil {
		return errors.Join(err, w.journal.Truncate(w.size))
	}
	w.size += int64(len(line))
	return nil
}

func (w *Writer) check(r Result) error {
	if r.Seq <= w.seq {
		return fmt.Errorf("seq must be larger than %d, that of the line before", w.seq)
	}
	if !r.Outcome.known() {
		return fmt.Errorf("unknown outcome %q", r.Outcome)
	}
	for name, v := range r.Metrics {
		if _, ok := LookupMetric(name); !ok {
			return fmt.Errorf("metric %q is not in the metric table", name)
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("metric %q is %v; what was not measured is left out", name, v)
		}
	}
	if r.Samples == "" {
		return nil
	}
	if r.Samples != samplesName(r.Seq) {
		return fmt.Errorf("samples are in %s, not in %q", samplesName(r.Seq), r.Samples)
	}
	if _, err := os.Stat(filepath.Join(w.dir, filepath.FromSlash(r.Samples))); err != nil {
		return fmt.Errorf("samples must be closed before the line that names them: %w", err)
	}
	return nil
}

func (o Outcome) known() bool {
	return slices.Contains([]Outcome{Pass, Fail, Refused, Skipped, Error, Aborted}, o)
}

// Event appends v, which must encode to a JSON object, to events.jsonl. Above
// the file's limit events are dropped, and the last line says so.
func (w *Writer) Event(v any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	v, err := maskAny(v, w.run.Secrets)
	if err != nil {
		return fmt.Errorf("event: %w", err)
	}
	if err := w.events.append(v); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(w.dir, eventsFile), err)
	}
	return nil
}

// Close writes bench.txt and closes the files. Calls after the first do nothing.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	err := w.closeFiles()
	return errors.Join(err, writeBenchFile(w.dir))
}

func (w *Writer) closeFiles() error {
	var all []error
	files := []*os.File{w.journal, w.log}
	if w.events != nil {
		files = append(files, w.events.file)
	}
	for _, f := range files {
		if f != nil {
			all = append(all, f.Sync(), f.Close())
		}
	}
	return errors.Join(all...)
}
