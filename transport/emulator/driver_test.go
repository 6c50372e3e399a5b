package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/core"
	"st67bench/transport/emulator/memnet"
)

// console is a host's view of a module, over whichever link.
type console interface {
	do(line, want string)
	send(parts ...string)
	expect(want string)
	until(end string) string
}

// until reads what the module says up to a text.
func (h host) until(end string) string {
	h.t.Helper()
	h.SetReadDeadline(time.Now().Add(patience))
	var got []byte
	for b := make([]byte, 1); !strings.HasSuffix(string(got), end); got = append(got, b[0]) {
		if _, err := h.Read(b); err != nil {
			h.t.Fatalf("the module said %q (%v), want %q at last", got, err, end)
		}
	}
	return string(got)
}

func (w *wires) until(end string) string {
	w.t.Helper()
	for {
		if i := strings.Index(w.stream.String(), end); i >= 0 {
			return string(w.stream.Next(i + len(end)))
		}
		if !w.await(true, patience) {
			w.t.Fatalf("the module said %q, want %q at last", w.stream.String(), end)
		}
		w.exchange("")
	}
}

func (h host) send(parts ...string) {
	h.t.Helper()
	for _, p := range parts {
		if _, err := io.WriteString(h, p); err != nil {
			h.t.Fatal(err)
		}
	}
}

// driver is a host that sends what ST's driver sends, in its order.
type driver struct {
	console
	t       *testing.T
	net     *memnet.Network
	profile Profile
}

func (d driver) manual() bool { return d.profile.Name == "manual" }

// says is what a release says, or what the manual has.
func (d driver) says(release, manual string) string {
	if d.manual() {
		return manual
	}
	return release
}

// In every profile and over both links a host's driver starts the module, joins,
// resolves, connects, sends, receives, closes, sleeps and leaves.
func TestDriverLife(t *testing.T) {
	for _, name := range Profiles() {
		profile, err := LoadProfile(name)
		if err != nil {
			t.Fatal(err)
		}
		c := Config{Profile: name, Lookup: peerName}
		t.Run(name+"/uart", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := open(t, c)
				defer r.close()
				driver{r, t, r.net, profile}.life()
			})
		})
		t.Run(name+"/spi", func(t *testing.T) {
			inBubble(t, c, func(w *wires) { driver{w, t, w.net, profile}.life() })
		})
	}
}

// peerName is a resolver that knows the peer.
func peerName(_ context.Context, _, host string) ([]netip.Addr, error) {
	if host != "peer.example" {
		return nil, errors.New("no such host")
	}
	return []netip.Addr{netip.MustParseAddr("192.168.67.9")}, nil
}

func (d driver) life() {
	d.initialise()
	d.join()
	peer := d.connect()
	defer peer.Close()
	d.ping()
	d.upload(peer)
	d.download(peer)
	d.do("AT+CIPCLOSE=0", d.says("+CIP:0,DISCONNECTED\r\n", "0,CLOSED\r\n")+"\r\nOK\r\n")
	d.sleep()
	d.do("AT+CWQAP", d.says("+CW:DISCONNECTED\r\n+CW:ERROR,19\r\n\r\nOK\r\n", "\r\nOK\r\n+CW:DISCONNECTED\r\n+CW:ERROR,19\r\n"))
	d.send("AT+PWR=1,0\r\n") // of its DeInit, which switches CHIP_EN off then
	d.expect(d.says("", "\r\nOK\r\n"))
}

func (d driver) ok(lines ...string) {
	d.t.Helper()
	for _, l := range lines {
		d.do(l, "\r\nOK\r\n")
	}
}

func (d driver) initialise() {
	d.ok("AT")
	d.do("AT+CWNETMODE?", "+CWNETMODE:1\r\n\r\nOK\r\n")
	d.do("AT+GET_CLOCK", "+GET_CLOCK:1\r\n\r\nOK\r\n")
	d.version()
	d.do("AT+VBAT?", "+VBAT:3326\r\n\r\nOK\r\n")
	for i := range 20 {
		d.do(fmt.Sprintf(`AT+EFUSE-R=4,"0x%x",1`, 0x80+4*i), "+EFUSE-R:4,\x00\x00\x00\x00\r\n\r\nOK\r\n")
	}
	d.ok("AT+SLWKIO=28,0", "AT+PWR=0", "AT+CWMODE=1,0", "AT+CWAUTOCONN=0", `AT+CWCOUNTRY=0,"00"`, "AT+SLWKDTIM=1",
		"AT+CIPV6=0", "AT+CIPMUX=1", "AT+CIPRECVMODE=1", "AT+CIPDINFO=1", "AT+CWDHCP=0,3", "AT+CWDHCP=1,1",
		`AT+CWHOSTNAME="ST67W61_WiFi"`, `AT+CIPAP="192.168.8.1","255.255.255.0"`)
	for id := range 5 {
		d.do(fmt.Sprintf("AT+CIPRECVBUF=%d,9216", id), d.says("", "+CIPRECVBUF\r\n")+"\r\nOK\r\n")
		d.do(fmt.Sprintf("AT+CIPRECVBUF=%d?", id), "+CIPRECVBUF:9216\r\n\r\nOK\r\n")
	}
}

