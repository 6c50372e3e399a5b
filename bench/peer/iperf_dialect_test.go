package peer

import (
	"encoding/binary"
	"io"
	"math"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// moduleDatagram is one of the module: 12 bytes of header, then digits.
func moduleDatagram(id int32, stamp time.Duration) []byte {
	p := make([]byte, 1470)
	binary.BigEndian.PutUint32(p, uint32(id))
	binary.BigEndian.PutUint32(p[4:], uint32(stamp/time.Second))
	binary.BigEndian.PutUint32(p[8:], uint32(stamp%time.Second/time.Microsecond))
	for i := range p[12:] {
		p[12+i] = '0' + byte(i%10)
	}
	return p
}

// cleanDatagram is one of iperf 2.1: 16 bytes of header, then zeros.
func cleanDatagram(id int32, stamp time.Duration) []byte {
	p := moduleDatagram(id, stamp)
	clear(p[12:])
	binary.BigEndian.PutUint32(p[12:], uint32(id>>31))
	return p
}

// played sends datagrams to a sink, one each millisecond, the last one again until the report comes.
func played(t *testing.T, make func(int32, time.Duration) []byte, ids ...int32) (IperfResult, []byte) {
	t.Helper()
	n := inMemory()
	k := iperfSink(t, IperfOptions{Network: n, Protocol: UDP, Address: iperfAt, Time: 3 * time.Second})
	c, err := n.Dial(t.Context(), "udp", k.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const boot = 77 * time.Second // of another clock
	for i, id := range ids {
		send(t, c, make(id, boot+time.Duration(i)*time.Millisecond))
		time.Sleep(time.Millisecond)
	}
	var report []byte
	if ids[len(ids)-1] < 0 {
		report = answerOf(t, c)
	}
	return result(t, k), report
}

func answerOf(t *testing.T, c net.Conn) []byte {
	t.Helper()
	p := make([]byte, 2000)
	_ = c.SetReadDeadline(time.Now().Add(time.Second))
	n, err := c.Read(p)
	if err != nil {
		t.Fatalf("no report: %v", err)
	}
	return p[:n]
}

// count gives the numbers from a to b.
func count(a, b int32) (ids []int32) {
	for ; a <= b; a++ {
		ids = append(ids, a)
	}
	return ids
}

// Loss, order and duplicates are counted from the numbers alone: what is left out is lost, also at the beginning and
// before the end; what comes late is given back; what comes again changes nothing.
func TestIperfUDPCounts(t *testing.T) {
	with := func(parts ...[]int32) []int32 { return slices.Concat(parts...) }
	for name, c := range map[string]struct {
		make                              func(int32, time.Duration) []byte
		ids                               []int32
		all, lost, reordered, duplicate   int64
		dialect                           string
		unknownEnd                        bool
		arrived                           int64
		wantBase12, wantBase16, wantNoFin bool
	}{
		"module":              {make: moduleDatagram, ids: with(count(0, 99), []int32{-100}), all: 100, dialect: IperfModule, arrived: 100},
		"clean":               {make: cleanDatagram, ids: with(count(1, 100), []int32{-101}), all: 100, dialect: IperfClean, arrived: 100},
		"clean from 0 on":     {make: cleanDatagram, ids: with(count(0, 99), []int32{-100}), all: 100, dialect: IperfClean, arrived: 100},
		"lost in the middle":  {make: moduleDatagram, ids: with(count(0, 49), count(60, 99), []int32{-100}), all: 100, lost: 10, dialect: IperfModule, arrived: 90},
		"lost first":          {make: moduleDatagram, ids: with(count(3, 99), []int32{-100}), all: 100, lost: 3, dialect: IperfModule, arrived: 97},
		"clean, lost first":   {make: cleanDatagram, ids: with(count(3, 100), []int32{-101}), all: 100, lost: 2, dialect: IperfClean, arrived: 98},
		"lost last":           {make: moduleDatagram, ids: with(count(0, 94), []int32{-100}), all: 100, lost: 5, dialect: IperfModule, arrived: 95},
		"late":                {make: moduleDatagram, ids: with(count(0, 49), count(52, 70), []int32{50}, count(71, 99), []int32{51, -100}), all: 100, reordered: 2, dialect: IperfModule, arrived: 100},
		"first one late":      {make: moduleDatagram, ids: with([]int32{1, 0}, count(2, 99), []int32{-100}), all: 100, reordered: 1, dialect: IperfModule, arrived: 100},
		"clean, 0 late":       {make: cleanDatagram, ids: with([]int32{1, 0}, count(2, 99), []int32{-100}), all: 100, reordered: 1, dialect: IperfClean, arrived: 100},
		"again":               {make: moduleDatagram, ids: with(count(0, 49), []int32{49, 49, 30}, count(50, 99), []int32{-100}), all: 100, duplicate: 3, dialect: IperfModule, arrived: 103},
		"lost, late and gone": {make: moduleDatagram, ids: with(count(0, 9), count(20, 29), []int32{15, 15}, []int32{-40}), all: 40, lost: 19, reordered: 1, duplicate: 1, dialect: IperfModule, arrived: 22},
		"a long gap":          {make: moduleDatagram, ids: with(count(0, 9), count(10000, 10009), []int32{9999, 9999, -10010}), all: 10010, lost: 9989, reordered: 1, duplicate: 1, dialect: IperfModule, arrived: 22},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, report := played(t, c.make, c.ids...)
				if r.Datagrams != c.all || r.Lost != c.lost || r.Reordered != c.reordered || r.Duplicate != c.duplicate ||
					r.Dialect != c.dialect || !r.Fin || r.Bytes != 1470*c.arrived || r.Duration != time.Duration(c.arrived-1)*time.Millisecond || r.Note != "" {
					t.Errorf("%+v", r)
				}
				size := map[string]int{IperfModule: 12, IperfClean: 16}[c.dialect]
				if len(report) != size+40 || string(report[:size]) != string(c.make(c.ids[len(c.ids)-1], 77*time.Second+time.Duration(len(c.ids)-1)*time.Millisecond)[:size]) {
					t.Fatalf("report % x", report)
				}
				ms := uint32(c.arrived - 1)
				for i, want := range []uint32{0x80000000, 0, uint32(r.Bytes), ms / 1000, ms % 1000 * 1000, uint32(c.lost), uint32(c.reordered), uint32(c.all), 0, 0} {
					if got := binary.BigEndian.Uint32(report[size+4*i:]); got != want {
						t.Errorf("word %d of the report is %#x, want %#x", i, got, want)
					}
				}
			})
		})
	}
}

