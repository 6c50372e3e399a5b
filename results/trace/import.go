package trace

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Format names a format that Import reads.
type Format string

const (
	CSV    Format = "csv"  // of a Power Profiler, Monsoon, Otii or anything else: columns are found by their names, or named
	PPK2   Format = "ppk2" // .ppk2 of this package or of a Power Profiler
	Float  Format = "f32"  // float32, little-endian, without a header
	Sigrok Format = "sr"   // session of sigrok, version 2
)

// Formats are those that Import reads.
var Formats = []Format{CSV, PPK2, Float, Sigrok}

// None as Options.Time or Options.Volts says that there is none, although a column looks like it.
const None = "none"

// Options say how a file of another program is read. The zero value of each is: as the file says, or an error that asks.
type Options struct {
	Format    Format
	Current   string  // column by its name or number, from 1; of a .sr its analog channel
	Time      string  // column by its name or number, or None
	Volts     string  // as well; of float32 the file with the voltages, in V
	Unit      string  // of the current: A, mA, uA, nA
	TimeUnit  string  // s, ms, us, ns
	Decimal   byte    // '.' or ','
	Delimiter byte    // of columns
	Rate      float64 // samples/s
	Supply    float64 // V of the supply
	Kind      Kind    // default Point, and Average for what a Power Profiler gives below 100 kS/s

	Progress func(part float64) // is called now and then with how much was read, from 0 to 1
}

// source is a file that is being imported.
type source interface {
	header() Header
	// each gives the samples in order.
	each(emit func(Block) error) error
	// about is what is known beside the samples, above all their clock. It is asked for after each.
	about() Side
	io.Closer
}

// Import makes a trace at out, NAME.ppk2, of a file of another program, and returns its side. What is doubtful about the file is
// a Warning among its events. After an error there is no trace. Errors about a place in a text begin with file:line:column.
func Import(ctx context.Context, path, out string, o Options) (side Side, err error) {
	if err := o.Check(); err != nil {
		return Side{}, err
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return Side{}, fmt.Errorf("%s: this is no regular file; write what is to be imported to one", path)
	}
	if o.Format == "" {
		if o.Format, err = guess(path); err != nil {
			return Side{}, err
		}
	}
	if o.Progress == nil {
		o.Progress = func(float64) {}
	}
	src, err := open(path, o)
	if err != nil {
		return Side{}, err
	}
	defer src.Close() // it is only read
	h := src.header()
	if o.Supply > 0 {
		h.Volts, h.VoltsFrom = o.Supply, "set"
	}
	if o.Kind != "" {
		h.Kind = o.Kind
	}
	w, err := Create(out, h)
	if err != nil {
		return Side{}, err
	}
	if side, err = w.copy(ctx, src); errors.Is(err, errNoSample) {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return side, err
}

var errNoSample = errors.New("there is no sample in it")

func open(path string, o Options) (source, error) {
	switch o.Format {
	case CSV:
		return openCSV(path, o)
	case PPK2:
		return openCopy(path, o)
	case Float:
		return openFloat(path, o)
	}
	return openSigrok(path, o)
}

// copy takes all of a source, or leaves nothing.
func (w *Writer) copy(ctx context.Context, src source) (Side, error) {
	err := src.each(func(b Block) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return w.Write(b)
	})
	if err == nil && w.side.Samples == 0 {
		err = errNoSample
	}
	about := src.about()
	if n := about.Samples; err == nil && n > w.side.Samples {
		if err = w.gap(Block{Index: n}); err == nil { // lost ones at its end
			w.side.Samples = n
		}
	}
	if err != nil {
		return Side{}, errors.Join(err, w.discard())
	}
	w.side.addEvents(about.Events)
	w.side.Marks, w.side.Arrivals = about.Marks, about.Arrivals
	side, err := w.Close(about.Clock, about.First)
	if err != nil {
		return Side{}, errors.Join(err, w.discard())
	}
	return side, nil
}

