package emulator

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Random commands in any order with any parameters: each is answered, and nothing
// blocks, crashes or grows.
func TestBLEHostileHosts(t *testing.T) {
	if testing.Short() {
		t.Skip("20000 random commands take seconds")
	}
	synctest.Test(t, func(t *testing.T) {
		a, b := bleMeet(t, Config{Baud: Unpaced})
		defer a.close()
		defer b.close()
		var names []string
		for _, list := range bleInRole {
			for line := range strings.SplitSeq(list, "|") {
				names = append(names, strings.TrimRight(strings.SplitN(line, "=", 2)[0], "?"))
			}
		}
		names = append(names, "AT+BLEINIT", "AT+BLECONN", "AT+BLEGATTCSRVDIS", "AT+BLEGATTCCHARDIS", "AT+BLEGATTCRD", "AT+BLEADVSTART", "AT+BLESCAN")
		rng := rand.New(rand.NewPCG(1, 2))
		value := func() string {
			switch rng.IntN(6) {
			case 0:
				return `"` + []string{bleClient, bleServer}[rng.IntN(2)] + `"`
			case 1:
				return []string{`"2a19"`, `"` + bleService + `"`, `"020106"`, `""`, `"manuf"`}[rng.IntN(5)]
			case 2:
				return fmt.Sprint(rng.IntN(70000) - 1000)
			default:
				return fmt.Sprint(rng.IntN(5))
			}
		}
		for i := range 20000 {
			if i%200 == 0 {
				for _, line := range []string{"AT+BLEINIT=0", "AT+BLEINIT=3", "AT+BLEBASINIT", "AT+BLEADVSTART"} {
					a.answers(line)
					b.answers(line)
				}
				a.answers(`AT+BLECONN=1,"` + bleServer + `"`)
				a.answers("AT+BLEGATTCSRVDIS=1")
			}
			r := []*rig{a, b}[rng.IntN(2)]
			line := names[rng.IntN(len(names))]
			switch rng.IntN(4) {
			case 0:
				line += "?"
			case 1, 2:
				line += "=" + value()
				for range rng.IntN(6) {
					line += "," + value()
				}
			}
			if !r.answers(line) {
				t.Fatalf("no answer to %s", line)
			}
		}
		for _, r := range []*rig{a, b} {
			if !r.answers("AT+BLEINIT=0") || !r.answers("AT") {
				t.Error("the module is not there any more")
			}
		}
	})
}

// answers writes a line, feeds a data phase when there is one, and reads up to the
// final code.
func (h host) answers(line string) bool {
	h.t.Helper()
	if _, err := h.Write([]byte(line + "\r\n")); err != nil {
		h.t.Fatal(err)
	}
	var all []byte
	b := make([]byte, 4096)
	h.SetReadDeadline(time.Now().Add(2 * time.Minute))
	for {
		n, err := h.Read(b)
		all = append(all, b[:n]...)
		text := string(all)
		switch {
		case strings.HasSuffix(text, "\r\n>"):
			if _, err := h.Write(make([]byte, 512)); err != nil { // too much is dropped with busy p...
				h.t.Fatal(err)
			}
			all = nil
			time.Sleep(time.Second)
			h.Write([]byte("\r\n"))
		case strings.Contains(text, "\r\nERROR\r\n"), strings.Contains(text, "SEND OK\r\n"), strings.Contains(text, "SEND FAIL\r\n"):
			return true
		case strings.Contains(text, "\r\nOK\r\n"):
			return true
		case err != nil:
			return false
		}
	}
}

// A host that reads nothing holds up its own module alone, and its module's queue is
// bounded.
func TestBLEStalledHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := bleMeet(t, Config{})
		defer server.close()
		client.ok("AT+BLEINIT=1", "AT+BLESCAN=1")
		server.ok("AT+BLEINIT=2", "AT+BLEADVPARAM=32,32,0,7", "AT+BLEADVSTART")
		time.Sleep(time.Hour) // 180000 advertising events
		server.ok("AT", "AT+BLEADVSTOP")
		client.close()
	})
}

