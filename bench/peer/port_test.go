package peer

import (
	"net"
	"net/netip"
	"strings"
	"testing"
)

// An end that was closed with a connection on it comes back at the port that it had, over TCP and UDP; a port that another
// program has is told with what to do.
func TestSamePortAgain(t *testing.T) {
	local := Local(Network{}, netip.MustParseAddr("127.0.0.1"))
	for _, protocol := range []string{TCP, UDP, TLS} {
		first, err := local.Sink(t.Context(), Stream{Block: 1}, Options{Protocol: protocol})
		if err != nil {
			t.Fatal(err)
		}
		conn, err := net.Dial(strings.Replace(protocol, TLS, TCP, 1), first.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		o := Options{Protocol: protocol, Port: first.Addr().Port()}
		if taken, err := local.Sink(t.Context(), Stream{Block: 1}, o); err == nil || !strings.Contains(err.Error(), "another program may have taken it") {
			t.Errorf("%s: %v, %v", protocol, taken, err)
		}
		if err := first.Close(); err != nil {
			t.Error(err)
		}
		again, err := local.Sink(t.Context(), Stream{Block: 1}, o)
		if err != nil {
			t.Fatalf("%s: %v", protocol, err)
		}
		if again.Addr() != first.Addr() {
			t.Errorf("%s: at %v first, then at %v", protocol, first.Addr(), again.Addr())
		}
		conn.Close()
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	}
}
