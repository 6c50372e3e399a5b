package trace

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"slices"
	"sort"
)

// blockSize is how many samples are read at once: they stay in a processor's cache.
const blockSize = 8192

// buffers are those of one pass over a file.
type buffers struct {
	raw                [blockSize * frameSize]byte
	floats             [blockSize * 4]byte
	amps, volts, plain [blockSize]float32
	digital            [blockSize]byte
}

// Blocks implements Reader. A pass allocates nothing for a block.
func (f *File) Blocks(from, to int64) iter.Seq2[Block, error] {
	return func(yield func(Block, error) bool) {
		from, to := max(from, 0), min(to, f.side.Samples)
		b := f.pool.Get().(*buffers)
		defer f.pool.Put(b)
		past := from // events before it were handed out
		for at := from; at < to; {
			raw := b.raw[:min(to-at, blockSize)*frameSize]
			if _, err := f.samples.ReadAt(raw, at*frameSize); err != nil {
				yield(Block{}, fmt.Errorf("%s: %w", f.path, short(err)))
				return
			}
			for len(raw) > 0 {
				skip := lostFrames(raw)
				at, raw = at+int64(skip), raw[skip*frameSize:]
				if len(raw) == 0 {
					break
				}
				block, err := f.block(b, raw, at)
				at, raw = block.End(), raw[len(block.Amps)*frameSize:]
				block.Events = f.events(past, at)
				past = at
				if !yield(block, err) || err != nil {
					return
				}
			}
		}
	}
}

// block makes one of the samples that follow each other at the begin of raw.
func (f *File) block(b *buffers, raw []byte, at int64) (Block, error) {
	var digital []byte
	if len(f.side.Header.Digital) > 0 {
		digital = b.digital[:]
	}
	n := parseFrames(raw, b.amps[:], digital)
	block := Block{Index: at, Amps: b.amps[:n]}
	if digital != nil {
		block.Digital = digital[:n]
	}
	var err error
	if f.volts != nil {
		block.Volts = b.volts[:n]
		err = readFloats(f.volts, block.Volts, b.floats[:], at)
	}
	if f.plain != nil && err == nil {
		block.Plain = b.plain[:n]
		err = readFloats(f.plain, block.Plain, b.floats[:], at)
	}
	return block, err
}

// events are those from one index to before another.
func (f *File) events(from, to int64) []Event {
	all := f.side.Events
	i := sort.Search(len(all), func(i int) bool { return all[i].Index >= from })
	n := sort.Search(len(all[i:]), func(k int) bool { return all[i+k].Index >= to })
	if n == 0 {
		return nil
	}
	return all[i : i+n : i+n]
}

// readFloats reads the samples from an index on.
func readFloats(file *os.File, dst []float32, buf []byte, at int64) error {
	buf = buf[:len(dst)*4]
	if _, err := file.ReadAt(buf, at*4); err != nil {
		return fmt.Errorf("%s: %w", file.Name(), short(bare(err)))
	}
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(buf[i*4:]))
	}
	return nil
}

// appendFloats appends samples as the files beside session.raw have them.
func appendFloats(dst []byte, values []float32) []byte {
	dst = slices.Grow(dst, len(values)*4)
	for _, v := range values {
		dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(v))
	}
	return dst
}

// short names the end of a file where samples should be.
func short(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("it ends before its last sample")
	}
	return err
}
