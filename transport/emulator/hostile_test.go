package emulator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/core"
)

// hostileCommands is how many commands the hostile host sends, hostileShort how
// many with -short or under the race detector.
const (
	hostileCommands = 1_000_000
	hostileShort    = 30_000
)

// Every command of the table, in any order, in every form, with parameters of
// every kind: the module answers, and neither crashes, nor blocks, nor grows.
func TestHostileCommands(t *testing.T) {
	n := hostileCommands
	if testing.Short() || raceEnabled {
		n = hostileShort
		t.Logf("%d commands in place of %d: -short, or the race detector", n, hostileCommands)
	}
	for i, c := range []Config{
		{Build: BuildUART}, {Build: BuildSPI, Quirks: []string{"-busy-drop"}},
		{Profile: "manual"}, {Faults: []string{"crash@500/1000", "no-memory@7/50", "busy@9/70", "urc:reply@3/5", "deauth@9/30"}},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { hostileRun(t, c, uint64(i), n/4) })
		})
	}
}

// hostileRun sends n commands, and looks at the heap after a tenth of them and at
// the end.
func hostileRun(t *testing.T, c Config, seed uint64, n int) {
	c.Baud, c.Boot, c.CommandLatency, c.Seed = Unpaced, 10*time.Millisecond, None, seed
	h := &hostileHost{t: t, c: c, rng: rand.New(rand.NewPCG(67, seed))}
	h.on()
	defer func() { h.close() }()
	var before uint64
	for i := range n {
		if i == n/10 {
			before = heapInUse()
		}
		if i%100 == 0 {
			h.prepare()
		}
		h.command()
	}
	if after := heapInUse(); after > before+4<<20 {
		t.Errorf("the heap grew from %d to %d bytes in %d commands", before, after, n)
	}
}

// heapInUse is what is reachable.
func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// hostileHost sends nonsense, waits for an answer, and checks that there is one.
type hostileHost struct {
	*rig
	t     *testing.T
	c     Config
	rng   *rand.Rand
	table []*core.Command
	peers net.Listener
	said  []byte
	last  []string // the lines sent last
}

// on switches a new module on.
func (h *hostileHost) on() {
	h.rig = open(h.t, h.c)
	h.table = h.rig.m.current().Commands()
	l, err := h.rig.net.Listen("tcp", peerAddress)
	if err != nil {
		h.t.Fatal(err)
	}
	h.peers = l
	go func() {
		for {
			peer, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				io.WriteString(peer, payload(2000))
				io.Copy(peer, io.LimitReader(peer, 1<<16))
				peer.Close()
			}()
		}
	}()
}

func (h *hostileHost) close() {
	h.peers.Close()
	h.rig.close()
}

// prepare brings the module into a state in which commands do something.
func (h *hostileHost) prepare() {
	for _, line := range []string{"ATE0", "AT+CWMODE=1,0", "AT+CWDHCP=1,1", `AT+CWJAP="st67bench","emulated-air"`, "", "AT+CIPMUX=1",
		`AT+CIPSTART=0,"TCP","192.168.67.9",5001`, `AT+CIPSTART=1,"TCP","192.168.67.9",5001`} {
		if line == "" {
			time.Sleep(time.Second)
			continue
		}
		h.say(line + "\r\n")
	}
}

// command sends one line and what its prompt asks for.
func (h *hostileHost) command() {
	if !h.say(h.line()) {
		return
	}
	for range 3 {
		p := make([]byte, h.rng.IntN(3000))
		for i := range p {
			p[i] = byte(h.rng.Uint32())
		}
		h.rig.Write(p)
		if h.answered(time.Second) != waiting {
			return
		}
	}
	h.escape()
}

// What the module's answer means.
type answer int

const (
	waiting answer = iota
	final
	prompted
)

// finals end a command's answer.
var finals = [][]byte{[]byte("\r\nOK\r\n"), []byte("\r\nERROR\r\n"), []byte("\r\nbusy p...\r\n"), []byte("\r\nSEND OK\r\n"),
	[]byte("\r\nSEND FAIL\r\n"), []byte("\r\nSEND CANCELLED\r\n"), []byte("\r\nready\r\n")}

// say writes a line and waits for its answer; true when it asks for data.
func (h *hostileHost) say(line string) bool {
	if len(h.last) == 20 {
		h.last = append(h.last[:0], h.last[1:]...)
	}
	h.last = append(h.last, line)
	h.said = h.said[:0]
	io.WriteString(h.rig, line)
	switch h.answered(30 * time.Second) {
	case prompted:
		return true
	case waiting:
		h.escape()
	}
	return false
}

