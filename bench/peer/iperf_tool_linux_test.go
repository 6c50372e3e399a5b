package peer

import (
	"context"
	"math"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// needs skips the test on a machine without a program.
func needs(t testing.TB, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("no %s on this machine: %v", program, err)
	}
}

// started waits for what an opening function gives.
func started[R any](t testing.TB) func(*Running[R], error) *Running[R] {
	return func(k *Running[R], err error) *Running[R] {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = k.Close() })
		return k
	}
}

// near says whether two numbers are within a fraction of each other.
func near(a, b, fraction float64) bool { return math.Abs(a-b) <= fraction*math.Max(a, b) }

func TestIperfVersion(t *testing.T) {
	needs(t, "iperf")
	if v, err := IperfVersion(t.Context()); err != nil || !strings.HasPrefix(v, "2.") {
		t.Errorf("%q, %v", v, err)
	}
}

// Real and native ends meet in every direction that is safe. Over TCP no byte is lost on loopback, so what one end has sent
// is what the other has.
func TestIperfAgainstTheProgramOverTCP(t *testing.T) {
	needs(t, "iperf")
	opened := started[IperfResult](t)
	for name, c := range map[string]struct {
		receive, send func(context.Context, IperfOptions) (*IperfTest, error)
	}{
		"native to program":  {IperfServer, IperfSource},
		"program to native":  {IperfSink, IperfClient},
		"program to program": {IperfServer, IperfClient},
		"native to native":   {IperfSink, IperfSource},
	} {
		t.Run(name, func(t *testing.T) {
			rows := 0
			o := IperfOptions{Address: loopback, Time: 1500 * time.Millisecond}
			k := opened(c.receive(t.Context(), o))
			o.Address = k.Addr()
			o.Row = func(IperfRow) { rows++ }
			sent, got := result(t, opened(c.send(t.Context(), o))), result(t, k)
			// The program's server does not count a word of the header that it looks for in the zeros.
			if diff := sent.Bytes - got.Bytes; diff < 0 || diff > 64 || got.Bytes < 1e6 || sent.Sent != sent.Bytes || !got.Fin || !sent.Fin || got.Reset || rows == 0 {
				t.Errorf("sent %+v, got %+v, %d rows", sent, got, rows)
			}
			a, ok1 := sent.Rate()
			b, ok2 := got.Rate()
			if !ok1 || !ok2 || !near(a, b, 0.3) || got.Duration < time.Second {
				t.Errorf("rates %v and %v, %v", a, b, got.Duration)
			}
		})
	}
}

// Over UDP the program's server is asked for nothing but the clean dialect, and only here.
func TestIperfAgainstTheProgramOverUDP(t *testing.T) {
	needs(t, "iperf")
	opened := started[IperfResult](t)
	o := IperfOptions{Protocol: UDP, Address: loopback, Time: 1500 * time.Millisecond, Rate: 8e6}
	for name, send := range map[string]func(context.Context, IperfOptions) (*IperfTest, error){"program to native": IperfClient, "native to native": IperfSource} {
		t.Run(name, func(t *testing.T) {
			k := opened(IperfSink(t.Context(), o))
			o := o
			o.Address = k.Addr()
			sent, got := result(t, opened(send(t.Context(), o))), result(t, k)
			if sent.By != IperfReceiver || got.Lost != 0 || got.Dialect != IperfClean || !got.Fin || got.Bytes != got.Datagrams*1470 ||
				sent.Bytes != got.Bytes || sent.Datagrams != got.Datagrams || sent.Lost != 0 || sent.Sent < got.Bytes || sent.Sent > got.Bytes+1470 {
				t.Errorf("sent %+v, got %+v", sent, got)
			}
			if rate, ok := got.Rate(); !ok || !near(rate, 8e6, 0.1) {
				t.Errorf("rate %v", rate)
			}
		})
	}
	t.Run("native to program", func(t *testing.T) {
		at, err := o.port()
		if err != nil {
			t.Fatal(err)
		}
		ready, o := make(chan struct{}), o
		o.Address = at
		program := running(t.Context(), at, func(ctx context.Context) (ExecResult, error) {
			return Run(ctx, ExecOptions{Path: "iperf", Args: append([]string{"-s", "-u", "-P", "1", "-t", "5", "-f", "B"}, on(at)...), Line: func(s string) {
				if strings.HasPrefix(s, "UDP buffer size") {
					close(ready)
				}
			}})
		})
		defer program.Close()
		<-ready
		time.Sleep(100 * time.Millisecond)
		sent := result(t, opened(IperfSource(t.Context(), o)))
		if sent.By != IperfReceiver || sent.Dialect != IperfClean || sent.Sent < 1e6 || !near(float64(sent.Bytes), float64(sent.Sent), 0.01) || sent.Lost > 1 || !near(float64(sent.Datagrams), float64(sent.Sent/1470), 0.01) {
			t.Errorf("%+v", sent)
		}
	})
}

