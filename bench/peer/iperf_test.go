package peer

import (
	"context"
	"errors"
	"math"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/memnet"
)

// iperfAt is where sinks of the tests in virtual time listen.
var iperfAt = netip.MustParseAddrPort("10.0.0.1:5001")

// inMemory is a network for a test in virtual time.
func inMemory() Network {
	m := memnet.New()
	return Network{Listen: m.Listen, ListenPacket: m.ListenPacket, Dial: m.Dial}
}

// iperfSink opens a sink, which is closed at the end of the test.
func iperfSink(t testing.TB, o IperfOptions) *IperfTest {
	t.Helper()
	k, err := IperfSink(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}

func iperfSource(t testing.TB, o IperfOptions) *IperfTest {
	t.Helper()
	k, err := IperfSource(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}

// result waits for a test that ends well.
func result(t testing.TB, k *IperfTest) IperfResult {
	t.Helper()
	r, err := k.Wait(t.Context())
	if err != nil {
		t.Fatalf("%v; %+v", err, r)
	}
	return r
}

// A UDP source at a rate that is a whole number of nanoseconds for each datagram meets it exactly: N datagrams of D bytes, one each
// 8 D / R, take (N-1) 8 D / R from the first to the last, in which (N-1) D bytes came. With 1470 bytes at 8 Mbit/s
// that is 1.47 ms each: 10 s / 1.47 ms makes 6803 instants, the first at 0, the last at 9.99894 s.
func TestIperfUDPInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := IperfOptions{Network: inMemory(), Protocol: UDP, Address: iperfAt, Time: 10 * time.Second, Rate: 8e6}
		var rows []IperfRow
		sunk := o
		sunk.Row = func(r IperfRow) { rows = append(rows, r) }
		k := iperfSink(t, sunk)
		source := iperfSource(t, o)
		got, sent := result(t, k), result(t, source)
		const n = 6803
		want := IperfResult{
			Tool: "native", By: IperfReceiver, Bytes: n * 1470, First: 1470, Duration: (n - 1) * 1470 * time.Microsecond,
			Datagrams: n, Fin: true, Dialect: IperfClean,
		}
		if got != want {
			t.Errorf("the sink has %+v", got)
		}
		if rate, ok := got.Rate(); !ok || math.Abs(rate/8e6-1) > 1e-12 {
			t.Errorf("rate %v, %v", rate, ok)
		}
		want.First, want.Sent = 0, want.Bytes
		if sent != want { // the report has microseconds, which is enough here
			t.Errorf("the source has %+v", sent)
		}
		// A row ends with the first datagram after its second: 681 intervals of 1.47 ms are 1.00107 s.
		if len(rows) != 9 || rows[0].End != 681*1470*time.Microsecond || rows[0].Bytes != 682*1470 || rows[1].Bytes != 681*1470 || rows[1].Start != rows[0].End {
			t.Errorf("%d rows, first %+v", len(rows), rows[:2])
		}
	})
}

// What a sender writes at equal intervals through memory has the rate of the closed form, from the first read on.
func TestIperfTCPSinkInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := inMemory()
		k := iperfSink(t, IperfOptions{Network: n, Address: iperfAt, Time: 3 * time.Second})
		c, err := n.Dial(t.Context(), "tcp", k.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		for range 2001 {
			send(t, c, make([]byte, 1460))
			time.Sleep(1500 * time.Microsecond)
		}
		_ = c.Close()
		r := result(t, k)
		rate, ok := r.Rate()
		if want := 8 * 1460 / 0.0015; !ok || math.Abs(rate/want-1) > 1e-12 || !r.Fin || r.Reset || r.Bytes != 2001*1460 || r.Duration != 3*time.Second {
			t.Errorf("%v bit/s, want %v; %+v", rate, want, r)
		}
	})
}

// slow takes bytes from a connection at a rate.
func slow(c net.Conn, chunk int, every time.Duration) (total int64, head []byte) {
	p := make([]byte, chunk)
	for {
		n, err := c.Read(p)
		if total == 0 {
			head = append(head, p[:n]...)
		}
		total += int64(n)
		if err != nil {
			return total, head
		}
		time.Sleep(every)
	}
}

// The source's time ends with the receiver's, not with the last write: its rate is that of the receiver though the
// connection's buffer took more.
func TestIperfTCPSourceInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := inMemory()
		ln, err := n.Listen("tcp", iperfAt.String())
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		k := iperfSource(t, IperfOptions{Network: n, Address: iperfAt, Time: 10 * time.Second})
		c, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		total, head := slow(c, 1000, time.Millisecond)
		_ = c.Close()
		r := result(t, k)
		if r.Bytes != total || r.Sent != total || !r.Fin || r.By != IperfSender || r.Duration <= 10*time.Second {
			t.Errorf("%d bytes were taken; %+v", total, r)
		}
		if rate, ok := r.Rate(); !ok || math.Abs(rate/8e6-1) > 1e-3 {
			t.Errorf("rate %v", rate)
		}
		if strings.Trim(string(head[:64]), "\x00") != "" {
			t.Errorf("the stream begins with % x", head[:64])
		}
	})
}

// A module answers OK before it listens.
func TestIperfSourceWaitsForTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := IperfOptions{Network: inMemory(), Address: iperfAt, Time: time.Second}
		source := iperfSource(t, o)
		time.Sleep(1900 * time.Millisecond)
		ln, err := o.Network.Listen("tcp", iperfAt.String())
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		c, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		total, _ := slow(c, 1000, time.Millisecond)
		_ = c.Close()
		if sent := result(t, source); sent.Bytes != total || total < 1e6 || !sent.Fin {
			t.Errorf("%d bytes came of %+v", total, sent)
		}
	})
}