// The jitter of a constant change d of the transit, up and down in turn, is J(k) = d (1 - (15/16)^k) after k changes
// (RFC 3550 6.4.1 with |D| = d).
func TestIperfJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := inMemory()
		k := iperfSink(t, IperfOptions{Network: n, Protocol: UDP, Address: iperfAt, Time: 3 * time.Second})
		c, err := n.Dial(t.Context(), "udp", k.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		const changes = 20
		for i := range int32(changes + 1) {
			late := time.Duration(i%2) * 800 * time.Microsecond
			time.Sleep(late)
			send(t, c, moduleDatagram(i, time.Duration(i)*10*time.Millisecond))
			time.Sleep(10*time.Millisecond - late)
		}
		send(t, c, moduleDatagram(-changes-1, time.Second))
		want := 800e-6 * (1 - math.Pow(15./16, changes))
		if r := result(t, k); math.Abs(r.Jitter.Seconds()/want-1) > 1e-5 {
			t.Errorf("jitter %v, want %v s", r.Jitter, want)
		}
	})
}

// Without an ending datagram a test ends after two seconds of silence, and says that it does not know the end.
func TestIperfUDPWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		r, _ := played(t, moduleDatagram, count(0, 9)...)
		if d := time.Since(start); r.Fin || r.Datagrams != 10 || r.Lost != 0 || !strings.Contains(r.Note, "ending datagram did not come") || d != 9*time.Millisecond+iperfQuiet {
			t.Errorf("after %v: %+v", d, r)
		}
	})
}

// A sender that never ends is cut off, and pauses shorter than two seconds are none.
func TestIperfUDPForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := inMemory()
		k := iperfSink(t, IperfOptions{Network: n, Protocol: UDP, Address: iperfAt, Time: 3 * time.Second})
		c, err := n.Dial(t.Context(), "udp", k.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for i := range int32(20) {
			_, _ = c.Write(moduleDatagram(i, 0))
			time.Sleep(1900 * time.Millisecond)
		}
		if r := result(t, k); r.Fin || r.Duration != 7*1900*time.Millisecond {
			t.Errorf("%+v", r)
		}
	})
}

// Each ending datagram within 500 ms of the one before is answered, so that a report that is lost costs nothing.
// Datagrams of others and of a test before this one do not count.
func TestIperfUDPEndAndStrangers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := inMemory()
		k := iperfSink(t, IperfOptions{Network: n, Protocol: UDP, Address: iperfAt, Time: 3 * time.Second})
		dial := func() net.Conn {
			c, err := n.Dial(t.Context(), "udp", k.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
			return c
		}
		c, stranger := dial(), dial()
		send(t, stranger, moduleDatagram(-5000, 0)) // the end of a test before
		send(t, c, []byte("short"))
		for i := range int32(10) {
			send(t, c, moduleDatagram(i, 0))
			send(t, stranger, moduleDatagram(1000+i, 0))
		}
		var first []byte
		for range 5 {
			send(t, c, moduleDatagram(-10, 0))
			report := answerOf(t, c)
			if first == nil {
				first = report
			}
			if string(report) != string(first) {
				t.Errorf("the report changed to % x", report)
			}
			time.Sleep(350 * time.Millisecond)
		}
		start := time.Now()
		r := result(t, k)
		if r.Datagrams != 10 || r.Lost != 0 || !strings.Contains(r.Note, "11 datagrams were of others") || time.Since(start) != 150*time.Millisecond {
			t.Errorf("after %v: %+v", time.Since(start), r)
		}
	})
}