// version finds the lines that the driver reads.
func (d driver) version() {
	d.send("AT+GMR\r\n")
	text := d.until("\r\n\r\nOK\r\n")
	for _, line := range []string{`AT version:\d+\.\d+\.\d+\.\d+\(.*\)`, `component_version_macsw_\S+`, `lib_version_btblecontroller_\S+`,
		`component_version_btble_\S+`, "component_version_sdk_" + regexp.QuoteMeta(d.profile.Version.String())} {
		if !regexp.MustCompile(`(?m)^` + line + `\r$`).MatchString(text) {
			d.t.Errorf("AT+GMR says %q, without a line %s", text, line)
		}
	}
}

// ping ends its line twice, as the driver does, and from 2.0.97 on with the time-out
// after the first end.
func (d driver) ping() {
	tail := "\r\n"
	if d.profile.Version >= core.V2_0_97 {
		tail = ",1000\r\n"
	}
	d.send("AT+PING=\"192.168.67.9\",64,1,200\r\n" + tail)
	d.expect("\r\nbusy p...\r\n" + d.says("\r\nOK\r\n+PING:2ms\r\n", "+PING:2\r\n\r\nOK\r\n"))
}

// join has the one command between its OK and its events that ST's driver sends.
func (d driver) join() {
	d.do(`AT+CWJAP="st67bench","emulated-air",,0`, "+CW:CONNECTING\r\n\r\nOK\r\n")
	d.do("AT+CWRECONNCFG=0,0", "\r\nOK\r\n")
	d.expect("+CW:CONNECTED\r\n+CW:GOTIP\r\n")
	d.do("AT+CWJAP?", "+CWJAP:\"st67bench\",\"02:67:00:00:00:01\",6,-48,0\r\n\r\nOK\r\n")
	d.do("AT+CIPSTA?", "+CIPSTA:ip:\"127.67.0.2\"\r\n+CIPSTA:gateway:\"127.0.0.1\"\r\n+CIPSTA:netmask:\"255.0.0.0\"\r\n\r\nOK\r\n")
}

func (d driver) connect() net.Conn {
	l, err := d.net.Listen("tcp", peerAddress)
	if err != nil {
		d.t.Fatal(err)
	}
	defer l.Close()
	d.do(`AT+CIPDOMAIN="peer.example"`, "+CIPDOMAIN:\"192.168.67.9\"\r\n\r\nOK\r\n")
	for _, linger := range []uint64{65535, 4294967295} { // -1, as newlib and Linux print it
		d.do(fmt.Sprintf("AT+CIPTCPOPT=0,%d,0,0,0", linger), d.says("\r\nOK\r\n", "\r\nERROR\r\n"))
	}
	d.do(`AT+CIPSTART=0,"TCP","192.168.67.9",5001,0,,5000`, "+CIP:0,CONNECTED\r\n\r\nOK\r\n")
	peer, err := l.Accept()
	if err != nil {
		d.t.Fatal(err)
	}
	return peer
}

func (d driver) upload(peer net.Conn) {
	for _, n := range []int{1, 1520, 6000} {
		d.do(fmt.Sprintf("AT+CIPSEND=0,%d", n), "\r\nOK\r\n\r\n>")
		d.send(payload(n))
		d.expect(d.says(fmt.Sprintf("Recv %d bytes\r\n", n), "") + "\r\nSEND OK\r\n")
		if receive(d.t, peer, n) != payload(n) {
			d.t.Error("the peer received something else")
		}
	}
}

// download reads as ST's driver does: some time after the notice, in pieces.
func (d driver) download(peer net.Conn) {
	const piece = 1456
	text := payload(3000)
	if _, err := io.WriteString(peer, text); err != nil {
		d.t.Fatal(err)
	}
	d.expect("+IPD:0,3000,\"192.168.67.9\",5001\r\n")
	time.Sleep(3 * time.Millisecond)
	for len(text) > 0 {
		n := min(piece, len(text))
		d.do(fmt.Sprintf("AT+CIPRECVDATA=0,%d", piece), fmt.Sprintf("+CIPRECVDATA:%d,%s\r\n\r\nOK\r\n", n, text[:n]))
		text = text[n:]
	}
	d.do("AT+CIPRECVLEN?", "+CIPRECVLEN:0,0,0,0,0,\r\n\r\nOK\r\n")
}

func (d driver) sleep() {
	d.ok("AT+PWR=2", "AT+SLWKDTIM=3")
	time.Sleep(time.Minute)
	d.ok("AT")
	d.do("AT+CWJAP?", strings.ReplaceAll("+CWJAP:'st67bench','02:67:00:00:00:01',6,-48,0\r\n\r\nOK\r\n", "'", `"`))
	d.ok("AT+PWR=0")
}