// answered reads until there is an answer, for at most d.
func (h *hostileHost) answered(d time.Duration) answer {
	h.rig.SetReadDeadline(time.Now().Add(d))
	var b [4096]byte
	for {
		n, err := h.rig.Read(b[:])
		h.said = append(h.said, b[:n]...)
		if a := h.meaning(); a != waiting {
			return a
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return waiting
		} else if err != nil {
			h.t.Fatalf("the module is gone: %v after %q", err, h.last)
		}
		if len(h.said) > 1<<14 {
			h.said = append(h.said[:0], h.said[len(h.said)-100:]...)
		}
	}
}

func (h *hostileHost) meaning() answer {
	if bytes.HasSuffix(h.said, []byte("\r\n>")) {
		return prompted
	}
	for _, f := range finals {
		if bytes.Contains(h.said, f) {
			return final
		}
	}
	return waiting
}

// escape leaves whatever mode the module is in, until it answers a life sign. A
// module that hibernates is replaced by a new one, as by a host with CHIP_EN.
func (h *hostileHost) escape() {
	for range 8 {
		time.Sleep(2 * time.Second)
		io.WriteString(h.rig, "+++")
		h.answered(2 * time.Second)
		h.said = h.said[:0]
		io.WriteString(h.rig, "AT\r\n")
		if h.answered(time.Minute) != waiting {
			return
		}
		h.rig.Write(make([]byte, core.PayloadSize)) // the rest of a data phase
	}
	if !strings.Contains(strings.ToUpper(strings.Join(h.last, "")), "+PWR=1") {
		h.t.Fatalf("the module does not answer any more after %q", h.last)
	}
	h.close()
	h.on()
	h.prepare()
}

// line is one command with its CRLF.
func (h *hostileHost) line() string {
	if h.rng.IntN(3) > 0 {
		return known(h.rng, h.parameter)
	}
	c := h.table[h.rng.IntN(len(h.table))]
	name := "AT" + c.Name
	if h.rng.IntN(8) == 0 {
		name = strings.ToLower(name)
	}
	switch h.rng.IntN(12) {
	case 0:
		return name + "\r\n"
	case 1:
		return name + "?\r\n"
	case 2:
		return name + "=?\r\n"
	case 3:
		return name + "=" + h.parameters(h.rng.IntN(20)) + "?\r\n"
	case 4:
		return h.mangled(name + "=" + h.parameters(h.rng.IntN(20)) + "\r\n")
	case 5:
		return name + "=" + h.parameters(h.rng.IntN(20)) + "\r\n"
	}
	return name + "=" + h.parameters(c.Min+h.rng.IntN(max(c.Max-c.Min, 0)+1)) + "\r\n"
}

func (h *hostileHost) parameters(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = h.parameter()
	}
	return strings.Join(list, ",")
}

// Values that parameters are drawn from: limits of ranges, and names that mean
// something.
var (
	hostileNumbers = []string{"0", "1", "2", "3", "4", "5", "7", "10", "28", "80", "100", "128", "255", "256", "1000", "1460", "1883", "2920",
		"4096", "5001", "6144", "6145", "8192", "8193", "65535", "65536", "2147483647", "2147483648", "4294967295", "9223372036854775807",
		"99999999999999999999", "-1", "-2147483648", "0x10", "1e9", "+1", " 1", "1.5"}
	hostileTexts = []string{"TCP", "UDP", "SSL", "TX", "RX", "st67bench", "emulated-air", "192.168.67.9", "192.168.67.1", "0.0.0.0", "255.255.255.255",
		"::1", "fe80::1", "host.example", "02:67:00:00:00:01", "aa:bb:cc:dd:ee:ff", "00", "CN", "0x0", "0x14", "0xFFFFFFFF", "0201060303", "FFE0", "a", "",
		"topic/a", "#", "$SYS/#", "ca.pem", "..", "/", "../../x", "%s%n", "\\\"", "\\\\", "\\,", "\x00", "\xff\xfe"}
)

func (h *hostileHost) parameter() string {
	pick := func(list []string) string { return list[h.rng.IntN(len(list))] }
	switch k := h.rng.IntN(20); {
	case k < 11:
		return pick(hostileNumbers[:7+h.rng.IntN(len(hostileNumbers)-6)])
	case k < 17:
		return `"` + pick(hostileTexts) + `"`
	case k == 17:
		return `"` + strings.Repeat("x", h.rng.IntN(120)) + `"`
	case k == 18:
		return pick(hostileTexts)
	}
	return ""
}

// mangled changes, drops or adds a byte.
func (h *hostileHost) mangled(line string) string {
	i := h.rng.IntN(len(line))
	b := string(rune(h.rng.IntN(256)))
	switch h.rng.IntN(4) {
	case 0:
		return line[:i] + b + line[i+1:]
	case 1:
		return line[:i] + line[i+1:]
	case 2:
		return line[:i] + strings.Repeat(b, h.rng.IntN(300)) + line[i:]
	}
	return line[:i] + b + line[i:]
}
