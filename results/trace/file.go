package trace

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"
	"sync"
	"time"
)

// File is a trace in files. It may be read from several goroutines.
type File struct {
	path    string
	side    Side
	file    *os.File
	samples *io.SectionReader // session.raw
	crc     *uint32           // of that, where the archive of another program is all that says it
	temp    *os.File          // that, unpacked; nil when it is not compressed
	volts   *os.File          // nil when there are none
	plain   *os.File
	pool    sync.Pool // of *buffers
}

// CutOff is the text of the event in a trace that was not finished: the program that wrote it was killed, or runs still.
const CutOff = "this trace was not finished: clock, marks and events are missing; the program that wrote it was killed, or runs still"

// Open opens a trace: one of this package, one that was cut off (its Side has a Warning with the text CutOff), or a .ppk2 of
// another program. That has no side file, so that its header is what its metadata tell, and when it is compressed it is unpacked
// into a temporary file. Hashes are not looked at; see Verify.
func Open(path string) (*File, error) {
	f := &File{path: path}
	f.pool.New = func() any { return new(buffers) }
	if err := f.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return f, nil
}

func (f *File) open() (err error) {
	if f.file, err = os.Open(f.path); err != nil {
		return bare(err)
	}
	info, err := f.file.Stat()
	if err != nil {
		return bare(err)
	}
	if info.IsDir() {
		return errors.New("this is a directory; name the .ppk2 in it")
	}
	side, has, err := readSide(f.path)
	if err != nil {
		return err
	}
	f.side = side
	archive, err := zip.NewReader(f.file, info.Size())
	whole := err == nil
	if whole {
		err = f.openArchive(archive, has)
	} else {
		err = f.openPart(info.Size(), has, err)
	}
	if err != nil {
		return err
	}
	return f.settle(has, has && (!whole || f.side.Files == nil))
}

// bare is an error of the file system without the path, which is said once.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// openArchive opens the samples of a whole archive.
func (f *File) openArchive(archive *zip.Reader, has bool) error {
	if err := checkArchive(archive, f.file); err != nil {
		return err
	}
	if !has {
		h, err := readMetadata(archive)
		if err != nil {
			return err
		}
		f.side = Side{Schema: schema, Header: h, Clock: Nominal(h)}
	}
	e := find(archive, samplesName)
	if e == nil {
		return fmt.Errorf("no entry %s: this is no trace of a Power Profiler", samplesName)
	}
	if e.UncompressedSize64%frameSize != 0 {
		return fmt.Errorf("entry %s has %d bytes, which are no whole samples of %d", samplesName, e.UncompressedSize64, frameSize)
	}
	if e.Method != zip.Store {
		return f.unpack(e)
	}
	at, err := e.DataOffset()
	if err != nil {
		return err
	}
	f.samples = io.NewSectionReader(f.file, at, int64(e.UncompressedSize64))
	if !has {
		f.crc = &e.CRC32
	}
	return nil
}

// openPart opens the samples of an archive that has no directory: what one of ours is until it is finished.
func (f *File) openPart(size int64, has bool, cause error) error {
	head := make([]byte, samplesOffset)
	_, err := f.file.ReadAt(head, 0)
	ours := err == nil && binary.LittleEndian.Uint32(head) == localSignature && binary.LittleEndian.Uint16(head[8:]) == zip.Store &&
		string(head[localSize:localSize+len(samplesName)]) == samplesName && int(binary.LittleEndian.Uint16(head[28:])) == room
	if !ours {
		return fmt.Errorf("%w; it is damaged, or no .ppk2: when another program wrote it, save it there again", cause)
	}
	if !has {
		return fmt.Errorf("it was not finished, and without %s nothing tells its rate", beside(f.path, sideSuffix))
	}
	data := size - samplesOffset
	known := int64(binary.LittleEndian.Uint32(head[22:]))
	if extra := head[localSize+len(samplesName):]; known == full && binary.LittleEndian.Uint16(extra) == zip64 {
		known = int64(min(binary.LittleEndian.Uint64(extra[4:]), math.MaxInt64))
	}
	if known > 0 {
		data = min(data, known)
	}
	f.samples = io.NewSectionReader(f.file, samplesOffset, data)
	return nil
}

// settle brings the side into accord with the files.
func (f *File) settle(has, cut bool) error {
	n := f.samples.Size() / frameSize
	var err error
	if f.volts, err = f.openBeside(voltsSuffix); err != nil {
		return err
	}
	if f.plain, err = f.openBeside(plainSuffix); err != nil {
		return err
	}
	if has && !cut {
		if f.side.Samples != n {
			return fmt.Errorf("it has %d samples, and %s tells of %d: they do not belong together", n, beside(f.path, sideSuffix), f.side.Samples)
		}
		return nil
	}
	for _, part := range []*os.File{f.volts, f.plain} {
		if part == nil {
			continue
		}
		info, err := part.Stat()
		if err != nil {
			return err
		}
		n = min(n, info.Size()/4)
	}
	f.side.Samples = n
	if err := f.scan(); err != nil {
		return err
	}
	if cut {
		f.side.addEvents([]Event{{Index: n, Kind: Warning, Text: CutOff}})
	}
	return nil
}

