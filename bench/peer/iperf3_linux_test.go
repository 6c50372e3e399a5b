package peer

import (
	"net"
	"strings"
	"testing"
	"time"
)

// The real program over loopback, both ways, against a server here and at a remote peer.
func TestIperf3(t *testing.T) {
	needs(t, iperf3Tool)
	opened := started[Iperf3Result](t)
	remote := dialRemote(t, ServeOptions{})
	for name, serve := range map[string]func() (*Iperf3Test, error){
		"here":   func() (*Iperf3Test, error) { return Iperf3Server(t.Context(), loopback, time.Second) },
		"remote": func() (*Iperf3Test, error) { return remote.Iperf3Server(t.Context(), time.Second) },
	} {
		for _, reverse := range []bool{false, true} {
			k := opened(serve())
			o := Iperf3Options{Host: k.Addr().Addr().String(), Port: k.Addr().Port(), Time: time.Second, Rate: 40e6, Reverse: reverse}
			r, err := Iperf3(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if rate, ok := r.Rate(); !ok || !near(rate, 40e6, 0.2) || !strings.HasPrefix(r.Version, "3.") {
				t.Errorf("%s, reverse %v: %+v", name, reverse, r)
			}
			if _, err := k.Wait(bounded(t)); err != nil {
				t.Errorf("%s, reverse %v: the server says %v", name, reverse, err)
			}
		}
	}
}

// What iperf3 says is not its exit code: up to 3.13 that is 0 in each of these cases.
func TestIperf3Failures(t *testing.T) {
	needs(t, iperf3Tool)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at, _ := addrPort(taken.Addr())
	if _, err := Iperf3Server(t.Context(), at, time.Second); err == nil || !strings.Contains(err.Error(), "choose another port") {
		t.Errorf("a port in use: %v", err)
	}
	_ = taken.Close()
	if _, err := Iperf3(t.Context(), Iperf3Options{Host: "127.0.0.1", Port: at.Port(), Time: time.Second}); err == nil || !strings.Contains(err.Error(), "start iperf3 -s there") {
		t.Errorf("no server: %v", err)
	}
}