// A module that is switched off is missed after the supervision timeout: 5 s by default.
func TestBLESupervision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := bleMeet(t, Config{})
		defer client.close()
		client.ok("AT+BLEINIT=1")
		server.ok("AT+BLEINIT=2")
		bleDial(client, server)
		server.close()
		start := time.Now()
		client.expect(`+BLE:DISCONNECTED:0,"` + bleServer + `",0` + "\r\n")
		if d := time.Since(start).Round(time.Millisecond); d < 5*time.Second || d > 5*time.Second+5*time.Millisecond {
			t.Errorf("it was missed after %v, want 5 s", d)
		}
	})
}

// What a notification brings arrives on the grid of connection events: 30 ms at first,
// 7.5 ms after BLECONNPARAM.
func TestBLEConnectionEvents(t *testing.T) {
	inEther(t, Config{Baud: Unpaced, CommandLatency: None}, func(client, server *rig) {
		bleServe(server)
		bleDial(client, server)
		bleDiscover(client)
		client.ok("AT+BLEGATTCSUBSCRIBE=0,15,14,1")
		server.expect("+BLE:NOTIFICATION:1,0,0\r\n")
		grid := func(interval time.Duration) {
			t.Helper()
			var first time.Time
			for i := range 20 {
				server.bleSend("AT+BLEGATTSNTFY=0,0,1", bleOK+"\r\n>", "x", bleAccepted("1"))
				client.expect("+BLE:NOTIDATA:0,14,1,x\r\n")
				now := time.Now()
				if i == 0 {
					first = now
				}
				if off := now.Sub(first) % interval; off != 0 {
					t.Errorf("notification %d is %v off the grid of %v", i, off, interval)
				}
				time.Sleep(time.Duration(i) * 1234567)
			}
		}
		grid(30 * time.Millisecond)
		client.ok("AT+BLECONNPARAM=0,6,6,0,100")
		client.expect("+BLE:CONNPARAM:0,6,6,6,0,100\r\n")
		server.expect("+BLE:CONNPARAM:0,24,24,6,0,100\r\n")
		grid(7500 * time.Microsecond)
	})
}

// More than 16 packets do not wait for one connection event; 20 bytes are the most of
// one before the MTU is exchanged.
func TestBLEFullQueue(t *testing.T) {
	inEther(t, Config{Baud: Unpaced}, func(client, server *rig) {
		bleServe(server)
		bleDial(client, server)
		bleDiscover(client)
		client.ok("AT+BLEGATTCSUBSCRIBE=0,15,14,1", "AT+BLECONNPARAM=0,3200,3200,0,3200")
		server.expect("+BLE:NOTIFICATION:1,0,0\r\n")
		client.expect("+BLE:CONNPARAM:0,3200,3200,3200,0,3200\r\n")
		server.expect("+BLE:CONNPARAM:0,24,24,3200,0,3200\r\n")
		server.bleSend("AT+BLEGATTSNTFY=0,0,21", bleOK+"\r\n>", payload(21), "Recv 21 bytes\r\n\r\nSEND FAIL\r\n")
		for range 16 {
			server.bleSend("AT+BLEGATTSNTFY=0,0,1", bleOK+"\r\n>", "x", bleAccepted("1"))
		}
		server.bleSend("AT+BLEGATTSNTFY=0,0,1", bleOK+"\r\n>", "x", "Recv 1 bytes\r\n\r\nSEND FAIL\r\n")
		client.expect(strings.Repeat("+BLE:NOTIDATA:0,14,1,x\r\n", 16))
	})
}

// Two connections at a time: a module is client of one and server of the other.
func TestBLEBothRoles(t *testing.T) {
	inEther(t, Config{}, func(client, server *rig) {
		third := open(t, Config{Ether: client.m.config.Ether, Unit: 3})
		defer third.close()
		third.ok("AT+BLEINIT=1")
		server.ok("AT+BLEINIT=0", "AT+BLEINIT=3")
		bleDial(client, server)
		server.ok("AT+BLEADVSTART")
		third.do(`AT+BLECONN=1,"`+bleServer+`"`, `+BLE:CONNECTED:1,"`+bleServer+`",0`+"\r\n"+bleOK)
		server.expect(`+BLE:CONNECTED:1,"02:67:57:61:10:03",1` + "\r\n")
		server.do("AT+BLECONN?", `+BLECONN:0,"`+bleClient+`",1`+"\r\n"+`+BLECONN:1,"02:67:57:61:10:03",1`+"\r\n"+bleOK)
		third.ok(`AT+BLECONN=0,"` + bleServer + `"`) // there is a connection already
		third.ok("AT+BLEINIT=0")
		server.expect(`+BLE:DISCONNECTED:1,"02:67:57:61:10:03",1` + "\r\n")
	})
}