// A server is ready when the function returns: clients that connect at once are never refused.
func TestIperfServerIsReady(t *testing.T) {
	needs(t, "iperf")
	opened := started[IperfResult](t)
	for range 20 {
		k := opened(IperfServer(t.Context(), IperfOptions{Address: loopback, Time: time.Second}))
		c, err := Network{}.withDefaults().Dial(t.Context(), "tcp", k.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		send(t, c, make([]byte, 100000))
		_ = c.Close()
		if r := result(t, k); r.Bytes < 99900 || !r.Fin || r.By != IperfReceiver || !strings.HasPrefix(r.Tool, "iperf 2.") {
			t.Errorf("%+v", r)
		}
	}
}

// What the program says is not its exit code, which is 0 in each of these cases.
func TestIperfProgramFailures(t *testing.T) {
	needs(t, "iperf")
	opened := started[IperfResult](t)
	o := IperfOptions{Address: loopback, Time: time.Second}
	taken := iperfSink(t, o)
	o.Address = taken.Addr()
	if _, err := IperfServer(t.Context(), o); err == nil || !strings.Contains(err.Error(), "ddress already in use") || !strings.Contains(err.Error(), "choose another port") {
		t.Errorf("a port in use: %v", err)
	}
	_ = taken.Close()
	if _, err := opened(IperfClient(t.Context(), o)).Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "refused") || !strings.Contains(err.Error(), `send AT+IPERF="RX" first`) {
		t.Errorf("no server: %v", err)
	}
	o.Protocol = UDP
	if _, err := IperfServer(t.Context(), o); err == nil || !strings.Contains(err.Error(), "native sink") {
		t.Errorf("server over udp: %v", err)
	}
	if _, err := IperfClient(t.Context(), o); err == nil || !strings.Contains(err.Error(), "rate") {
		t.Errorf("client over udp without a rate: %v", err)
	}
	o.Rate = 8e6
	sent, err := opened(IperfClient(t.Context(), o)).Wait(t.Context())
	if err == nil && sent.By != IperfSender {
		t.Errorf("nobody was there: %+v, %v", sent, err)
	}
}

// A connection that ends with a reset is a normal end for both kinds of sinks, and the result says so.
func TestIperfReset(t *testing.T) {
	needs(t, "iperf")
	opened := started[IperfResult](t)
	for name, receive := range map[string]func(context.Context, IperfOptions) (*IperfTest, error){"native": IperfSink, "program": IperfServer} {
		k := opened(receive(t.Context(), IperfOptions{Address: loopback, Time: time.Second}))
		c, err := Network{}.withDefaults().Dial(t.Context(), "tcp", k.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		send(t, c, make([]byte, 60))
		for range 12 {
			send(t, c, moduleDatagram(0, 0)[10:])
			time.Sleep(100 * time.Millisecond)
		}
		_ = c.(interface{ SetLinger(int) error }).SetLinger(0)
		_ = c.Close()
		if r := result(t, k); r.Bytes < 12*1460 || r.Bytes > 60+12*1460 || !r.Reset || r.Fin || r.Note != resetNote {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
