package emulator

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// client connects to the module's server.
func (r *rig) client(network, address string) net.Conn {
	r.t.Helper()
	c, err := r.net.Dial(r.t.Context(), network, address)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	return c
}

const serverAddress = "127.67.0.2:80"

func TestServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		r.ok("AT+SYSLOG=1")
		r.do("AT+CIPSERVER=1,80", "ERR CODE:0x01100000\r\n\r\nERROR\r\n")
		r.join()
		r.ok("AT+CIPMUX=1")
		r.do("AT+CIPSERVER?", "+CIPSERVER:0\r\n\r\nOK\r\n")
		for line, code := range map[string]string{
			"AT+CIPSERVER=2": "07", "AT+CIPSERVER=1": "06", "AT+CIPSERVER=1,0": "07", `AT+CIPSERVER=1,80,"TLS"`: "07",
			`AT+CIPSERVER=1,80,"TCPv6"`: "07", "AT+CIPSERVER=1,80,,2": "07", "AT+CIPSERVER=1,80,,,7201": "07",
			"AT+CIPSERVER=0,2": "07", "AT+CIPSERVER=0,1,1": "06", "AT+CIPSERVERMAXCONN=0": "07", "AT+CIPSERVERMAXCONN=6": "07",
			"AT+CIPSTO=7201": "07",
		} {
			r.do(line, "ERR CODE:0x01"+code+"0000\r\n\r\nERROR\r\n")
		}
		r.do("AT+CIPSERVERMAXCONN?", "+CIPSERVERMAXCONN:5\r\n\r\nOK\r\n")
		r.ok("AT+CIPSERVERMAXCONN=2", "AT+CIPSERVER=0", "AT+CIPSERVER=1,80,\"tcp\",0,60")
		r.do("AT+CIPSERVER?", "+CIPSERVER:1,80,\"TCP\",0,60\r\n\r\nOK\r\n")
		r.do("AT+CIPSERVER=1,81", "ERR CODE:0x010a0000\r\n\r\nERROR\r\n")
		r.do("AT+CIPSERVERMAXCONN=3", "ERR CODE:0x01100000\r\n\r\nERROR\r\n")
		r.do("AT+CIPMUX=0", "ERR CODE:0x010b0000\r\n\r\nERROR\r\n")

		a := r.client("tcp", serverAddress)
		r.expect("+CIP:0,CONNECTED\r\n")
		b := r.client("tcp", serverAddress)
		r.expect("+CIP:1,CONNECTED\r\n")
		c := r.client("tcp", serverAddress)
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("a third client reads %v, want to be closed", err)
		}
		_, port, _ := strings.Cut(b.LocalAddr().String(), ":")
		r.do("AT+CIPSTATE?", "+CIPSTATUS:0,\"TCP\",\"127.67.0.2\",49153,80,1\r\n"+
			"+CIPSTATUS:1,\"TCP\",\"127.67.0.2\","+port+",80,1\r\n\r\nOK\r\n")
		io.WriteString(b, "request")
		r.expect("+IPD:1,7,request\r\n")
		r.sendAll("AT+CIPSEND=1,6", "answer")
		if got := receive(t, b, 6); got != "answer" {
			t.Errorf("the client receives %q", got)
		}
		// Without the server its connections go on.
		r.ok("AT+CIPSERVER=0")
		if _, err := r.net.Dial(t.Context(), "tcp", serverAddress); err == nil {
			t.Error("a deleted server takes connections")
		}
		io.WriteString(a, "still there")
		r.expect("+IPD:0,11,still there\r\n")
		r.ok("AT+CIPSERVER=1,80")
		r.do("AT+CIPSERVER=0,1", "+CIP:0,DISCONNECTED\r\n+CIP:1,DISCONNECTED\r\n\r\nOK\r\n")
	})
}

// CIPSTO closes a client after that time without a byte in either direction.
func TestServerIdleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Baud: Unpaced})
		defer r.close()
		r.join()
		r.ok("AT+CIPMUX=1", "AT+CIPSTO=10", "AT+CIPSERVER=1,80")
		r.do("AT+CIPSTO?", "+CIPSTO:10\r\n\r\nOK\r\n")
		a := r.client("tcp", serverAddress)
		r.expect("+CIP:0,CONNECTED\r\n")
		time.Sleep(8 * time.Second)
		io.WriteString(a, "x")
		r.expect("+IPD:0,1,x\r\n")
		time.Sleep(8 * time.Second)
		r.sendAll("AT+CIPSEND=0,1", "y")
		receive(t, a, 1)
		start := time.Now()
		r.expect("+CIP:0,DISCONNECTED\r\n")
		check(t, "the end of an idle client", time.Since(start), 10*time.Second)
		if _, err := a.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the client reads %v", err)
		}
	})
}

