package peer

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// awaitLog waits for a line of a log.
func awaitLog(t *testing.T, log *logged, text string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !strings.Contains(log.String(), text); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no %q in %q", text, log)
		}
	}
}

// ended wants a connection to be closed with nothing said.
func ended(t *testing.T, c net.Conn) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	var timeout net.Error
	if n, err := io.Copy(io.Discard, c); n > 0 || errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("it said %d bytes, and ended with %v", n, err)
	}
}

// hello is the first request as a harness sends it.
func hello(t *testing.T, version int) []byte {
	t.Helper()
	body, err := json.Marshal(request{ID: 1, Op: "hello", Args: json.RawMessage(`{"version":` + string(rune('0'+version)) + `}`)})
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte{0, 0, byte(len(body) >> 8), byte(len(body))}, body...)
}

// Who does not have the key is served nothing: not in the clear, not over TLS without a certificate, with one of another key, or with the
// server's own.
func TestStrangersAreServedNothing(t *testing.T) {
	address, key, log := serveRemote(t, ServeOptions{})
	other, err := NewKey().config(roleClient, roleServer)
	if err != nil {
		t.Fatal(err)
	}
	mirrored, err := key.config(roleServer, roleServer)
	if err != nil {
		t.Fatal(err)
	}
	other.VerifyConnection = nil
	for name, config := range map[string]*tls.Config{
		"in the clear": nil, "no certificate": {InsecureSkipVerify: true}, "another key": other, "the server's words": mirrored,
	} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if config != nil {
			c = tls.Client(c, config)
		}
		_, _ = c.Write(hello(t, protocolVersion)) // over TLS 1.3 the client's handshake may end before it is refused
		if config == nil {
			_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
			said, _ := io.ReadAll(c)
			if strings.Contains(string(said), "result") {
				t.Errorf("%s: it answers %q", name, said)
			}
		} else {
			ended(t, c)
		}
		_ = c.Close()
	}
	awaitLog(t, log, "refused")
	if strings.Contains(log.String(), "session begins") {
		t.Errorf("a stranger has a session: %s", log)
	}
	if strings.Contains(log.String(), key.Text()) {
		t.Error("the log has the key")
	}
	r, err := Dial(t.Context(), address, key, netip.Addr{}) // the strangers took nobody's place
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
}

// What keeps a harness from its remote peer is said in one sentence with what mends it.
func TestDialErrors(t *testing.T) {
	address, key, _ := serveRemote(t, ServeOptions{})
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = free.Close()
	web, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer web.Close()
	go func() {
		for {
			c, err := web.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.2\r\n")
			_ = c.Close()
		}
	}()
	for name, c := range map[string]struct {
		address string
		key     Key
		host    netip.Addr
		want    []string
	}{
		"nobody there":  {free.Addr().String(), key, netip.Addr{}, []string{"no remote peer at", "refused", "start st67bench peer --listen there"}},
		"another key":   {address, NewKey(), netip.Addr{}, []string{"does not have the same key", "give both sides the same one"}},
		"another thing": {web.Addr().String(), key, netip.Addr{}, []string{"does not answer as a remote peer"}},
		"not its own":   {address, key, netip.MustParseAddr("192.0.2.1"), []string{"cannot connect to 192.0.2.1 there", "give an address of that machine"}},
	} {
		r, err := Dial(t.Context(), c.address, c.key, c.host)
		if err == nil {
			_ = r.Close()
			t.Errorf("%s: no error", name)
			continue
		}
		for _, text := range c.want {
			if !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %q lacks %q", name, err, text)
			}
		}
	}
}

// The module goes where the harness says, if that is an address there.
func TestDialWithHost(t *testing.T) {
	address, key, _ := serveRemote(t, ServeOptions{Addresses: []netip.Addr{netip.MustParseAddr("127.0.0.3")}})
	for host, want := range map[netip.Addr]string{{}: "127.0.0.3", netip.MustParseAddr("127.0.0.2"): "127.0.0.2"} {
		r, err := Dial(t.Context(), address, key, host)
		if err != nil {
			t.Skip("one loopback address only:", err)
		}
		defer r.Close()
		k, err := r.Sink(t.Context(), Stream{Block: 100}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Host().String() != want || k.Addr().Addr().String() != want {
			t.Errorf("the module goes to %s, %s; want %s", r.Host(), k.Addr(), want)
		}
	}
}

// A harness of another version is told so.
func TestOtherVersion(t *testing.T) {
	address, key, log := serveRemote(t, ServeOptions{})
	config, err := key.config(roleClient, roleServer)
	if err != nil {
		t.Fatal(err)
	}
	c, err := tls.Dial("tcp", address, config)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write(hello(t, protocolVersion+1)); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	said, _ := io.ReadAll(c)
	if !strings.Contains(string(said), "version 2 of the control protocol, the remote peer version 1; use the same release") {
		t.Errorf("it said %q", said)
	}
	awaitLog(t, log, "use the same release")
}

// Silent connections do not keep others out, and do not last: of one address there are four at a time.
func TestSilentStrangers(t *testing.T) {
	t.Parallel()
	address, _, log := serveRemote(t, ServeOptions{})
	for range 8 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	awaitLog(t, log, "too many at a time")
	awaitLog(t, log, "msg=refused from")
}

// With its connection ends all that a harness had opened.
func TestSessionEndsWithItsConnection(t *testing.T) {
	address, key, log := serveRemote(t, ServeOptions{})
	r, err := Dial(t.Context(), address, key, netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	k, err := r.Sink(t.Context(), Stream{Block: 100}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error, 1)
	go func() { waiting <- k.Wait(context.Background(), 1) }()
	_ = r.Close()
	if err := <-waiting; !errors.Is(err, net.ErrClosed) {
		t.Errorf("who waits is told %v", err)
	}
	awaitLog(t, log, "session ended")
	if c, err := net.Dial("tcp", k.Addr().String()); err == nil {
		_ = c.Close()
		t.Error("the sink is still there")
	}
	if _, err := r.Sink(t.Context(), Stream{Block: 100}, Options{}); err == nil || !strings.Contains(err.Error(), "was closed") {
		t.Errorf("closed, it opens a sink: %v", err)
	}
}

// What a harness with the key may not ask for is refused in words, and the session goes on.
func TestSessionRefuses(t *testing.T) {
	r := dialRemote(t, ServeOptions{})
	for op, c := range map[string]struct {
		args any
		want string
	}{
		"dance":  {nil, `knows no "dance"`},
		"sink":   {sinkArgs{Stream: Stream{Block: -1}}, "allowed are 1 to"},
		"source": {sourceArgs{Stream{Block: 1, Pattern: "burn"}, SourceOptions{}}, `the pattern "burn"`},
		"report": {nil, "none of that kind"},
		"times":  {timesArgs{From: -1}, "numbers begin with 0"},
		"iperf":  {iperfArgs{End: "sink", Time: 25 * time.Hour}, "is the most"},
		"iperf3": {iperfArgs{}, "more than 0"},
		"echo":   {"text", "cannot be read"},
	} {
		if _, err := r.ask(bounded(t), op, 7, c.args, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", op, err)
		}
	}
	for range maxEnds {
		if _, err := r.Sink(t.Context(), Stream{Block: 1}, Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Sink(t.Context(), Stream{Block: 1}, Options{}); err == nil || !strings.Contains(err.Error(), "more than 32 ends") {
		t.Errorf("one more end: %v", err)
	}
}
