package trace

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	bufferSize = 64 << 10
	// buffered is how long samples wait at most before the operating system has them.
	buffered = 500 * time.Millisecond
	// longestGap is how long a gap may be, in s: it is written out, sample by sample.
	longestGap = 3600
	// fewestGap is how many samples a gap may have at any rate.
	fewestGap = 1 << 16
)

// Writer writes a trace while it is measured. Its memory does not grow with the trace. Its methods may be called from several
// goroutines.
type Writer struct {
	mu      sync.Mutex
	path    string
	side    Side
	samples *stream
	volts   *stream // nil when there are none
	plain   *stream
	digital bool // blocks have digital channels
	begun   bool // with the first samples it is settled what blocks have
	map_    *minimap
	arrive  *arrivals
	flushed time.Time
	err     error // the first
}

// Create begins NAME.ppk2 and NAME.json. No file of that trace may exist. h.Start is what the instants of blocks count from.
func Create(path string, h Header) (*Writer, error) {
	if filepath.Ext(path) != suffix {
		return nil, fmt.Errorf("%s: the name of a trace ends in %s", path, suffix)
	}
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, other := range []string{sideSuffix, "." + voltsSuffix, "." + plainSuffix} {
		if _, err := os.Lstat(beside(path, other)); err == nil {
			return nil, &fs.PathError{Op: "create", Path: beside(path, other), Err: fs.ErrExist}
		}
	}
	samples, err := newStream(path)
	if err != nil {
		return nil, err
	}
	w := &Writer{path: path, samples: samples, map_: newMinimap(), arrive: newArrivals(h.Rate), flushed: time.Now()}
	w.side = Side{Schema: schema, Header: h, Clock: Nominal(h)}
	if err := w.begin(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), w.discard())
	}
	return w, nil
}

// begin writes what a trace needs to be read although it was killed.
func (w *Writer) begin() error {
	if _, err := w.samples.file.Write(entry{name: samplesName, room: true}.local()); err != nil {
		return err
	}
	return w.side.write(w.path)
}

// Write appends a block. What is missing before it is written as lost samples, and so is a sample that is not a number. A block
// that begins before the end of the one before, or has other channels than those before, is an error.
func (w *Writer) Write(b Block) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = w.write(b)
	}
	return w.err
}

func (w *Writer) write(b Block) error {
	w.side.addEvents(b.Events)
	if len(b.Amps) == 0 {
		return nil
	}
	if err := w.settle(b); err != nil {
		return err
	}
	if err := w.gap(b); err != nil {
		return err
	}
	w.noteLost(b)
	w.samples.buf = appendFrames(w.samples.buf, b.Amps, b.Digital)
	w.map_.add(b.Amps)
	if w.volts != nil {
		w.volts.buf = appendFloats(w.volts.buf, b.Volts)
	}
	if w.plain != nil {
		w.plain.buf = appendFloats(w.plain.buf, b.Plain)
	}
	w.side.Samples = b.End()
	if !b.Time.IsZero() {
		w.arrive.add(Arrival{Index: b.End(), T: b.Time.Sub(w.side.Header.Start)})
	}
	if now := time.Now(); len(w.samples.buf) >= bufferSize || now.Sub(w.flushed) >= buffered {
		w.flushed = now
		return w.flush()
	}
	return nil
}

// settle checks that a block has what the blocks before had.
func (w *Writer) settle(b Block) error {
	n := len(b.Amps)
	for _, part := range []struct {
		name string
		n    int
	}{{"plain samples", len(b.Plain)}, {"digital states", len(b.Digital)}, {"voltages", len(b.Volts)}} {
		if part.n != 0 && part.n != n {
			return fmt.Errorf("%s: a block of %d samples has %d %s", w.path, n, part.n, part.name)
		}
	}
	if !w.begun {
		w.begun, w.digital = true, b.Digital != nil
		return w.open(b)
	}
	if w.digital != (b.Digital != nil) || (w.volts != nil) != (b.Volts != nil) || (w.plain != nil) != (b.Plain != nil) {
		return fmt.Errorf("%s: the block at %d has other channels than those before it", w.path, b.Index)
	}
	return nil
}

// open begins the files that this trace has beside its samples.
func (w *Writer) open(b Block) (err error) {
	if b.Volts != nil {
		if w.volts, err = newStream(beside(w.path, "."+voltsSuffix)); err != nil {
			return err
		}
	}
	if b.Plain != nil {
		w.plain, err = newStream(beside(w.path, "."+plainSuffix))
	}
	return err
}

// lostPart is how many lost samples are written at once.
const lostPart = 4096

var lost = func() (all [lostPart]float32) {
	for i := range all {
		all[i] = notANumber
	}
	return all
}()

