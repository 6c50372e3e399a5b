package emulator

import "testing"

// Releases before 2.0.106 send what the last frame of a data phase has too much
// (quirk send-excess).
func TestExcessOfTheLastFrame(t *testing.T) {
	inBubble(t, Config{Profile: "t01-2.0.97"}, func(w *wires) {
		received := w.connect()
		w.do("AT+CIPSEND=0,5", "\r\nOK\r\n\r\n>")
		w.send("hel", "lo and more")
		w.expect("Recv 14 bytes\r\n\r\nSEND OK\r\n")
		if got := received(14); got != "hello and more" {
			t.Errorf("the peer receives %q", got)
		}
		w.do("AT", "\r\nOK\r\n")
	})
}
