package inet_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"st67bench/transport/emulator/core"
)

// reports are what CIPSENDL says of n bytes in blocks of 2920, with the report
// size 1024: after each block the highest multiple.
func reports(n int) string {
	var b strings.Builder
	said := 0
	for sent := 0; sent < n; {
		sent = min(sent+2920, n)
		if sent-said >= 1024 {
			said = sent / 1024 * 1024
			fmt.Fprintf(&b, "+CIPSENDL:%d,%d\r\n", said, sent)
		}
	}
	return b.String()
}

// The slower of line and radio governs. On the line a byte takes 5 µs. The radio
// begins when the first block is there, and then takes each byte's air time.
func TestLongSendMeetsTheClosedForm(t *testing.T) {
	for _, rate := range []float64{20e6, 400e3} {
		for _, n := range []int{1, 2919, 2920, 8192, 200_000} {
			t.Run(fmt.Sprintf("%g/%d", rate, n), func(t *testing.T) {
				with(t, setup{radio: rate}, func(t *testing.T, m *module) {
					peer := m.connect()
					m.quiet(time.Second)
					data := payload(n)
					m.do(fmt.Sprintf("AT+CIPSENDL=%d", n), okay+prompt)
					start := time.Now()
					go m.write(data)
					arrived := receiving(t, peer, data)
					m.expect(reports(n) + "\r\nSEND OK\r\n")
					end := time.Duration(n) * byteTime
					byteAir := time.Duration(8e9 / rate)
					want := end + time.Duration((n-1)%2920+1)*byteAir + air
					if rate < 2e6*8/10 {
						want = time.Duration(min(n, 2920))*byteTime + time.Duration(n)*byteAir + air
					}
					same(t, "arrival", arrived().Sub(start), want)
				})
			})
		}
	}
}

// SEND OK comes when the stack has the last block: on a fast radio at its last
// byte, plus the time of what is said.
func TestLongSendsFinalCode(t *testing.T) {
	with(t, setup{}, func(t *testing.T, m *module) {
		peer := m.connect()
		arrived := receiving(t, peer, payload(5000))
		m.quiet(time.Second)
		m.do("AT+CIPSENDL=5000", okay+prompt)
		start := time.Now()
		m.write(payload(5000))
		m.expect("+CIPSENDL:2048,2920\r\n")
		same(t, "the first report", time.Since(start), (2920+21)*byteTime)
		m.expect("+CIPSENDL:4096,5000\r\n\r\nSEND OK\r\n")
		same(t, "SEND OK", time.Since(start), (5000+21+11)*byteTime)
		arrived()
	})
}

// The manual's module reports every multiple, and at last the total.
func TestLongSendReportsAsTheManualSays(t *testing.T) {
	with(t, setup{Quirks: core.ManualQuirks()}, func(t *testing.T, m *module) {
		peer := m.connect()
		arrived := receiving(t, peer, payload(350))
		m.do("AT+CIPSENDLCFG?", "+CIPSENDLCFG:1024,2920\r\n"+okay)
		m.do("AT+CIPSENDLCFG=100", okay)
		m.do("AT+CIPSENDLCFG=1048576,100", okay)
		m.do("AT+CIPSENDLCFG=1048577,100", failed)
		m.do("AT+CIPSENDLCFG=100,2921", failed)
		m.do("AT+CIPSENDLCFG=100,200", okay)
		m.do("AT+CIPSENDL=350", okay+prompt)
		m.write(payload(350))
		m.expect("+CIPSENDL:100,200\r\n+CIPSENDL:200,200\r\n+CIPSENDL:300,350\r\n+CIPSENDL:350,350\r\n\r\nSEND OK\r\n")
		arrived()
	})
}

func TestLongSendsConfiguration(t *testing.T) {
	with(t, setup{}, func(t *testing.T, m *module) {
		for _, line := range []string{"AT+CIPSENDLCFG=100", "AT+CIPSENDLCFG=65536,100", "AT+CIPSENDLCFG=99,100", "AT+CIPSENDLCFG=100,99", "AT+CIPSENDLCFG=100,2921", "AT+CIPSENDLCFG=100,200,300"} {
			m.do(line, failed)
		}
		m.do("AT+CIPSENDLCFG=65535,100", okay)
		m.do("AT+CIPSENDLCFG?", "+CIPSENDLCFG:65535,100\r\n"+okay)
		for _, line := range []string{"AT+CIPSENDL=10", "AT+CIPSENDL", "AT+CIPSENDL=0", "AT+CIPSENDL=2147483648"} {
			m.do(line, failed)
		}
	})
}

// A block that is not full is sent when the host has been silent for 20 ms.
func TestPartialBlockWaits(t *testing.T) {
	with(t, setup{}, func(t *testing.T, m *module) {
		peer := m.connect()
		m.quiet(time.Second)
		m.do("AT+CIPSENDL=1000", okay+prompt)
		start := time.Now()
		m.write(payload(100))
		time.Sleep(19*time.Millisecond + 100*byteTime)
		m.write("more")
		got, at := receive(t, peer, 104)
		if got != payload(100)+"more" {
			t.Errorf("the peer received %q", got)
		}
		same(t, "arrival", at.Sub(start), 19*time.Millisecond+104*byteTime+20*time.Millisecond+104*airByte+air)
	})
}

