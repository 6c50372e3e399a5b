package emulator

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestActiveReceive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		peer := r.connect()
		defer peer.Close()
		data := payload(1000)
		start := time.Now()
		io.WriteString(peer, data)
		r.expect("+IPD:0,1000," + data + "\r\n")
		// One way of the radio, its air time, and 12 + 1000 + 2 bytes on the line.
		check(t, "+IPD", time.Since(start), time.Millisecond+400*time.Microsecond+1014*5*time.Microsecond)
		r.ok("AT+CIPDINFO=1")
		io.WriteString(peer, "x")
		r.expect("+IPD:0,1,\"192.168.67.9\",5001,x\r\n")
		peer.Close()
		r.expect("+CIP:0,DISCONNECTED\r\n")
		r.do("AT+CIPSEND=0,5", "\r\nERROR\r\n")
	})
}

func TestPassiveReceive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		r.ok("AT+CIPRECVMODE=1", "AT+CIPDINFO=1", "AT+CIPMUX=1", "AT+CIPRECVBUF=0,100")
		peer := r.connect()
		io.WriteString(peer, payload(250))
		r.expect("+IPD:0,100,\"192.168.67.9\",5001\r\n")
		r.do("AT+CIPRECVLEN?", "+CIPRECVLEN:100,0,0,0,0,\r\n\r\nOK\r\n")
		// The next piece of 100 comes when all of it fits.
		r.do("AT+CIPRECVDATA=0,60", "+CIPRECVDATA:60,"+payload(60)+"\r\n\r\nOK\r\n")
		r.quiet(time.Second)
		r.do("AT+CIPRECVDATA=0,101", "\r\nERROR\r\n")
		r.do("AT+CIPRECVDATA=0,100", "+CIPRECVDATA:40,"+payload(100)[60:]+"\r\n\r\nOK\r\n+IPD:0,100,\"192.168.67.9\",5001\r\n")
		r.do("AT+CIPRECVDATA=0,100", "+CIPRECVDATA:100,"+payload(200)[100:]+"\r\n\r\nOK\r\n+IPD:0,50,\"192.168.67.9\",5001\r\n")
		r.do("AT+CIPRECVDATA=0,100", "+CIPRECVDATA:50,"+payload(250)[200:]+"\r\n\r\nOK\r\n")
		r.do("AT+CIPRECVDATA=0,100", "+CIPRECVDATA:0,\r\n\r\nOK\r\n")
		r.do("AT+CIPRECVBUF=0,200", "\r\nERROR\r\n")
		r.do("AT+CIPRECVMODE=0", "\r\nERROR\r\n")
		peer.Close()
		r.expect("+CIP:0,DISCONNECTED\r\n")
		r.ok("AT+CIPRECVMODE=0")
	})
}

func TestPassiveReceiveAsTheManualHasIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Quirks: []string{"ipd-total", "buf-bare", "-data-limit", "-len-comma", "-bare-dinfo"}})
		defer r.close()
		r.ok("AT+CIPRECVMODE=1", "AT+CIPMUX=1")
		r.do("AT+CIPRECVBUF=0,1000", "+CIPRECVBUF\r\n\r\nOK\r\n")
		r.do("AT+CIPDINFO?", "+CIPDINFO:false\r\n\r\nOK\r\n")
		peer := r.connect()
		defer peer.Close()
		io.WriteString(peer, "12345")
		r.expect("+IPD:0,5\r\n")
		io.WriteString(peer, "678")
		r.quiet(time.Second) // until the host has read
		r.do("AT+CIPRECVLEN?", "+CIPRECVLEN:8,0,0,0,0\r\n\r\nOK\r\n")
		r.do("AT+CIPRECVDATA=0,6", "+CIPRECVDATA:6,123456\r\n\r\nOK\r\n+IPD:0,2\r\n")
		r.do("AT+CIPRECVDATA=0,1", "+CIPRECVDATA:1,7\r\n\r\nOK\r\n")
		io.WriteString(peer, "9")
		r.expect("+IPD:0,2\r\n")
		r.do("AT+CIPRECVDATA=0,2147483647", "+CIPRECVDATA:2,89\r\n\r\nOK\r\n")
	})
}

