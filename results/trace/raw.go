package trace

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// floats is a file of float32 without a header that is being imported, with another one of voltages.
type floats struct {
	o      Options
	amps   *floatReader
	volts  *floatReader // nil when there are none
	n      int64
	factor float32
}

// floatReader reads float32, little-endian.
type floatReader struct {
	path string
	file io.Closer
	in   *bufio.Reader
	at   int64 // values read
	raw  [blockSize * 4]byte
}

func openFloat(path string, o Options) (source, error) {
	if o.Rate == 0 || o.Unit == "" {
		return nil, fmt.Errorf("%s: float32 without a header; give rate and unit: --rate 100000 --unit A", path)
	}
	factor, err := unit(o.Unit, ampUnits, "A")
	if err != nil {
		return nil, err
	}
	f := &floats{o: o, factor: float32(factor)}
	if f.amps, f.n, err = openFloats(path); err != nil {
		return nil, err
	}
	if o.Volts == "" || o.Volts == None {
		return f, nil
	}
	var n int64
	if f.volts, n, err = openFloats(o.Volts); err == nil && n != f.n {
		err = fmt.Errorf("%s has %d values, %s has %d: one for each sample is needed", o.Volts, n, path, f.n)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func openFloats(path string) (*floatReader, int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil && info.Size()%4 != 0 {
		err = fmt.Errorf("%s has %d bytes, which is no whole number of float32", path, info.Size())
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return newFloatReader(path, file, file), info.Size() / 4, nil
}

func newFloatReader(path string, file io.Closer, in io.Reader) *floatReader {
	return &floatReader{path: path, file: file, in: bufio.NewReaderSize(in, blockSize*4)}
}

// read fills dst with values times a factor.
func (r *floatReader) read(dst []float32, factor float32) error {
	raw := r.raw[:len(dst)*4]
	if _, err := io.ReadFull(r.in, raw); err != nil {
		return fmt.Errorf("%s: value %d: %w", r.path, r.at+1, short(err))
	}
	for i := range dst {
		v := math.Float32frombits(binary.LittleEndian.Uint32(raw[i*4:])) * factor
		if math.Abs(float64(v)) > mostAmps {
			return fmt.Errorf("%s: value %d, at byte %d, is %s A or V; is it float32, little-endian, and the unit right? --unit",
				r.path, r.at+int64(i)+1, (r.at+int64(i))*4, short3(float64(v)))
		}
		dst[i] = v
	}
	r.at += int64(len(dst))
	return nil
}

func (f *floats) Close() error {
	err := f.amps.file.Close()
	if f.volts != nil {
		err = errors.Join(err, f.volts.file.Close())
	}
	return err
}

func (f *floats) header() Header {
	h := Header{Instrument: string(Float), Kind: Point, Rate: f.o.Rate}
	if f.volts != nil {
		h.VoltsFrom = "measured"
	}
	return h
}

func (f *floats) about() Side { return Side{Clock: Nominal(f.header())} }

func (f *floats) each(emit func(Block) error) error {
	var amps, volts [blockSize]float32
	for at := int64(0); at < f.n; {
		b := Block{Index: at, Amps: amps[:min(f.n-at, blockSize)]}
		if err := f.amps.read(b.Amps, f.factor); err != nil {
			return err
		}
		if f.volts != nil {
			b.Volts = volts[:len(b.Amps)]
			if err := f.volts.read(b.Volts, 1); err != nil {
				return err
			}
		}
		if err := emit(b); err != nil {
			return err
		}
		at = b.End()
		f.o.Progress(float64(at) / float64(f.n))
	}
	return nil
}
