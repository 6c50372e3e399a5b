package trace

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Entries of a session of sigrok, by the srzip output of libsigrok: a version, a key file, and samples in numbered parts:
// logic-1-N, and analog-1-C-N for channel C, float32 little-endian.
const (
	sigrokVersion  = "version"
	sigrokMetadata = "metadata"
)

// session is the key file of a .sr.
type session struct {
	rate   float64
	logic  string         // name of the logic parts; "" when there are none
	unit   int            // bytes of a logic sample
	probes int            // logic channels
	named  map[int]string // logic channels by their bit, of which there are samples
	analog map[int]string // analog channels by the number in their parts' names
}

// parseSession reads the key file. Of several devices the first is taken.
func parseSession(text []byte) (session, error) {
	s := session{named: map[int]string{}, analog: map[int]string{}}
	section := ""
	in := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; in.Scan(); n++ {
		line := strings.TrimSpace(in.Text())
		if strings.HasPrefix(line, "[") {
			section = line
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok || section != "[device 1]" {
			continue
		}
		if err := s.set(strings.TrimSpace(key), strings.TrimSpace(value)); err != nil {
			return s, fmt.Errorf("%s:%d: %w", sigrokMetadata, n, err)
		}
	}
	if s.logic != "" && (s.unit < 1 || s.unit > 64 || s.probes > 8*s.unit) {
		return s, fmt.Errorf("%s: %d logic channels in samples of %d bytes", sigrokMetadata, s.probes, s.unit)
	}
	return s, in.Err()
}

func (s *session) set(key, value string) (err error) {
	switch key {
	case "capturefile":
		s.logic = value
	case "unitsize":
		s.unit, err = strconv.Atoi(value)
	case "total probes":
		s.probes, err = strconv.Atoi(value)
	case "samplerate":
		s.rate, err = parseRate(value)
	default:
		s.name(key, value)
	}
	return err
}

// name keeps the name of a channel.
func (s *session) name(key, value string) {
	if n, ok := strings.CutPrefix(key, "probe"); ok {
		if bit, err := strconv.Atoi(n); err == nil && bit >= 1 && bit <= 8*64 {
			s.named[bit-1] = value
		}
	}
	if n, ok := strings.CutPrefix(key, "analog"); ok {
		if c, err := strconv.Atoi(n); err == nil {
			s.analog[c] = value
		}
	}
}

// parseRate reads a rate as sigrok writes it, such as "100 kHz".
func parseRate(text string) (float64, error) {
	number, factor := strings.TrimSpace(strings.TrimSuffix(text, "Hz")), 1.0
	for prefix, f := range map[string]float64{"k": 1e3, "M": 1e6, "G": 1e9} {
		if n, ok := strings.CutSuffix(number, prefix); ok {
			number, factor = strings.TrimSpace(n), f
		}
	}
	v, ok := parseNumber([]byte(number), '.')
	if !ok || !(v >= 0) || v*factor > 1e12 {
		return 0, fmt.Errorf("%q is no rate", text)
	}
	return v * factor, nil
}

// sigrok is a .sr that is being imported.
type sigrok struct {
	o       Options
	path    string
	file    *os.File
	session session
	amps    *parts
	volts   *parts // nil when there are none
	logic   *parts
	bits    []int // of the logic samples, those that become the trace's channels
	names   []string
	unit    float32
	n       int64
}

func openSigrok(path string, o Options) (source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s := &sigrok{o: o, path: path, file: f}
	if err := s.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return s, nil
}

func (s *sigrok) Close() error { return s.file.Close() }

func (s *sigrok) open() error {
	info, err := s.file.Stat()
	if err != nil {
		return err
	}
	archive, err := zip.NewReader(s.file, info.Size())
	if err != nil {
		return fmt.Errorf("%w; it is damaged, or no session of sigrok", err)
	}
	if err := checkArchive(archive, s.file); err != nil {
		return err
	}
	version, err := small(archive, sigrokVersion)
	if err != nil {
		return err
	}
	if v := string(bytes.TrimSpace(version)); v != "2" {
		return fmt.Errorf("a session of version %q; 2 is known", v)
	}
	text, err := small(archive, sigrokMetadata)
	if err != nil {
		return err
	}
	if s.session, err = parseSession(text); err != nil {
		return err
	}
	if s.o.Rate > 0 {
		s.session.rate = s.o.Rate
	}
	if s.session.rate == 0 {
		return errors.New("it does not say its rate; give it: --rate 100000")
	}
	return s.channels(archive)
}

// channels opens the parts of what is asked for.
func (s *sigrok) channels(archive *zip.Reader) error {
	if s.o.Unit == "" {
		return errors.New("sigrok keeps no unit; say what 1 is: --unit A")
	}
	s.unit = float32(ampUnits[s.o.Unit])
	current, err := s.channel(s.o.Current, "current")
	if err != nil {
		return err
	}
	if s.amps, err = newParts(archive, fmt.Sprintf("analog-1-%d", current), 4); err != nil {
		return err
	}
	s.n = s.amps.size / 4
	if s.o.Volts != "" && s.o.Volts != None {
		volts, err := s.channel(s.o.Volts, "volts")
		if err != nil {
			return err
		}
		if s.volts, err = newParts(archive, fmt.Sprintf("analog-1-%d", volts), 4); err != nil {
			return err
		}
		s.n = min(s.n, s.volts.size/4)
	}
	if s.session.logic == "" {
		return nil
	}
	if s.logic, err = newParts(archive, s.session.logic, s.session.unit); err != nil {
		return err
	}
	s.n = min(s.n, s.logic.size/int64(s.session.unit))
	for bit := range s.session.probes {
		if name, ok := s.session.named[bit]; ok && len(s.bits) < 8 {
			s.bits, s.names = append(s.bits, bit), append(s.names, name)
		}
	}
	return nil
}

// channel is the number of the analog channel of a name, or of the only one.
func (s *sigrok) channel(name, flag string) (int, error) {
	var all []string
	for c, n := range s.session.analog {
		if n == name || name == "" && len(s.session.analog) == 1 {
			return c, nil
		}
		all = append(all, strconv.Quote(n))
	}
	if len(all) == 0 {
		return 0, errors.New("it has no analog channel, so no current")
	}
	slices.Sort(all)
	return 0, fmt.Errorf("which analog channel? --%s with one of %s", flag, strings.Join(all[:min(len(all), 12)], ", "))
}

func (s *sigrok) header() Header {
	h := Header{Instrument: "sigrok", Kind: Point, Rate: s.session.rate, Digital: s.names}
	if s.volts != nil {
		h.VoltsFrom = "measured"
	}
	return h
}

func (s *sigrok) about() Side { return Side{Clock: Nominal(s.header())} }

func (s *sigrok) each(emit func(Block) error) error {
	amps := newFloatReader(s.path, s.file, s.amps)
	var volts *floatReader
	if s.volts != nil {
		volts = newFloatReader(s.path, s.file, s.volts)
	}
	var buf buffers
	logic := make([]byte, blockSize*max(s.session.unit, 1))
	for at := int64(0); at < s.n; {
		n := min(s.n-at, blockSize)
		b := Block{Index: at, Amps: buf.amps[:n]}
		if err := amps.read(b.Amps, s.unit); err != nil {
			return err
		}
		if volts != nil {
			b.Volts = buf.volts[:n]
			if err := volts.read(b.Volts, 1); err != nil {
				return err
			}
		}
		if len(s.bits) > 0 {
			b.Digital = buf.digital[:n]
			if err := s.states(b.Digital, logic[:n*int64(s.session.unit)]); err != nil {
				return err
			}
		}
		at = b.End()
		if at == s.n {
			b.Events = s.unequal()
		}
		if err := emit(b); err != nil {
			return err
		}
		s.o.Progress(float64(at) / float64(s.n))
	}
	return nil
}

// states reads the channels' bits.
func (s *sigrok) states(dst, raw []byte) error {
	if _, err := io.ReadFull(s.logic, raw); err != nil {
		return fmt.Errorf("%s: %s: %w", s.path, s.session.logic, short(err))
	}
	for i := range dst {
		one := raw[i*s.session.unit:]
		state := byte(0)
		for c, bit := range s.bits {
			state |= one[bit/8] >> (bit % 8) & 1 << c
		}
		dst[i] = state
	}
	return nil
}

// unequal says that channels do not end together, as they do when a recording is stopped.
func (s *sigrok) unequal() []Event {
	longest := s.amps.size / 4
	if s.volts != nil {
		longest = max(longest, s.volts.size/4)
	}
	if s.logic != nil {
		longest = max(longest, s.logic.size/int64(s.session.unit))
	}
	if longest == s.n {
		return nil
	}
	return []Event{{Index: s.n, Kind: Warning, Text: fmt.Sprintf("channels have different lengths; %d samples that not all of them have are left out", longest-s.n)}}
}

// parts reads the numbered parts of a channel as one.
type parts struct {
	left []*zip.File   // in order
	now  io.ReadCloser // nil between two parts
	size int64
}

// newParts finds the parts of this name, in order: NAME, or NAME-1, NAME-2 and so on.
func newParts(archive *zip.Reader, name string, unit int) (*parts, error) {
	all := map[string]*zip.File{}
	for _, e := range archive.File {
		if e.Name == name || strings.HasPrefix(e.Name, name+"-") {
			all[e.Name] = e
		}
	}
	p := &parts{}
	if e := all[name]; e != nil {
		p.left = []*zip.File{e}
	}
	for n := 1; len(p.left) < n; n++ {
		e := all[name+"-"+strconv.Itoa(n)]
		if e == nil {
			break
		}
		p.left = append(p.left, e)
	}
	if len(p.left) == 0 {
		return nil, fmt.Errorf("no entry %s or %s-1", name, name)
	}
	for other := range all {
		n, err := strconv.Atoi(strings.TrimPrefix(other, name+"-"))
		if err == nil && n > len(p.left) {
			return nil, fmt.Errorf("no entry %s-%d, but %s: a part is missing", name, len(p.left)+1, other)
		}
	}
	for _, e := range p.left {
		if e.UncompressedSize64%uint64(unit) != 0 {
			return nil, fmt.Errorf("entry %s has %d bytes, which are no whole samples of %d", e.Name, e.UncompressedSize64, unit)
		}
		p.size += int64(e.UncompressedSize64)
	}
	return p, nil
}

func (p *parts) Read(b []byte) (int, error) {
	for {
		if p.now == nil {
			if len(p.left) == 0 {
				return 0, io.EOF
			}
			var err error
			if p.now, err = p.left[0].Open(); err != nil {
				return 0, err
			}
			p.left = p.left[1:]
		}
		n, err := p.now.Read(b)
		if err == io.EOF {
			err = p.now.Close()
			p.now = nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}
