package emulator

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// What several connections receive goes to the host a piece of each in turn, and the answer to a command waits for no
// more than what the module had said before.
func TestLinksAndAnswersTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		peers := []net.Conn{r.connect()}
		for id := 1; id < 3; id++ {
			l, err := r.net.Listen("tcp", "10.0.0.1:6000")
			if err != nil {
				t.Fatal(err)
			}
			r.do(fmt.Sprintf(`AT+CIPSTART=%d,"TCP","10.0.0.1",6000`, id), fmt.Sprintf("+CIP:%d,CONNECTED\r\n\r\nOK\r\n", id))
			peer, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			l.Close()
			peers = append(peers, peer)
		}
		for _, peer := range peers {
			defer peer.Close()
			go io.Copy(peer, strings.NewReader(strings.Repeat("x", 4<<20)))
		}
		said := string(r.all(5 * time.Second))
		wrote := time.Now()
		io.WriteString(r, "AT\r\n")
		r.SetReadDeadline(wrote.Add(time.Second))
		for answer := ""; !strings.Contains(answer, "\r\nOK\r\n"); {
			buf := make([]byte, 256)
			n, err := r.Read(buf)
			if err != nil {
				t.Fatalf("no answer within a second: %v", err)
			}
			answer += string(buf[:n])
			said += string(buf[:n])
		}
		// 8 KiB wait for the line, and of each link a piece of 4608 B with its head that came before.
		if d := time.Since(wrote); d > (8<<10+3*4622+10)*5*time.Microsecond+time.Millisecond {
			t.Errorf("the answer came after %v", d)
		}
		var pieces [3]int
		for id := range pieces {
			pieces[id] = strings.Count(said, fmt.Sprintf("+IPD:%d,", id))
		}
		// At the start one of them may have a TCP window ahead, 8 pieces.
		if least, most := slices.Min(pieces[:]), slices.Max(pieces[:]); least < 50 || most-least > 9 {
			t.Errorf("pieces by link: %v", pieces)
		}
	})
}

// The mailbox of a connection keeps 32 datagrams that wait, however many were lost before.
func TestMailboxKeepsWhatItHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Baud: Unpaced})
		defer r.close()
		r.join()
		r.ok("AT+CIPMUX=1", "AT+CIPRECVMODE=1")
		peer := r.socket("10.0.0.1:7000")
		r.do(`AT+CIPSTART=0,"UDP","10.0.0.1",7000,5555`, "+CIP:0,CONNECTED\r\n\r\nOK\r\n")
		to := &net.UDPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 5555}
		burst := func() {
			for range 60 {
				peer.WriteTo(make([]byte, 1470), to)
			}
			time.Sleep(time.Second)
			r.all(time.Millisecond)
		}
		burst()
		io.WriteString(r, "AT+CIPRECVDATA=0,1470\r\n") // one goes, one of the mailbox comes to the front
		r.all(100 * time.Millisecond)
		burst()
		// Three in the buffer, one in the task's hand, 31 of the first burst and one of the second.
		if got := r.drain(0); got != 36*1470 {
			t.Errorf("%d datagrams are left, want 36", got/1470)
		}
	})
}