func TestServerOverIPv6AndUDP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Quirks: []string{"-server-port"}})
		defer r.close()
		r.join()
		r.ok("AT+CIPMUX=1", "AT+CIPV6=1", `AT+CIPSERVER=1,8080,"TCPv6"`)
		a := r.client("tcp", "[::1]:8080")
		r.expect("+CIP:0,CONNECTED\r\n")
		_, port, _ := strings.Cut(a.LocalAddr().String(), "]:")
		r.do("AT+CIPSTATE?", "+CIPSTATUS:0,\"TCPv6\",\"::1\","+port+",8080,1\r\n\r\nOK\r\n")
		r.do("AT+CIPSERVER=0,1", "+CIP:0,DISCONNECTED\r\n\r\nOK\r\n")

		r.ok("AT+CIPSERVERMAXCONN=1", `AT+CIPSERVER=1,,"UDP"`)
		r.do("AT+CIPSERVER?", "+CIPSERVER:1,333,\"UDP\",0,0\r\n\r\nOK\r\n")
		b := r.client("udp", "127.67.0.2:333")
		io.WriteString(b, "hello")
		r.expect("+CIP:0,CONNECTED\r\n+IPD:0,5,hello\r\n")
		io.WriteString(b, "again")
		r.expect("+IPD:0,5,again\r\n")
		r.sendAll("AT+CIPSEND=0,2", "hi")
		if got := receive(t, b, 2); got != "hi" {
			t.Errorf("the sender receives %q", got)
		}
		c := r.client("udp", "127.67.0.2:333") // one too many
		io.WriteString(c, "lost")
		r.quiet(time.Second)
		r.do("AT+CIPCLOSE=0", "+CIP:0,DISCONNECTED\r\n\r\nOK\r\n")
		io.WriteString(b, "new")
		r.expect("+CIP:0,CONNECTED\r\n+IPD:0,3,new\r\n")
		r.do("AT+CIPSERVER=0", "+CIP:0,DISCONNECTED\r\n\r\nOK\r\n")
		r.ok("AT+CIPMUX=0")
	})
}

// A server outlives the association, its connections do not; a reset ends it.
func TestServerAndAssociation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		r.ok("AT+CIPMUX=1", "AT+CIPSERVER=1,80")
		early := r.client("tcp", serverAddress)
		if _, err := early.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("before the station is online a client reads %v", err)
		}
		r.join()
		a := r.client("tcp", serverAddress)
		r.expect("+CIP:0,CONNECTED\r\n")
		r.do("AT+CWQAP", "+CIP:0,DISCONNECTED\r\n+CW:DISCONNECTED\r\n+CW:ERROR,19\r\n\r\nOK\r\n")
		if _, err := a.Read(make([]byte, 1)); err == nil {
			t.Error("a connection outlives the association")
		}
		r.do("AT+CIPSERVER?", "+CIPSERVER:1,80,\"TCP\",0,0\r\n\r\nOK\r\n")
		r.do("AT+RST", "\r\nOK\r\n\r\nready\r\n")
		if _, err := r.net.Dial(t.Context(), "tcp", serverAddress); err == nil {
			t.Error("a server outlives a reset")
		}
	})
}