// An older driver of ST waits for OK before the prompt; a newer one sends a second CRLF
// and the connection behind it.
func TestBLEDriverIndication(t *testing.T) {
	inEther(t, Config{Profile: "t01-2.0.75"}, func(_, server *rig) {
		server.bleSend("AT+BLEGATTSIND=0,0,2", bleOK+"\r\n>", "hi", "Recv 2 bytes\r\n\r\nSEND FAIL\r\n")
		server.do("AT+BLESECPARAM?", "+BLESECPARAM:3\r\n"+bleOK)
	})
	inEther(t, Config{}, func(_, server *rig) {
		server.bleSend("AT+BLEGATTSIND=0,0,2\r\n,0", "\r\nbusy p...\r\n\r\n>", "hi", "Recv 2 bytes\r\n\r\nSEND FAIL\r\n")
	})
}

// The same in real time, where the air's timers are late and its instants are not.
func TestBLERealTime(t *testing.T) {
	client, server := bleMeet(t, Config{Boot: None})
	defer client.close()
	defer server.close()
	client.ok("AT+BLEINIT=1")
	server.ok("AT+BLEINIT=2")
	bleServe(server)
	server.ok("AT+BLEADVPARAM=32,32,0,7")
	bleDial(client, server)
	bleDiscover(client)
	server.bleSend("AT+BLEGATTSRD=0,0,4", "\r\n>", "1234", bleAccepted("4"))
	client.do("AT+BLEGATTCRD=0,3,1", "+BLE:GATTREAD:0,3,1,4,1234\r\n"+bleOK)
	client.ok("AT+BLEGATTCSUBSCRIBE=0,15,14,1")
	server.expect("+BLE:NOTIFICATION:1,0,0\r\n")
	for range 3 {
		server.bleSend("AT+BLEGATTSNTFY=0,0,1", bleOK+"\r\n>", "x", bleAccepted("1"))
		client.expect("+BLE:NOTIDATA:0,14,1,x\r\n")
	}
	server.ok("AT+BLEDISCONN=0")
	server.expect("+BLE:NOTIFICATION:0,0,0\r\n" + `+BLE:DISCONNECTED:0,"` + bleClient + `",1` + "\r\n")
	client.expect(`+BLE:DISCONNECTED:0,"` + bleServer + `",0` + "\r\n")
}

// Over SPI, where one message waits at a time: a host that does not clock holds up its
// own module alone, and power off and on begins anew in the same air.
func TestBLEOverSPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ether := NewEther()
		w := openSPI(t, Config{Ether: ether})
		defer w.m.Close()
		server := open(t, Config{Ether: ether, Unit: 2})
		defer server.close()
		server.ok("AT+BLEINIT=2", "AT+BLEADVPARAM=32,32,0,7", `AT+BLEADVDATA="020106"`, "AT+BLEADVSTART")
		w.do("AT+BLEINIT=1", bleOK)
		w.do("AT+BLESCAN=1", bleOK)
		time.Sleep(time.Minute)
		server.ok("AT")
		for range 250 { // what the queue holds is whole; the rest was lost
			w.expect(`+BLE:SCAN:"` + bleServer + `",-50,020106,,0` + "\r\n" + `+BLE:SCAN:"` + bleServer + `",-50,,,0` + "\r\n")
		}
		w.enable(false)
		w.stream.Reset()
		w.enable(true)
		w.expect("\r\nready\r\n")
		w.do("AT+BLEINIT=1", bleOK)
		w.do(`AT+BLECONN=0,"`+bleServer+`"`, `+BLE:CONNECTED:0,"`+bleServer+`",0`+"\r\n"+bleOK)
		server.expect(`+BLE:CONNECTED:0,"` + bleClient + `",1` + "\r\n")
	})
}
