package results

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path"
	"path/filepath"

	"github.com/parquet-go/parquet-go"
)

// rowGroup is how many rows go into one row group of a samples file: what a
// SampleWriter holds in memory, about 2 MB.
const rowGroup = 1 << 16

// batch is how many rows are handed to or taken from the codec at once.
const batch = 1 << 10

// samplesName is the file of result seq, below the run directory, with slashes.
func samplesName(seq int) string { return path.Join(samplesDir, fmt.Sprintf("%06d.parquet", seq)) }

// SampleWriter streams the raw samples of one result to a file. It belongs to
// one goroutine at a time. Its memory does not grow with the number of samples.
type SampleWriter struct {
	name    string // below the run directory
	path    string
	file    *os.File
	rows    *parquet.GenericWriter[Sample]
	buf     []Sample
	inGroup int
	added   bool
	err     error // the first
}

// Samples opens the samples file of result seq. Close it before the Append of
// the line that names it.
func (w *Writer) Samples(seq int) (*SampleWriter, error) {
	name := samplesName(seq)
	full := filepath.Join(w.dir, filepath.FromSlash(name))
	f, err := os.OpenFile(full+tempSuffix, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, fmt.Errorf("samples of result %d: %w", seq, err)
	}
	rows := parquet.NewGenericWriter[Sample](f, parquet.CreatedBy("st67bench", "1", ""))
	return &SampleWriter{name: name, path: full, file: f, rows: rows, buf: make([]Sample, 0, batch)}, nil
}

// Add takes one sample. A value that is not a number, and a failure to write,
// is reported by Close.
func (w *SampleWriter) Add(s Sample) {
	if w.err != nil {
		return
	}
	if math.IsNaN(s.V) || math.IsInf(s.V, 0) {
		w.err = fmt.Errorf("sample of %q at %v is %v; what was not measured is left out", s.Series, s.T, s.V)
		return
	}
	w.added = true
	w.buf = append(w.buf, s)
	if len(w.buf) == cap(w.buf) {
		w.flush()
	}
}

// flush empties the buffer, and ends the row group when it is full.
func (w *SampleWriter) flush() {
	if _, err := w.rows.Write(w.buf); err != nil {
		w.err = err
		return
	}
	w.inGroup += len(w.buf)
	w.buf = w.buf[:0]
	if w.inGroup >= rowGroup {
		w.inGroup = 0
		w.err = w.rows.Flush()
	}
}

// Close makes the file durable and returns its path below the run directory,
// for Result.Samples. Without samples, or after an error, there is no file and
// the path is empty.
func (w *SampleWriter) Close() (string, error) {
	if w.err == nil && w.added {
		w.flush()
	}
	if w.err == nil && w.added {
		w.err = w.rows.Close()
	}
	if w.err != nil || !w.added {
		return "", w.discard()
	}
	if err := publish(w.file, w.path); err != nil {
		return "", fmt.Errorf("samples %s: %w", w.path, err)
	}
	return w.name, nil
}

func (w *SampleWriter) discard() error {
	err := errors.Join(w.err, w.file.Close(), os.Remove(w.file.Name()))
	if err != nil {
		return fmt.Errorf("samples %s: %w", w.path, err)
	}
	return nil
}

// ReadSamples calls fn with the raw samples of result seq in the order in which
// they were added, in slices that are valid until fn returns. A result without
// samples has no calls. An error of fn ends the reading and is returned.
func (r *Run) ReadSamples(seq int, fn func([]Sample) error) error {
	name, err := r.samplesOf(seq)
	if err != nil || name == "" {
		return err
	}
	// The name comes out of a file that may have been made by anyone: it must not lead out of the directory.
	f, err := os.OpenInRoot(r.Dir, filepath.FromSlash(name))
	if err != nil {
		return fmt.Errorf("samples of result %d: %w", seq, err)
	}
	defer f.Close()
	return readSamples(f, fn)
}

func (r *Run) samplesOf(seq int) (string, error) {
	for _, result := range r.Results {
		if result.Seq == seq {
			return result.Samples, nil
		}
	}
	return "", fmt.Errorf("%s has no result %d", r.Dir, seq)
}

func readSamples(f *os.File, fn func([]Sample) error) error {
	next, closeRows, err := openSamples(f)
	if err != nil {
		return err
	}
	defer closeRows()
	buf := make([]Sample, batch)
	for {
		n, err := next(buf)
		if err != nil && err != io.EOF {
			return err
		}
		if n > 0 {
			if err := fn(buf[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// openSamples returns a function that reads rows. Panics are turned into
// errors: the codec trusts lengths that a damaged file gets wrong.
func openSamples(f *os.File) (next func([]Sample) (int, error), end func(), err error) {
	damaged := func(err *error) {
		if p := recover(); p != nil {
			*err = fmt.Errorf("%s is damaged: %v", f.Name(), p)
		} else if *err != nil && *err != io.EOF {
			*err = fmt.Errorf("%s is damaged: %w", f.Name(), *err)
		}
	}
	defer damaged(&err)
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	file, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		return nil, nil, err
	}
	rows := parquet.NewGenericReader[Sample](file)
	next = func(buf []Sample) (n int, err error) {
		defer damaged(&err)
		return rows.Read(buf)
	}
	return next, func() { _ = rows.Close() }, nil // a reader's Close loses nothing
}
