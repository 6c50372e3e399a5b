package st67

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"st67bench/transport/at"
)

var peer = netip.MustParseAddrPort("192.168.1.10:5001")

func connect(t *testing.T, m *Module, link int) {
	t.Helper()
	if err := m.Connect(t.Context(), link, "tcp", peer); err != nil {
		t.Fatal(err)
	}
	if !m.LinkUp(link) {
		t.Fatalf("link %d is not up", link)
	}
}

func TestSend(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		connect(t, m, 3)
		payload := bytes.Repeat([]byte("\r\nOK\r\n+CIP:3,DISCONNECTED\r\nready\r\n>"), 40)
		r, err := m.Send(t.Context(), 3, payload, SendOptions{})
		if err != nil || string(r.Final) != "SEND OK" || r.Recv.IsZero() || r.Prompt.IsZero() {
			t.Fatalf("got %+v, %v", r, err)
		}
		if !bytes.Equal(f.payload, payload) {
			t.Error("the module got other bytes")
		}
		if err := m.CloseLink(t.Context(), 3); err != nil || m.LinkUp(3) {
			t.Errorf("close: %v", err)
		}
		got := f.lines()
		for _, want := range []string{`AT+CIPSTART=3,"TCP","192.168.1.10",5001`, "AT+CIPCLOSE=3"} {
			if !strings.Contains(strings.Join(got, "\n"), want) {
				t.Errorf("%s was not sent: %q", want, got)
			}
		}
	})
}

// TestSendIsRefused: what this firmware says to a length above 6144.
func TestSendIsRefused(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		connect(t, m, 0)
		f.set(func(f *fake) { f.answers["AT+CIPSEND=0,8192"] = "ERR CODE:0x01070000\r\n" + fail })
		_, err := m.Send(t.Context(), 0, make([]byte, 8192), SendOptions{})
		text, ok := Refusal(err)
		if !ok || text != "ERR CODE:0x01070000 value out of range" {
			t.Errorf("got %q, %v: %v", text, ok, err)
		}
		if DialogBroken(err) {
			t.Error("a refusal does not break the dialog")
		}
	})
}

func TestClosedLink(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		connect(t, m, 1)
		connect(t, m, 2)
		f.write("+CIP:1,DISCONNECTED\r\n")
		for m.LinkUp(1) {
			time.Sleep(time.Millisecond)
		}
		_, err := m.Send(t.Context(), 1, []byte("x"), SendOptions{})
		var link *LinkError
		if !errors.As(err, &link) || link.Link != 1 || !strings.Contains(err.Error(), "+CIP:1,DISCONNECTED") {
			t.Errorf("got %v", err)
		}
		if m.LastEvent() != "+CIP:1,DISCONNECTED" {
			t.Errorf("last event %q", m.LastEvent())
		}
		if _, err := m.Send(t.Context(), 2, []byte("x"), SendOptions{}); err != nil {
			t.Errorf("another link: %v", err)
		}
		connect(t, m, 1)
	})
}

// TestLinkClosedInMidSend: the event comes right behind the failure; the failure is no refusal of the length.
func TestLinkClosedInMidSend(t *testing.T) {
	for _, bad := range []string{"\r\nSEND FAIL\r\n", "ERR CODE:0x01120000\r\n" + fail} {
		opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
			connect(t, m, 0)
			f.set(func(f *fake) {
				f.data = func(int) string { f.later(time.Millisecond, "+CIP:0,DISCONNECTED\r\n"); return bad }
			})
			_, err := m.Send(t.Context(), 0, []byte("x"), SendOptions{})
			var link *LinkError
			if !errors.As(err, &link) || link.Err == nil {
				t.Errorf("%q: got %v", bad, err)
			}
			if _, refusal := Refusal(err); refusal {
				t.Errorf("%q was taken for a refusal", bad)
			}
		})
	}
}

// TestFailureAfterRecv: with UntilRecv the bad end comes after the send; the next one must not hide it.
func TestFailureAfterRecv(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		connect(t, m, 0)
		f.set(func(f *fake) { f.data = func(int) string { return "Recv 1 bytes\r\n\r\nSEND FAIL\r\n" } })
		if _, err := m.Send(t.Context(), 0, []byte("x"), SendOptions{UntilRecv: true}); err != nil {
			t.Fatal(err)
		}
		for m.LastEvent() != "SEND FAIL" {
			time.Sleep(time.Millisecond)
		}
		if _, err := m.Send(t.Context(), 0, []byte("x"), SendOptions{UntilRecv: true}); err == nil || !strings.Contains(err.Error(), "SEND FAIL") {
			t.Errorf("got %v", err)
		}
	})
}

// TestSilenceAfterThePrompt: the send ends within its limit, and the module is brought back before the next command.
func TestSilenceAfterThePrompt(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		connect(t, m, 0)
		f.set(func(f *fake) { f.on["AT+CIPSEND="] = func() { f.write(ok + "\r\n") } }) // no prompt
		begin := time.Now()
		_, err := m.Send(t.Context(), 0, []byte("x"), SendOptions{})
		var protocol *at.ProtocolError
		if !errors.As(err, &protocol) || !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > sendLimit+settleTime {
			t.Fatalf("after %v: %v", time.Since(begin), err)
		}
		if !DialogBroken(err) {
			t.Error("the dialog is broken")
		}
		if _, err := m.Conditions(t.Context()); err != nil {
			t.Errorf("next command: %v", err)
		}
	})
}