// gap writes what is missing before a block.
func (w *Writer) gap(b Block) error {
	n := b.Index - w.side.Samples
	switch limit := max(fewestGap, w.side.Header.Rate*longestGap); {
	case n == 0:
		return nil
	case n < 0:
		return fmt.Errorf("%s: the block at %d begins before %d, where the one before it ends", w.path, b.Index, w.side.Samples)
	case float64(n) > limit:
		return fmt.Errorf("%s: a gap of %d samples before the block at %d; more than an hour is taken for an error", w.path, n, b.Index)
	}
	w.side.addGap(w.side.Samples, b.Index)
	w.map_.lost(n)
	for n > 0 {
		part := lost[:min(n, lostPart)]
		n -= int64(len(part))
		w.samples.buf = appendFrames(w.samples.buf, part, nil)
		if w.volts != nil {
			w.volts.buf = appendFloats(w.volts.buf, part)
		}
		if w.plain != nil {
			w.plain.buf = appendFloats(w.plain.buf, part)
		}
		if len(w.samples.buf) >= bufferSize {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// noteLost finds the samples of a block that are no numbers.
func (w *Writer) noteLost(b Block) {
	for i := 0; i < len(b.Amps); i++ {
		from := i
		for i < len(b.Amps) && !isNumber(b.Amps[i]*micro) {
			i++
		}
		if i > from {
			w.side.addGap(b.Index+int64(from), b.Index+int64(i))
		}
	}
}

func (w *Writer) streams() []*stream {
	all := []*stream{w.samples, w.volts, w.plain}
	n := 0
	for _, s := range all {
		if s != nil {
			all[n] = s
			n++
		}
	}
	return all[:n]
}

func (w *Writer) flush() error {
	for _, s := range [...]*stream{w.samples, w.volts, w.plain} {
		if s == nil {
			continue
		}
		if err := s.flush(); err != nil {
			return err
		}
	}
	return nil
}

// Mark adds a named instant.
func (w *Writer) Mark(m Mark) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.side.Marks = append(w.side.Marks, m)
}

// Close finishes the files and makes them durable. clock says when the samples were, first which one of the session the first is.
// After an error there is what a killed program leaves: samples, and no side that names them.
func (w *Writer) Close(clock Clock, first int64) (Side, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = w.finish(clock, first)
	}
	err := w.err
	w.err = errors.Join(err, fs.ErrClosed)
	for _, s := range w.streams() {
		err = errors.Join(err, s.file.Close())
	}
	if err == nil {
		err = w.side.write(w.path)
	}
	if err != nil {
		return Side{}, fmt.Errorf("trace %s: %w", w.path, err)
	}
	return w.side, nil
}

func (w *Writer) finish(clock Clock, first int64) error {
	s := &w.side
	s.Clock, s.First = clock, first
	if w.arrive.flush(); len(w.arrive.all) > 0 {
		s.Arrivals = w.arrive.all
	}
	s.sortEvents()
	switch {
	case !w.digital:
		s.Header.Digital = nil
	case len(s.Header.Digital) == 0:
		s.Header.Digital = make([]string, 8)
	}
	if err := w.frame(); err != nil {
		return err
	}
	s.Files = map[string]string{samplesName: w.samples.hash()}
	if w.volts != nil {
		s.Files[voltsSuffix] = w.volts.hash()
	}
	if w.plain != nil {
		s.Files[plainSuffix] = w.plain.hash()
	}
	for _, f := range w.streams() {
		if err := f.file.Sync(); err != nil {
			return err
		}
	}
	return nil
}

// frame makes the archive whole: first the size of the samples in front of them, then, when that cannot be lost any more, what
// follows them. So it can be told at each instant where the samples end.
func (w *Writer) frame() error {
	if err := w.flush(); err != nil {
		return err
	}
	e := entry{name: samplesName, size: w.samples.n, crc: w.samples.crc, room: true}
	if _, err := w.samples.file.WriteAt(e.local(), 0); err != nil {
		return err
	}
	if err := w.samples.file.Sync(); err != nil {
		return err
	}
	var m metadata
	m.Version = formatVersion
	m.Metadata.Rate = w.side.Header.Rate
	if start := w.side.Header.Start; !start.IsZero() {
		ms := float64(start.Add(w.side.Clock.Offset).UnixMilli())
		m.Metadata.Start = &ms
	}
	meta, err := json.Marshal(m)
	if err != nil {
		return err
	}
	overview, err := w.map_.json(w.side.Header.Rate)
	if err != nil {
		return err
	}
	_, err = w.samples.file.WriteAt(tail(e, meta, overview), samplesOffset+e.size)
	return err
}

// discard removes what was made.
func (w *Writer) discard() error {
	var err error
	for _, s := range w.streams() {
		_ = s.file.Close() // it may be closed already
		err = errors.Join(err, os.Remove(s.file.Name()))
	}
	if rerr := os.Remove(beside(w.path, sideSuffix)); !errors.Is(rerr, fs.ErrNotExist) {
		err = errors.Join(err, rerr)
	}
	return err
}

// stream is a file that is written front to back and hashed on the way.
type stream struct {
	file *os.File
	buf  []byte // not written yet
	sum  hash.Hash
	crc  uint32
	n    int64 // bytes written
}

func newStream(path string) (*stream, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	return &stream{file: f, sum: sha256.New(), buf: make([]byte, 0, bufferSize+bufferSize/2)}, nil
}

func (s *stream) flush() error {
	if _, err := s.file.Write(s.buf); err != nil {
		return err
	}
	s.sum.Write(s.buf)
	s.crc = crc32.Update(s.crc, crc32.IEEETable, s.buf)
	s.n += int64(len(s.buf))
	s.buf = s.buf[:0]
	return nil
}

func (s *stream) hash() string { return hex.EncodeToString(s.sum.Sum(nil)) }