// A full buffer holds up every connection, and the peers at last (quirk block-all).
func TestFullBufferBlocksAll(t *testing.T) {
	for _, blocks := range []bool{true, false} {
		c := Config{Baud: Unpaced}
		if !blocks {
			c.Quirks = []string{"-block-all"}
		}
		synctest.Test(t, func(t *testing.T) {
			r := open(t, c)
			defer r.close()
			r.ok("AT+CIPRECVMODE=1")
			a := r.connect()
			defer a.Close()
			r.ok("AT+CIPSERVER=1,80")
			b := r.client("tcp", serverAddress)
			r.expect("+CIP:1,CONNECTED\r\n")
			io.WriteString(a, payload(2*4608))
			r.expect("+IPD:0,4608\r\n")
			time.Sleep(time.Second)
			io.WriteString(b, "hello")
			if blocks {
				r.quiet(time.Minute)
				r.do("AT+CIPRECVLEN?", "+CIPRECVLEN:4608,0,0,0,0,\r\n\r\nOK\r\n")
				r.do("AT+CIPRECVDATA=0,4608", "+CIPRECVDATA:4608,"+payload(4608)+"\r\n\r\nOK\r\n+IPD:0,4608\r\n+IPD:1,5\r\n")
			} else {
				r.expect("+IPD:1,5\r\n")
			}
			// The stack's window bounds what a peer can write.
			a.SetWriteDeadline(time.Now().Add(time.Minute))
			n, err := a.Write(make([]byte, 1<<20))
			if err == nil || n > 300_000 {
				t.Errorf("a peer of a module that does not read writes %d bytes, %v", n, err)
			}
			r.do("AT+CIPCLOSE=0", "+CIP:0,DISCONNECTED\r\n\r\nOK\r\n")
			io.WriteString(b, "more")
			r.expect("+IPD:1,4\r\n")
		})
	}
}

// What a passive connection has received outlives it, until the ID is used again
// (quirk closed-data).
func TestDataOfEndedConnections(t *testing.T) {
	for _, kept := range []bool{true, false} {
		c := Config{}
		if !kept {
			c.Quirks = []string{"-closed-data"}
		}
		synctest.Test(t, func(t *testing.T) {
			r := open(t, c)
			defer r.close()
			r.ok("AT+CIPRECVMODE=1")
			peer := r.connect()
			io.WriteString(peer, "last words")
			peer.Close()
			r.expect("+IPD:0,10\r\n+CIP:0,DISCONNECTED\r\n")
			if kept {
				r.do("AT+CIPRECVLEN?", "+CIPRECVLEN:10,0,0,0,0,\r\n\r\nOK\r\n")
				r.do("AT+CIPRECVDATA=0,5", "+CIPRECVDATA:5,last \r\n\r\nOK\r\n")
				r.do("AT+CIPRECVDATA=0,100", "+CIPRECVDATA:5,words\r\n\r\nOK\r\n")
			}
			r.do("AT+CIPRECVDATA=0,100", "+CIPRECVDATA:0,\r\n\r\nOK\r\n")
		})
	}
}

// The events of connections, in detail and switched off.
func TestConnectionEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		l, _ := r.net.Listen("tcp", "0.0.0.0:5001")
		defer l.Close()
		r.join()
		r.ok("AT+CIPMUX=1", "AT+SYSMSG=2")
		r.do(`AT+CIPSTARTEX="TCP","10.0.0.1",5001`, "+LINK_CONN:0,0,\"TCP\",0,\"10.0.0.1\",5001,49153\r\n\r\nOK\r\n")
		r.ok("AT+SYSMSG=0", "AT+CIPEVT=0")
		r.ok(`AT+CIPSTARTEX="TCP","10.0.0.2",5001,,,5000`)
		r.do("AT+CIPSTATE?", "+CIPSTATUS:0,\"TCP\",\"10.0.0.1\",5001,49153,0\r\n+CIPSTATUS:1,\"TCP\",\"10.0.0.2\",5001,49154,0\r\n\r\nOK\r\n")
		peer, _ := l.Accept()
		io.WriteString(peer, "bare")
		r.expect("bare\r\n")
		r.ok("AT+CIPCLOSE=0")
		r.do("AT+CIPCLOSE=0", "\r\nERROR\r\n")
	})
}

func TestClosedText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Quirks: []string{"closed-text"}})
		defer r.close()
		r.connect()
		r.do("AT+CIPCLOSE=0", "0,CLOSED\r\n\r\nOK\r\n")
		r.ok("AT+CIPMUX=0")
		l, _ := r.net.Listen("tcp", peerAddress)
		defer l.Close()
		r.do(`AT+CIPSTART="TCP","192.168.67.9",5001`, "+CIP:CONNECTED\r\n\r\nOK\r\n")
		r.do("AT+CIPCLOSE", "CLOSED\r\n\r\nOK\r\n")
	})
}