// openBeside opens a file of the trace; nil when it does not exist.
func (f *File) openBeside(name string) (*os.File, error) {
	part, err := os.Open(beside(f.path, "."+name))
	if err == nil {
		return part, nil
	}
	if _, named := f.side.Files[name]; !named && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return nil, err
}

// scan finds gaps and digital channels in the samples.
func (f *File) scan() error {
	f.side.Gaps = nil
	buf := make([]byte, 1<<13*frameSize)
	digital := false
	for at := int64(0); at < f.side.Samples; {
		n := min(f.side.Samples-at, 1<<13)
		if _, err := f.samples.ReadAt(buf[:n*frameSize], at*frameSize); err != nil {
			return err
		}
		for i := int64(0); i < n; i++ {
			frame := buf[i*frameSize:]
			digital = digital || frame[4]|frame[5] != 0
			if lostFrames(frame[:frameSize]) > 0 {
				f.side.addGap(at+i, at+i+1)
			}
		}
		at += n
	}
	switch {
	case !digital:
		f.side.Header.Digital = nil
	case len(f.side.Header.Digital) == 0:
		f.side.Header.Digital = make([]string, 8)
	}
	return nil
}

// Side implements Reader.
func (f *File) Side() Side { return f.side }

// Close ends the use of the files, and removes the temporary one.
func (f *File) Close() error {
	var err error
	for _, one := range []*os.File{f.file, f.volts, f.plain, f.temp} {
		if one != nil {
			err = errors.Join(err, one.Close())
		}
	}
	if f.temp != nil {
		err = errors.Join(err, os.Remove(f.temp.Name()))
	}
	return err
}

// Verify reads all and compares it with the hashes of the side. A trace without, because it was cut off or is of another
// program, has none to compare.
func (f *File) Verify() error {
	if f.crc != nil {
		sum := crc32.NewIEEE()
		if _, err := io.Copy(sum, bufio.NewReaderSize(io.NewSectionReader(f.samples, 0, f.samples.Size()), 1<<18)); err != nil {
			return fmt.Errorf("%s: %w", f.path, bare(err))
		}
		if sum.Sum32() != *f.crc {
			return fmt.Errorf("%s is damaged: the CRC of its samples is %08x, the archive says %08x", f.path, sum.Sum32(), *f.crc)
		}
	}
	for name, want := range f.side.Files {
		var r io.Reader
		path := beside(f.path, "."+name)
		switch {
		case name == samplesName:
			r, path = io.NewSectionReader(f.samples, 0, f.samples.Size()), f.path
		case name == voltsSuffix && f.volts != nil:
			r = io.NewSectionReader(f.volts, 0, math.MaxInt64)
		case name == plainSuffix && f.plain != nil:
			r = io.NewSectionReader(f.plain, 0, math.MaxInt64)
		default:
			return fmt.Errorf("%s: its side file names %q, which is no part of a trace", f.path, name)
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, bufio.NewReaderSize(r, 1<<18)); err != nil {
			return fmt.Errorf("%s: %w", path, bare(err))
		}
		if got := hex.EncodeToString(sum.Sum(nil)); !strings.EqualFold(got, want) {
			return fmt.Errorf("%s has changed since it was written: SHA-256 of its samples is %s, %s says %s", path, got, beside(f.path, sideSuffix), want)
		}
	}
	return nil
}

// foreign is the instrument of a .ppk2 that says nothing of it.
const foreign = "ppk2"

// readMetadata makes a header of metadata.json.
func readMetadata(archive *zip.Reader) (Header, error) {
	text, err := small(archive, metadataName)
	if err != nil {
		return Header{}, err
	}
	var m metadata
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&m); err != nil {
		return Header{}, fmt.Errorf("%s: %w", metadataName, err)
	}
	if m.Version != formatVersion {
		return Header{}, fmt.Errorf("formatVersion %d; %d is known: save it with a Power Profiler that writes that, or export CSV there", m.Version, formatVersion)
	}
	h := Header{Instrument: foreign, Kind: ppk2Kind(m.Metadata.Rate), Rate: m.Metadata.Rate}
	if ms := m.Metadata.Start; ms != nil && math.Abs(*ms) < 1e15 {
		h.Start = time.UnixMilli(int64(*ms)).UTC()
	}
	if err := h.check(); err != nil {
		return Header{}, fmt.Errorf("%s: %w", metadataName, err)
	}
	return h, nil
}

// ppk2Rate is that of the instrument; Nordic's program makes lower ones as means of its samples.
const ppk2Rate = 100000

func ppk2Kind(rate float64) Kind {
	if rate < ppk2Rate {
		return Average
	}
	return Point
}

// unpack puts the samples of a compressed archive into a temporary file.
func (f *File) unpack(e *zip.File) error {
	r, err := e.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	if f.temp, err = os.CreateTemp("", "st67bench-*.raw"); err != nil {
		return err
	}
	n, err := io.Copy(f.temp, io.LimitReader(r, int64(e.UncompressedSize64)+1)) // to its end, where its checksum is looked at
	if err != nil {
		return fmt.Errorf("%s: %w", samplesName, err)
	}
	f.samples = io.NewSectionReader(f.temp, 0, n)
	return nil
}
