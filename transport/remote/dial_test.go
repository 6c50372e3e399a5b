package remote

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"st67bench/transport/transporttest"
)

func TestConfigErrors(t *testing.T) {
	for want, c := range map[string]Config{
		`open x:host:1: the scheme is not tcp, unix or rfc2217`:    {Scheme: "x", Target: "host:1"},
		`open tcp: no target was named; it is HOST:PORT`:           {Scheme: TCP},
		`open unix: no target was named; it is a path`:             {Scheme: Unix},
		`open rfc2217:host:1: no baud was named`:                   {Scheme: RFC2217, Target: "host:1"},
		`open rfc2217:host:1: baud 9599 is outside 9600..12000000`: {Scheme: RFC2217, Target: "host:1", Baud: 9599},
		`open rfc2217:host:1: flow "xon" is not none or rtscts`:    {Scheme: RFC2217, Target: "host:1", Baud: 9600, Flow: "xon"},
		`open tcp:host:1: baud is for rfc2217: only`:               {Scheme: TCP, Target: "host:1", Baud: 9600},
		`open unix:/run/x: line is for tcp: only`:                  {Scheme: Unix, Target: "/run/x", Line: 9600},
		`open tcp:host:1: line 12000001 is outside 9600..12000000`: {Scheme: TCP, Target: "host:1", Line: 12000001},
	} {
		if _, err := Open(c); err == nil || err.Error() != want {
			t.Errorf("%+v: %v, want %s", c, err, want)
		}
	}
}

// free is an address of this host on which nothing listens.
func free(t *testing.T, host string) string {
	t.Helper()
	l, err := net.Listen("tcp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestDialErrors(t *testing.T) {
	dir := t.TempDir()
	dead := filepath.Join(dir, "dead")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: dead})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	for want, c := range map[string]Config{
		"connection refused; nothing listens there: does the server run": {Scheme: TCP, Target: free(t, "127.0.0.1")},
		"connection refused; nothing listens there":                      {Scheme: RFC2217, Target: free(t, "127.0.0.1"), Baud: 9600},
		"there is no such socket":                                        {Scheme: Unix, Target: filepath.Join(dir, "none")},
		"connection refused; nobody listens on this socket":              {Scheme: Unix, Target: dead},
	} {
		_, err := Open(c)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "open "+c.Scheme+":"+c.Target+": ") {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
}

// No name is looked up here: whether a resolver is there differs from one
// machine to the next.
func TestAdvice(t *testing.T) {
	c := Config{Scheme: TCP, Target: "nohost:23"}
	for want, cause := range map[string]error{
		"open tcp:nohost:23: lookup nohost: no such host; is the host's name right?": &net.DNSError{Err: "no such host", Name: "nohost", IsNotFound: true},
		"no answer within 10s: is the host on":                                       os.ErrDeadlineExceeded,
		"the socket's permissions":                                                   os.ErrPermission,
	} {
		err := dialError(c, &net.OpError{Op: "dial", Net: "tcp", Err: cause})
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", cause, err, want)
		}
	}
}

// listening is a pair over a real socket.
func listening(t *testing.T, scheme, network, address string) transporttest.Pair {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := Open(Config{Scheme: scheme, Target: l.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return transporttest.Pair{Conn: conn, Far: far}
}

func TestConformance(t *testing.T) {
	t.Run("tcp", func(t *testing.T) {
		transporttest.Run(t, func(t *testing.T) transporttest.Pair {
			return listening(t, TCP, "tcp", "127.0.0.1:0")
		}, transporttest.Features{})
	})
	t.Run("unix", func(t *testing.T) {
		transporttest.Run(t, func(t *testing.T) transporttest.Pair {
			return listening(t, Unix, "unix", filepath.Join(t.TempDir(), "socket"))
		}, transporttest.Features{})
	})
	t.Run("rfc2217", func(t *testing.T) {
		transporttest.Run(t, func(t *testing.T) transporttest.Pair {
			s := &stub{}
			conn, err := connect(t, s, config)
			if err != nil {
				t.Fatal(err)
			}
			return transporttest.Pair{Conn: conn, Far: s}
		}, transporttest.Features{})
	})
}

func TestRawLink(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for line, want := range map[int]time.Duration{0: 0, 2_000_000: 5 * time.Microsecond} {
		conn, err := Open(Config{Scheme: TCP, Target: l.Addr().String(), Line: line})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if d, ok := conn.LineTime([]int{1}, nil); d != want || ok != (line > 0) {
			t.Errorf("line %d: the time of a byte is %v, %v", line, d, ok)
		}
		id, named := conn.Identity(), line > 0
		if _, ok := id["baud"]; id["link"] != "tcp" || ok != named || len(conn.Counters()) != 0 || conn.Conditions()["server"] != "raw TCP" {
			t.Errorf("line %d: identity %v, counters %v, conditions %v", line, id, conn.Counters(), conn.Conditions())
		}
	}
}