// TestCancelledSend: the caller's context ends a send; the module waits for the rest of the payload and gets filler.
func TestCancelledSend(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		connect(t, m, 0)
		f.set(func(f *fake) { f.data = func(int) string { return "" } }) // swallows the answer
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := m.Send(ctx, 0, []byte("x"), SendOptions{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		f.set(func(f *fake) { f.data = newFake(nil).data })
		if _, err := m.Send(t.Context(), 0, []byte("x"), SendOptions{}); err != nil {
			t.Errorf("next send: %v", err)
		}
	})
}

// TestRestartInMidSend: the error names it, it is counted, and a reset brings the module back.
func TestRestartInMidSend(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		connect(t, m, 0)
		f.set(func(f *fake) { f.data = func(int) string { return "\r\nready\r\n" } })
		_, err := m.Send(t.Context(), 0, []byte("x"), SendOptions{})
		if !errors.Is(err, at.ErrReset) || !DialogBroken(err) || m.UnaskedReady() != 1 || m.LinkUp(0) {
			t.Errorf("got %v, %d unasked", err, m.UnaskedReady())
		}
		if err := m.Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.set(func(f *fake) { f.data = newFake(nil).data })
		connect(t, m, 0)
		if _, err := m.Send(t.Context(), 0, []byte("x"), SendOptions{}); err != nil {
			t.Error(err)
		}
	})
}

func TestConnectFails(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		var link *LinkError
		f.set(func(f *fake) { f.on["AT+CIPSTART="] = func() { f.write("ERR CODE:0x010A0000\r\n" + fail) } })
		err := m.Connect(t.Context(), 0, "tcp", peer)
		if _, refusal := Refusal(err); !errors.As(err, &link) || refusal || !strings.Contains(err.Error(), peer.String()) {
			t.Errorf("got %v", err)
		}
		f.set(func(f *fake) { f.on["AT+CIPSTART="] = func() { f.write("ERR CODE:0x01070000\r\n" + fail) } })
		if _, refusal := Refusal(m.Connect(t.Context(), 0, "tcp", peer)); !refusal {
			t.Error("a parameter out of range is a refusal")
		}
		for _, wrong := range []error{m.Connect(t.Context(), 5, "tcp", peer), m.Connect(t.Context(), 0, "udp", peer)} {
			if wrong == nil {
				t.Error("no error")
			}
		}
	})
}

// TestConnectWithoutEvent: a firmware that prints no +CIP is believed its OK.
func TestConnectWithoutEvent(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		f.set(func(f *fake) { f.on["AT+CIPSTART="] = func() { f.write(ok) } })
		connect(t, m, 0)
	})
}

// TestEarlierEndIsNotThisOnes: the old connection's event is late and comes before the new one's.
func TestEarlierEndIsNotThisOnes(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		connect(t, m, 0)
		f.set(func(f *fake) {
			f.on["AT+CIPCLOSE="] = func() { f.write(ok) }
			f.on["AT+CIPSTART="] = func() { f.write("+CIP:0,DISCONNECTED\r\n+CIP:0,CONNECTED\r\n" + ok) }
		})
		if err := m.CloseLink(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		connect(t, m, 0)
		if _, err := m.Send(t.Context(), 0, []byte("x"), SendOptions{}); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseLinkThatIsClosed(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		f.set(func(f *fake) {
			f.on["AT+CIPCLOSE="] = func() { f.write(fail) }
			f.answers["AT+CIPSTATE?"] = "+CIPSTATUS:3,\"TCP\",\"192.168.1.10\",5001,49152,0\r\n" + ok
		})
		if err := m.CloseLink(t.Context(), 1); err != nil {
			t.Errorf("link 1 is closed: %v", err)
		}
		if err := m.CloseLink(t.Context(), 3); err == nil {
			t.Error("link 3 is still there")
		}
		if err := m.CloseLink(t.Context(), 5); err == nil {
			t.Error("not all links are closed")
		}
	})
}

// TestSendExchange: byte counts of manual 4.1.12's exchange with the lines that the firmware prints, counted by hand.
func TestSendExchange(t *testing.T) {
	to, from := SendExchange(0, 2920, "final", netip.AddrPort{})
	if !reflect.DeepEqual(to, []int{19, 2920}) || !reflect.DeepEqual(from, []int{9, 17, 11}) {
		t.Errorf("got %v, %v", to, from)
	}
	to, from = SendExchange(4, 64, "recv", netip.AddrPort{})
	if !reflect.DeepEqual(to, []int{17, 64}) || !reflect.DeepEqual(from, []int{9, 15}) {
		t.Errorf("got %v, %v", to, from)
	}
	// AT+CIPSEND=0,64,"10.0.0.1",5001 and CRLF.
	if to, _ = SendExchange(0, 64, "final", netip.MustParseAddrPort("10.0.0.1:5001")); to[0] != 33 {
		t.Errorf("a line with the remote end has %d bytes", to[0])
	}
}