// IPv6 needs CIPV6=1, and five connections are the most.
func TestStartEx(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		l, _ := r.net.Listen("tcp", "[::]:5001")
		defer l.Close()
		r.join()
		r.ok("AT+SYSLOG=1", "AT+CIPMUX=1")
		r.do(`AT+CIPSTART=0,"TCPv6","2001:db8::1",5001`, "ERR CODE:0x01070000\r\n\r\nERROR\r\n")
		r.do(`AT+CIPSTART=0,"TCP","2001:db8::1",5001`, "ERR CODE:0x010a0000\r\n\r\nERROR\r\n")
		r.ok("AT+CIPV6=1")
		r.do(`AT+CIPSTARTEX="TCPv6","2001:db8::1",5001,60,"fe80::1"`, "+CIP:0,CONNECTED\r\n\r\nOK\r\n")
		r.do("AT+CIPSTATE?", "+CIPSTATUS:0,\"TCPv6\",\"2001:db8::1\",5001,49153,0\r\n\r\nOK\r\n")
		r.do("AT+CIPTCPOPT?", "+CIPTCPOPT:0,-1,0,0,60\r\n+CIPTCPOPT:1,-1,0,0,0\r\n+CIPTCPOPT:2,-1,0,0,0\r\n+CIPTCPOPT:3,-1,0,0,0\r\n+CIPTCPOPT:4,-1,0,0,0\r\n\r\nOK\r\n")
		for _, id := range []string{"1", "2", "3", "4"} {
			r.do(`AT+CIPSTARTEX="TCP","10.0.0.1",5001`, "+CIP:"+id+",CONNECTED\r\n\r\nOK\r\n")
		}
		r.do(`AT+CIPSTARTEX="TCP","10.0.0.1",5001`, "ERR CODE:0x01100000\r\n\r\nERROR\r\n")
		peer, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		r.ok("AT+CIPDINFO=1")
		io.WriteString(peer, "six")
		r.expect("+IPD:0,3,\"2001:db8::1\",5001,six\r\n")
		r.do("AT+CIPCLOSE=6", "ERR CODE:0x01140000\r\n\r\nERROR\r\n")
	})
}

func TestStartTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Baud: Unpaced})
		defer r.close()
		l, _ := r.net.Listen("tcp", "10.0.0.1:5001") // accepts nothing: its backlog fills
		for range 16 {
			c := r.client("tcp", "10.0.0.1:5001")
			defer c.Close()
		}
		defer l.Close()
		r.join()
		r.ok("AT+SYSLOG=1")
		for line, want := range map[string]time.Duration{
			`AT+CIPSTART="TCP","10.0.0.1",5001,,,3000`: 3 * time.Second, `AT+CIPSTART="TCP","10.0.0.1",5001`: 10 * time.Second,
		} {
			start := time.Now()
			r.do(line, "ERR CODE:0x010f0000\r\n\r\nERROR\r\n")
			check(t, line, time.Since(start), want+250*time.Microsecond)
		}
		r.do(`AT+CIPSTART="TCP","10.0.0.1",5001,,,20001`, "ERR CODE:0x01070000\r\n\r\nERROR\r\n")
	})
}

// Linger 0 throws away what is under way.
func TestLinger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Build: BuildSPI, RadioLatency: time.Second})
		defer r.close()
		peer := r.connect()
		r.ok("AT+CIPTCPOPT=0,0")
		r.sendAll("AT+CIPSEND=0,10", "0123456789")
		r.do("AT+CIPCLOSE=0", "+CIP:0,DISCONNECTED\r\n\r\nOK\r\n")
		if got, err := io.ReadAll(peer); len(got) > 0 || err != nil && !errors.Is(err, net.ErrClosed) {
			t.Errorf("the peer receives %q, %v", got, err)
		}
		r.ok("AT+CWAUTOCONN=0", "AT+CIPTCPOPT=5,65535,1", "AT+CIPTCPOPT=1,4294967295,,5000")
		r.do("AT+CIPTCPOPT=5,65536", "\r\nERROR\r\n")
		r.do("AT+CIPTCPOPT=6,1", "\r\nERROR\r\n")
		r.do("AT+RST", "\r\nOK\r\n\r\nready\r\n")
		r.do("AT+CIPTCPOPT?", "+CIPTCPOPT:0,-1,1,0,0\r\n\r\nOK\r\n") // kept, as AT+SYSSTORE is 1
	})
}
