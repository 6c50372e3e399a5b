package serve

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// fresh is for how long the index is not looked after again, however many ask.
	fresh = 100 * time.Millisecond
	// silence is after how long without a word a run counts as interrupted: longer than a module takes to boot and join.
	silence = 90 * time.Second
	// atOnce is how many runs that have ended are looked after at once: nothing is written to them any more, but somebody may
	// have changed one. The others have their turn the next times.
	atOnce = 2000
)

// index keeps the rows of a folder.
type index struct {
	root *os.Root

	mu      sync.Mutex
	entries map[string]entry
	rows    []Row // the newest first
	looked  time.Time
	turn    int // of which runs to look after next
}

// entry is what is known of one directory.
type entry struct {
	row     Row
	run     bool      // it is one
	changed time.Time // the directory itself: a file was made, replaced or taken away
	ended   bool      // there is a bench.txt: nothing is written any more
	grown   time.Time // the youngest of its files, while it has not ended
}

// when is its place in the list; a run that does not say when it began is where its directory was changed.
func (e entry) when() time.Time {
	if e.row.Start.IsZero() {
		return e.changed
	}
	return e.row.Start
}

func newIndex(root *os.Root) *index { return &index{root: root, entries: map[string]entry{}} }

// list is every row, the newest first. It belongs to the index.
func (x *index) list() ([]Row, error) {
	err := x.refresh(nil)
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.rows, err
}

// refresh looks at what has changed.
func (x *index) refresh(progress func(done, of int)) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if time.Since(x.looked) < fresh {
		return nil
	}
	names, err := x.directories()
	if err != nil {
		return err
	}
	next := make([]entry, len(names))
	each(len(names), progress, func(i int) {
		old, seen := x.entries[names[i]]
		if turn := (i - x.turn + len(names)) % len(names); seen && old.ended && turn >= atOnce {
			next[i] = old
		} else {
			next[i] = x.look(names[i])
		}
	})
	if x.turn += atOnce; x.turn >= len(names) {
		x.turn = 0
	}
	x.entries = make(map[string]entry, len(names))
	for i, e := range next {
		x.entries[names[i]] = e
	}
	next = slices.DeleteFunc(next, func(e entry) bool { return !e.run })
	slices.SortFunc(next, func(a, b entry) int {
		return cmp.Or(b.when().Compare(a.when()), cmp.Compare(b.row.Name, a.row.Name))
	})
	x.rows = make([]Row, len(next))
	for i, e := range next {
		x.rows[i] = e.row
	}
	x.looked = time.Now()
	return nil
}

// directories are the names of those of the folder. A link is none, wherever it leads.
func (x *index) directories() ([]string, error) {
	folder, err := x.root.Open(".")
	if err != nil {
		return nil, fmt.Errorf("folder of runs: %w", err)
	}
	defer folder.Close()
	all, err := folder.ReadDir(-1)
	if err != nil {
		return nil, fmt.Errorf("folder of runs: %w", err)
	}
	var names []string
	for _, d := range all {
		if d.IsDir() && plainName(d.Name()) {
			names = append(names, d.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// each calls do for 0 to n-1 on all processors, twice as many as those when files have to be waited for.
func each(n int, progress func(done, of int), do func(i int)) {
	var next, done atomic.Int64
	var workers sync.WaitGroup
	var telling sync.Mutex
	for range min(2*runtime.GOMAXPROCS(0), n) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				do(int(i))
				if at := done.Add(1); progress != nil && at%100 == 0 {
					telling.Lock()
					progress(int(at), n)
					telling.Unlock()
				}
			}
		})
	}
	workers.Wait()
}

// look is the entry of a directory: the one that is known when nothing has changed.
func (x *index) look(name string) entry {
	old, seen := x.entries[name]
	info, err := x.root.Lstat(name)
	if err != nil || !info.IsDir() {
		return entry{}
	}
	e := entry{changed: info.ModTime()}
	if seen && old.changed.Equal(e.changed) && (old.ended || !old.run) {
		return old
	}
	dir, err := x.root.OpenRoot(name)
	if err != nil {
		e.run, e.row = errors.Is(err, fs.ErrPermission), Row{Name: name, Verdict: Damaged, Problem: err.Error()}
		return e
	}
	defer dir.Close()
	e.ended, e.grown = state(dir)
	if seen && old.changed.Equal(e.changed) && old.grown.Equal(e.grown) && time.Since(e.grown) > silence {
		e.row, e.run = old.row, old.run
	} else {
		e.row, err = readRow(dir, name)
		e.run = err == nil
	}
	if !e.ended {
		e.row.open(e.grown)
	}
	return e
}

// open is the verdict of a run that was not closed and was written to last at that time.
func (row *Row) open(grown time.Time) {
	switch {
	case row.Verdict == Damaged:
	case time.Since(grown) <= silence:
		row.Verdict = Running
	default:
		row.Verdict = Interrupted
	}
}

// present is the row of a directory as it is now.
func present(dir *os.Root, name string) (Row, error) {
	ended, grown := state(dir)
	row, err := readRow(dir, name)
	if !ended {
		row.open(grown)
	}
	return row, err
}

// state says whether a run has ended, and if not when it was written to last.
func state(dir *os.Root) (ended bool, grown time.Time) {
	if _, err := dir.Lstat(benchFile); err == nil {
		return true, grown
	}
	for _, name := range []string{runFile, journalFile, eventsFile, logFile} {
		if info, err := dir.Lstat(name); err == nil && info.ModTime().After(grown) {
			grown = info.ModTime()
		}
	}
	return false, grown
}