// Check says what of the options cannot be, whatever the file.
func (o Options) Check() error {
	switch {
	case o.Rate != 0 && !possible(o.Rate):
		return fmt.Errorf("a rate of %v samples/s is none", o.Rate)
	case o.Supply < 0 || math.IsNaN(o.Supply) || o.Supply > 1000:
		return fmt.Errorf("a supply of %v V cannot be", o.Supply)
	case o.Kind != "" && o.Kind != Point && o.Kind != Average:
		return fmt.Errorf("samples of kind %q are not known; %s and %s are", o.Kind, Point, Average)
	case o.Decimal != 0 && o.Decimal != '.' && o.Decimal != ',':
		return fmt.Errorf("a decimal sign is . or , but not %q", o.Decimal)
	case o.Delimiter == '"' || o.Delimiter == '\n' || o.Delimiter == '\r':
		return fmt.Errorf("%q cannot stand between columns", o.Delimiter)
	case o.Delimiter != 0 && o.Delimiter == o.Decimal:
		return fmt.Errorf("%q is both the decimal sign and what stands between columns", o.Decimal)
	}
	if o.Format != "" && !slices.Contains(Formats, o.Format) {
		return fmt.Errorf("format %q is not known; %s are", o.Format, names(Formats))
	}
	if _, err := unit(o.Unit, ampUnits, "A"); err != nil {
		return err
	}
	_, err := unit(o.TimeUnit, timeUnits, "s")
	return err
}

var (
	ampUnits  = map[string]float64{"A": 1, "mA": 1e-3, "uA": 1e-6, "µA": 1e-6, "μA": 1e-6, "nA": 1e-9}
	timeUnits = map[string]float64{"s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}
	voltUnits = map[string]float64{"V": 1, "mV": 1e-3}
)

// unit is what a unit is in the base unit; 0 for none.
func unit(name string, all map[string]float64, base string) (float64, error) {
	f, ok := all[name]
	if !ok && name != "" {
		return 0, fmt.Errorf("unit %q is not known; %s, m%s, u%s and n%s are", name, base, base, base, base)
	}
	return f, nil
}

// names lists what is allowed.
func names[T ~string](all []T) string {
	var texts []string
	for _, one := range all {
		texts = append(texts, string(one))
	}
	return strings.Join(texts, ", ")
}

// guess finds the format of a file by how it begins, and by its extension.
func guess(path string) (Format, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head := make([]byte, 4096)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", fmt.Errorf("%s: %w; there is nothing to import", path, bare(err))
	}
	head = head[:n]
	if n > 4 && binary.LittleEndian.Uint32(head) == localSignature {
		return guessArchive(f)
	}
	switch ext := strings.ToLower(filepath.Ext(path)); {
	case slices.Contains([]string{".f32", ".raw", ".bin"}, ext):
		return Float, nil
	case !slices.Contains(head, 0), bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return CSV, nil // which says what is wrong with UTF-16
	}
	return "", fmt.Errorf("%s: neither text nor an archive; name its format: --format %s", path, Float)
}

func guessArchive(f *os.File) (Format, error) {
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	archive, err := zip.NewReader(f, info.Size())
	if err != nil && strings.EqualFold(filepath.Ext(f.Name()), ".sr") || err == nil && find(archive, sigrokVersion) != nil {
		return Sigrok, nil
	}
	return PPK2, nil // which says what is wrong with another one
}

// openCopy opens a .ppk2, which becomes one of ours.
func openCopy(path string, o Options) (source, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	if err := f.Verify(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &copied{cut: Cut{f, 0, f.side.Samples, o.Progress}, side: f.side, Closer: f}, nil
}

// copied is a part of a trace that becomes one of its own.
type copied struct {
	io.Closer
	cut  Cut
	side Side
}

func (c *copied) header() Header                    { return c.side.Header }
func (c *copied) about() Side                       { return c.side }
func (c *copied) each(emit func(Block) error) error { return c.cut.each(emit) }
