package emulator

import (
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// A module that was told so goes into passthrough when it is switched on, and is
// connected as soon as it has joined by itself.
func TestPassthroughAfterPowerUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		l, err := r.net.Listen("tcp", peerAddress)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		r.join()
		r.ok("AT+CWAUTOCONN=1", "AT+SYSMSG=5", `AT+SAVETRANSLINK=1,"192.168.67.9",5001,"TCP"`)
		r.do("AT+RST", "\r\nOK\r\n\r\nready\r\n")
		peer, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer peer.Close()
		r.expect("+CW:CONNECTING\r\n\r\n>+CW:CONNECTED\r\n+CW:GOTIP\r\n+CIP:CONNECTED\r\n")
		io.WriteString(r, "hello")
		if got := receive(t, peer, 5); got != "hello" {
			t.Errorf("the peer received %q", got)
		}
		io.WriteString(peer, "+CW:world")
		r.expect("+CW:world")
		io.WriteString(r, "+++")
		r.expect("\r\n+QUITT\r\n")
		time.Sleep(time.Second)
		r.ok("AT", "AT+SAVETRANSLINK=0")
		r.do("AT+CIPSTATE?", "+CIPSTATUS:0,\"TCP\",\"192.168.67.9\",5001,49153,0\r\n\r\nOK\r\n")
	})
}

// The commands of the data modes on the builds and links of the module.
func TestLongSendOnEachBuild(t *testing.T) {
	for _, build := range []string{BuildUART, BuildSPI} {
		synctest.Test(t, func(t *testing.T) {
			r := open(t, Config{Build: build})
			defer r.close()
			peer := r.connect()
			defer peer.Close()
			r.do("AT+CIPSENDL=0,5000", "\r\nOK\r\n\r\n>")
			io.WriteString(r, payload(5000))
			r.expect("+CIPSENDL:2048,2920\r\n+CIPSENDL:4096,5000\r\n\r\nSEND OK\r\n")
			if got := receive(t, peer, 5000); got != payload(5000) {
				t.Error("the peer received other bytes than were sent")
			}
			r.do(`AT+CIPSENDEX=0,10`, prompt)
			io.WriteString(r, `a\\0\0`)
			r.expect(taken(3))
			if got := receive(t, peer, 3); got != `a\0` {
				t.Errorf("the peer received %q", got)
			}
		})
	}
}