// What does not come about ends as one sentence, in time.
func TestIperfFailures(t *testing.T) {
	for name, c := range map[string]struct {
		test func(t *testing.T, o IperfOptions) (*IperfTest, error)
		want string
		time time.Duration
	}{
		"nobody connects": {
			func(t *testing.T, o IperfOptions) (*IperfTest, error) { return IperfSink(t.Context(), o) },
			"nobody sent to iperf on tcp 10.0.0.1:5001: nobody came within 30s; check", iperfFirst,
		},
		"nobody sends": {
			func(t *testing.T, o IperfOptions) (*IperfTest, error) {
				o.Protocol = UDP
				return IperfSink(t.Context(), o)
			},
			"nobody sent to iperf on udp 10.0.0.1:5001: nobody came", iperfFirst,
		},
		"only the end came": {
			func(t *testing.T, o IperfOptions) (*IperfTest, error) {
				o.Protocol = UDP
				k, err := IperfSink(t.Context(), o)
				c, _ := o.Network.Dial(t.Context(), "udp", iperfAt.String())
				send(t, c, moduleDatagram(-7, 0))
				return k, err
			},
			"only datagrams that end a test came", iperfFirst,
		},
		"no server": {
			func(t *testing.T, o IperfOptions) (*IperfTest, error) { return IperfSource(t.Context(), o) },
			`cannot reach the module's server at 10.0.0.1:5001: `, iperfStart + iperfRetry,
		},
		"no UDP server": {
			func(t *testing.T, o IperfOptions) (*IperfTest, error) {
				o.Protocol, o.Rate = UDP, 1e6
				return IperfSource(t.Context(), o)
			},
			`nobody listens on udp 10.0.0.1:5001: `, 990 * time.Millisecond,
		},
		"silent": {
			func(t *testing.T, o IperfOptions) (*IperfTest, error) {
				k, err := IperfSink(t.Context(), o)
				if c, err := o.Network.Dial(t.Context(), "tcp", iperfAt.String()); err == nil {
					_ = c.Close()
				}
				return k, err
			},
			"connected to iperf and sent nothing", 0,
		},
		"ended by its context": {
			func(t *testing.T, o IperfOptions) (*IperfTest, error) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(errors.New("enough")) })
				return IperfSink(ctx, o)
			},
			"enough", time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				k, err := c.test(t, IperfOptions{Network: inMemory(), Address: iperfAt, Time: time.Second})
				if err != nil {
					t.Fatal(err)
				}
				defer k.Close()
				_, err = k.Wait(t.Context())
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %v, want %q", err, c.want)
				}
				if d := time.Since(start); d < c.time || d > c.time+100*time.Millisecond {
					t.Errorf("after %v, want %v", d, c.time)
				}
			})
		})
	}
}

func TestIperfOptions(t *testing.T) {
	good := IperfOptions{Network: inMemory(), Address: iperfAt, Time: time.Second}
	for want, change := range map[string]func(o *IperfOptions){
		"tcp and udp":       func(o *IperfOptions) { o.Protocol = TLS },
		"needs an address":  func(o *IperfOptions) { o.Address = netip.AddrPort{} },
		"more than 0":       func(o *IperfOptions) { o.Time = 0 },
		"the rate":          func(o *IperfOptions) { o.Rate = math.NaN() },
		"they have 56 to":   func(o *IperfOptions) { o.Datagram = 55 },
		"datagrams of 6550": func(o *IperfOptions) { o.Datagram = 65508 },
	} {
		o := good
		change(&o)
		if _, err := IperfSink(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("sink: %v, want %q", err, want)
		}
		if _, err := IperfSource(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("source: %v, want %q", err, want)
		}
	}
	for _, protocol := range []string{TCP, UDP} {
		o := good
		o.Network, o.Address, o.Protocol = Network{}, netip.MustParseAddrPort("127.0.0.1:0"), protocol
		o.Address = iperfSink(t, o).Addr()
		if _, err := IperfSink(t.Context(), o); err == nil || !strings.Contains(err.Error(), "choose another port") {
			t.Errorf("a port in use: %v", err)
		}
		o.Address = netip.MustParseAddrPort("192.0.2.1:0")
		if _, err := IperfSink(t.Context(), o); err == nil || !strings.Contains(err.Error(), "address of this host") {
			t.Errorf("a foreign address: %v", err)
		}
	}
}

// The module's own count stands beside the result, with the reason when they differ.
func TestIperfDifference(t *testing.T) {
	r := IperfResult{Bytes: 4860000, By: IperfReceiver, Reset: true}
	if d := r.Difference(IperfRow{Bytes: 6200000}); !strings.Contains(d, "the module says 6200000 bytes, the peer 4860000: it ended with a reset") {
		t.Error(d)
	}
	r.Reset = false
	if d := r.Difference(IperfRow{Bytes: 6200000}); !strings.Contains(d, "counts what it has queued") {
		t.Error(d)
	}
	if d := r.Difference(IperfRow{Bytes: 4000000}); !strings.Contains(d, "the receiver's figure is the result") {
		t.Error(d)
	}
	if d := r.Difference(IperfRow{Bytes: 4900000}); d != "" {
		t.Error(d)
	}
}
