package emulator

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/memnet"
)

// console is a host's view of a module, over whichever link.
type console interface {
	do(line, want string)
	send(parts ...string)
	expect(want string)
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
	t      *testing.T
	net    *memnet.Network
	manual bool // the module does what the manual says
}

// says is what a release says, or what the manual has.
func (d driver) says(release, manual string) string {
	if d.manual {
		return manual
	}
	return release
}

// In every profile and over both links a host's driver starts the module, joins,
// resolves, connects, sends, receives, closes, sleeps and leaves.
func TestDriverLife(t *testing.T) {
	for _, profile := range Profiles() {
		t.Run(profile+"/uart", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := open(t, Config{Profile: profile})
				defer r.close()
				driver{r, t, r.net, profile == "manual"}.life()
			})
		})
		t.Run(profile+"/spi", func(t *testing.T) {
			inBubble(t, Config{Profile: profile}, func(w *wires) {
				driver{w, t, w.net, profile == "manual"}.life()
			})
		})
	}
}

func (d driver) life() {
	d.initialise()
	d.join()
	peer := d.connect()
	defer peer.Close()
	d.upload(peer)
	d.download(peer)
	d.do("AT+CIPCLOSE=0", d.says("+CIP:0,DISCONNECTED\r\n", "0,CLOSED\r\n")+"\r\nOK\r\n")
	d.sleep()
	d.do("AT+CWQAP", d.says("+CW:DISCONNECTED\r\n+CW:ERROR,19\r\n\r\nOK\r\n", "\r\nOK\r\n+CW:DISCONNECTED\r\n+CW:ERROR,19\r\n"))
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
	d.do("AT+VBAT?", "+VBAT:3326\r\n\r\nOK\r\n")
	for range 20 {
		d.do(`AT+EFUSE-R=4,"0x0",1`, "+EFUSE-R:4,\x00\x00\x00\x00\r\n\r\nOK\r\n")
	}
	d.ok("AT+SLWKIO=28,0", "AT+PWR=0", "AT+CWMODE=1,0", "AT+CWAUTOCONN=0", `AT+CWCOUNTRY=0,"00"`, "AT+SLWKDTIM=1",
		"AT+CIPV6=0", "AT+CIPMUX=1", "AT+CIPRECVMODE=1", "AT+CIPDINFO=1", "AT+CWDHCP=0,3", "AT+CWDHCP=1,1",
		`AT+CWHOSTNAME="ST67W61_WiFi"`, `AT+CIPAP="192.168.8.1","255.255.255.0"`)
	for id := range 5 {
		d.do(fmt.Sprintf("AT+CIPRECVBUF=%d,9216", id), d.says("", "+CIPRECVBUF\r\n")+"\r\nOK\r\n")
		d.do(fmt.Sprintf("AT+CIPRECVBUF=%d?", id), "+CIPRECVBUF:9216\r\n\r\nOK\r\n")
	}
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
	d.do(`AT+CIPDOMAIN="192.168.67.9"`, "+CIPDOMAIN:\"192.168.67.9\"\r\n\r\nOK\r\n")
	d.do("AT+CIPTCPOPT=0,4294967295,0,0,0", d.says("\r\nOK\r\n", "\r\nERROR\r\n"))
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