func TestLongSendIsCancelled(t *testing.T) {
	with(t, setup{}, func(t *testing.T, m *module) {
		peer := m.connect()
		m.quiet(time.Second)
		m.do("AT+CIPSENDL=2147483647", okay+prompt)
		m.write("hello")
		time.Sleep(21 * time.Millisecond)
		start := time.Now()
		m.write("+++")
		m.expect("\r\nSEND CANCELLED\r\n")
		same(t, "SEND CANCELLED", time.Since(start), 3*byteTime+20*time.Millisecond+18*byteTime)
		if got, _ := receive(t, peer, 5); got != "hello" {
			t.Errorf("the peer received %q", got)
		}
		m.do("AT+CIPSENDLCFG?", "+CIPSENDLCFG:1024,2920\r\n"+okay)
		nothing(t, peer, time.Second)
	})
}

// The data mode outlives its connection.
func TestLongSendAfterDisconnect(t *testing.T) {
	with(t, setup{}, func(t *testing.T, m *module) {
		peer := m.connect()
		m.do("AT+CIPSENDL=4000", okay+prompt)
		m.write(payload(2920))
		m.expect("+CIPSENDL:2048,2920\r\n")
		receive(t, peer, 2920)
		peer.Close()
		m.expect("+CIP:DISCONNECTED\r\n")
		m.write(payload(1080))
		m.expect("+CIPSENDL:2920,4000\r\n\r\nSEND FAIL\r\n")
	})
}

// A peer that does not read holds the host off, and nothing is lost.
func TestLongSendHoldsTheHostOff(t *testing.T) {
	with(t, setup{}, func(t *testing.T, m *module) {
		const n = 1_000_000
		peer := m.connect()
		m.do("AT+CIPSENDL=1000000", okay+prompt)
		wrote := make(chan time.Time, 1)
		go func() { m.write(payload(n)); wrote <- time.Now() }()
		time.Sleep(time.Minute)
		select {
		case <-wrote:
			t.Error("the host could write everything though the peer does not read")
		default:
		}
		arrived := receiving(t, peer, payload(n))
		m.expect(reports(n) + "\r\nSEND OK\r\n")
		arrived()
	})
}

// SO_SNDTIMEO ends the wait for a peer that does not read.
func TestLongSendTimesOut(t *testing.T) {
	with(t, setup{}, func(t *testing.T, m *module) {
		m.connect()
		m.do("AT+CIPTCPOPT=,,500", okay)
		m.do("AT+CIPSENDL=300000", okay+prompt)
		go m.write(payload(300000))
		var said strings.Builder
		p := make([]byte, 4096)
		for !strings.Contains(said.String(), "SEND ") {
			n, err := m.Read(p)
			if err != nil {
				t.Fatal(err)
			}
			said.Write(p[:n])
		}
		if !strings.HasSuffix(said.String(), ",300000\r\n\r\nSEND FAIL\r\n") {
			t.Errorf("the module said %q", said.String())
		}
	})
}

func TestFaultsOfLongSends(t *testing.T) {
	list := []string{"drop:3000@1", "send-fail@2", "silence@3", "close@4", "reboot:2000@5"}
	with(t, setup{faults: list}, func(t *testing.T, m *module) {
		peer := m.connect()
		send := func(want string) {
			t.Helper()
			m.do("AT+CIPSENDL=4000", okay+prompt)
			m.write(payload(4000))
			m.expect(want)
		}
		send(reports(4000) + "\r\nSEND OK\r\n")
		if got, _ := receive(t, peer, 3999); got != payload(4000)[:3000]+payload(4000)[3001:] {
			t.Error("the fault `drop` did not drop byte 3000 alone")
		}
		send("\r\nSEND FAIL\r\n")
		send("")
		m.quiet(time.Second)
		send("+CIPSENDL:2048,2920\r\n+CIP:DISCONNECTED\r\n+CIPSENDL:2920,4000\r\n\r\nSEND FAIL\r\n")
		m.connect()
		send("\r\nready\r\n")
	})
}

// With CIPMUX=1 the connection has an ID, and an unsolicited line may come between
// OK and prompt.
func TestLongSendOfALink(t *testing.T) {
	with(t, setup{faults: []string{"urc:line"}}, func(t *testing.T, m *module) {
		l := m.listen()
		defer l.Close()
		m.do("AT+CIPMUX=1", okay)
		m.do(`AT+CIPSTART=3,"TCP","10.0.0.9",5001`, "+CIP:3,CONNECTED\r\n"+okay)
		peer := m.accept(l)
		for _, line := range []string{"AT+CIPSENDL=3", "AT+CIPSENDL=2,9", "AT+CIPSENDL=5,9"} {
			m.do(line, failed)
		}
		m.do("AT+CIPSENDL=3,5", okay+"+CW:SCAN_DONE\r\n"+prompt)
		m.write("hello")
		m.expect("\r\nSEND OK\r\n")
		if got, _ := receive(t, peer, 5); got != "hello" {
			t.Errorf("the peer received %q", got)
		}
	})
}

// Over SPI each frame is a read: +++ is one of its own, whatever the pauses.
func TestLongSendOverFrames(t *testing.T) {
	with(t, setup{frames: true}, func(t *testing.T, m *module) {
		peer := m.connect()
		m.do("AT+CIPSENDL=100000", okay+prompt)
		for _, frame := range []string{payload(6000), "a+++", "+++"} {
			m.write(frame)
			time.Sleep(time.Millisecond)
		}
		m.expect("+CIPSENDL:2048,2920\r\n+CIPSENDL:5120,5840\r\n\r\nSEND CANCELLED\r\n")
		if got, _ := receive(t, peer, 6004); got != payload(6000)+"a+++" {
			t.Error("the peer received other bytes than were sent")
		}
		m.do("AT+CIPSENDL=100", okay+prompt)
		m.write(payload(101))
		m.expect("\r\nSEND OK\r\n")
		if got, _ := receive(t, peer, 100); got != payload(100) {
			t.Error("the peer received other bytes than were sent")
		}
		nothing(t, peer, time.Second)
	})
}