// Bulk receive runs at the rate of its bottleneck: first the line, then the radio.
func TestReceiveRate(t *testing.T) {
	for name, c := range map[string]struct {
		Config
		rate float64 // payload bit/s
	}{
		"line":  {Config{}, 1.6e6},
		"radio": {Config{Baud: Unpaced}, 20e6},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := open(t, c.Config)
				defer r.close()
				peer := r.connect()
				defer peer.Close()
				const total = 200 * 4608
				go io.Copy(peer, strings.NewReader(payload(total)))
				start := time.Now()
				got := readIPD(r, total)
				if got != payload(total) {
					t.Error("other bytes arrived than were sent")
				}
				rate := total * 8 / time.Since(start).Seconds()
				if rate < 0.97*c.rate || rate > c.rate {
					t.Errorf("%.3f Mbit/s, want just below %.1f", rate/1e6, c.rate/1e6)
				}
			})
		})
	}
}

// readIPD gathers total bytes of active-mode +IPD of link 0.
func readIPD(r *rig, total int) string {
	r.t.Helper()
	var all strings.Builder
	one := make([]byte, 1)
	for all.Len() < total {
		r.expect("+IPD:0,")
		n := 0
		for io.ReadFull(r, one); one[0] != ','; io.ReadFull(r, one) {
			n = 10*n + int(one[0]-'0')
		}
		data := make([]byte, n)
		if _, err := io.ReadFull(r, data); err != nil {
			r.t.Fatal(err)
		}
		all.Write(data)
		r.expect("\r\n")
	}
	return all.String()
}

// A peer that does not read holds CIPSEND off; CIPTCPOPT bounds that.
func TestPeerThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		peer := r.connect()
		defer peer.Close()
		r.ok("AT+CIPTCPOPT=0,,,5000")
		for i := range 100 {
			r.do("AT+CIPSEND=0,6000", prompt)
			start := time.Now()
			io.WriteString(r, payload(6000))
			answer := make([]byte, 13)
			io.ReadFull(r, answer)
			if string(answer) == "\r\nSEND FAIL\r\n" {
				check(t, "SEND FAIL", time.Since(start), 6000*5*time.Microsecond+5*time.Second+13*5*time.Microsecond)
				if i < 15 {
					t.Errorf("the %dth send failed although 48 segments fit", i)
				}
				return
			}
			r.expect(taken(6000)[13:])
		}
		t.Error("no send failed")
	})
}

func TestFiveLinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		r.connect()
		l, _ := r.net.Listen("tcp", "0.0.0.0:6000")
		defer l.Close()
		for id := 1; id < 5; id++ {
			r.do(fmt.Sprintf(`AT+CIPSTART=%d,"TCP","10.0.0.%d",6000,60,,5000`, id, id),
				fmt.Sprintf("+CIP:%d,CONNECTED\r\n\r\nOK\r\n", id))
		}
		r.do(`AT+CIPSTART=4,"TCP","10.0.0.9",6000`, "\r\nERROR\r\n")
		r.do(`AT+CIPSTART=5,"TCP","10.0.0.9",6000`, "\r\nERROR\r\n")
		r.do(`AT+CIPSTART=4,"UDP","10.0.0.9",6000`, "\r\nERROR\r\n")
		r.do("AT+CIPCLOSE=3", "+CIP:3,DISCONNECTED\r\n\r\nOK\r\n")
		r.do(`AT+CIPSTART=3,"TCP","10.0.0.9",6001`, "\r\nERROR\r\n") // nobody listens
		r.do("AT+CIPCLOSE=5", "+CIP:0,DISCONNECTED\r\n+CIP:1,DISCONNECTED\r\n+CIP:2,DISCONNECTED\r\n"+
			"+CIP:4,DISCONNECTED\r\n\r\nOK\r\n")
		r.do(`AT+CIPSTART=0,"TCP","10.0.0.1",6000`, "+CIP:0,CONNECTED\r\n\r\nOK\r\n")
		r.do("AT+CWQAP", "+CIP:0,DISCONNECTED\r\n+CW:DISCONNECTED\r\n+CW:ERROR,19\r\n\r\nOK\r\n")
	})
}