// served receives what a source sends, and answers the ending datagram as a server does; nil is no answer.
func served(t *testing.T, answer func(fin []byte) []byte, deaf int) (sent IperfResult, ids []int32, fins []time.Duration) {
	t.Helper()
	n := inMemory()
	pc, err := n.ListenPacket("udp", iperfAt.String())
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	k := iperfSource(t, IperfOptions{Network: n, Protocol: UDP, Address: iperfAt, Time: time.Second, Rate: 1.176e6}) // one each 10 ms
	start := time.Now()
	p := make([]byte, 2000)
	_ = pc.SetReadDeadline(start.Add(10 * time.Second))
	for len(fins) < deaf {
		size, from, err := pc.ReadFrom(p)
		if err != nil {
			t.Fatal(err)
		}
		id := int32(binary.BigEndian.Uint32(p))
		if size != 1470 || binary.BigEndian.Uint32(p[12:]) != 0 {
			t.Fatalf("%d bytes: % x", size, p[:20])
		}
		if id >= 0 {
			ids = append(ids, id)
			continue
		}
		ids = append(ids, id)
		if fins = append(fins, time.Since(start)); len(fins) == deaf && answer != nil {
			_, _ = pc.WriteTo(answer(p[:size]), from)
		}
	}
	return result(t, k), ids, fins
}

// serverReport is one of 97 datagrams, of which 3 are missing, in 0.99 s.
func serverReport(head []byte, flags uint32) []byte {
	p := slices.Clone(head)
	for _, v := range []uint32{flags, 0, 97 * 1470, 0, 990000, 3, 1, 100, 0, 812} {
		p = binary.BigEndian.AppendUint32(p, v)
	}
	return p
}

// The source takes a report in either layout; one of iperf 2.1 is longer, and has zeros in place of the header.
func TestIperfSourceReports(t *testing.T) {
	want := IperfResult{
		Tool: "native", By: IperfReceiver, Bytes: 97 * 1470, Duration: 990 * time.Millisecond, Sent: 100 * 1470,
		Datagrams: 100, Lost: 3, Reordered: 1, Jitter: 812 * time.Microsecond, Fin: true,
	}
	for dialect, answer := range map[string]func([]byte) []byte{
		IperfModule: func(p []byte) []byte { return serverReport(p[:12], 0x80000000) },
		IperfClean:  func(p []byte) []byte { return append(serverReport(make([]byte, 16), 0x88000000), make([]byte, 72)...) },
	} {
		synctest.Test(t, func(t *testing.T) {
			r, ids, fins := served(t, answer, 2)
			want.Dialect = dialect
			if r != want {
				t.Errorf("%+v", r)
			}
			if !slices.Equal(ids, append(count(0, 99), -100, -100)) || fins[1]-fins[0] != finWait {
				t.Errorf("it sent %v, ends after %v", ids, fins)
			}
		})
	}
}

// A module that sends no report is told ten times, which is no error; what is no report is none.
func TestIperfSourceWithoutReport(t *testing.T) {
	for _, answer := range []func([]byte) []byte{
		nil,
		func([]byte) []byte { return nil },
		func(p []byte) []byte { return p[:1] },
		func(p []byte) []byte { return serverReport(p[:16], 0) },
		func(p []byte) []byte { return serverReport(cleanDatagram(-99, 0)[:16], 0x80000000) },
	} {
		synctest.Test(t, func(t *testing.T) {
			r, _, fins := served(t, answer, 10)
			if r.By != IperfSender || r.Fin || r.Sent != 147000 || r.Note != IperfNoReport || fins[9]-fins[0] != 9*finWait {
				t.Errorf("%+v, ends after %v", r, fins)
			}
		})
	}
}

// The module's dialect over TCP: 60 zero bytes, digits in segments, then FIN.
func TestIperfTCPOfTheModule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := inMemory()
		k := iperfSink(t, IperfOptions{Network: n, Address: iperfAt, Time: time.Second})
		c, err := n.Dial(t.Context(), "tcp", k.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		send(t, c, make([]byte, 60))
		for range 100 {
			time.Sleep(10 * time.Millisecond)
			send(t, c, moduleDatagram(0, 0)[10:])
		}
		if _, err := n.Dial(t.Context(), "tcp", k.Addr().String()); err == nil {
			t.Error("a second connection was taken")
		}
		_ = c.(interface{ CloseWrite() error }).CloseWrite()
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Error(err)
		}
		r := result(t, k)
		if rate, _ := r.Rate(); r.Bytes != 60+100*1460 || r.First != 60 || r.Duration != time.Second || !r.Fin || rate != 8*146000 {
			t.Errorf("%+v", r)
		}
	})
}
