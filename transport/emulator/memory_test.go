package emulator

import (
	"fmt"
	"testing"
	"testing/synctest"
)

// A connection takes heap while it is open, and with the fault `leak` some of it
// for good.
func TestHeapOfConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Faults: []string{"leak:100"}})
		defer r.close()
		free := func() (heap, stack int) {
			r.ask("AT+SYSRAM?", "+SYSRAM:%d,%d\r\n\r\nOK\r\n", &heap, &stack)
			return heap, stack
		}
		heap, stack := free()
		keepReading(r.connect())
		if h, s := free(); h >= heap-4608 || s >= stack {
			t.Errorf("with a connection %d and %d B are free, before %d and %d", h, s, heap, stack)
		}
		r.do("AT+CIPCLOSE=0", "+CIP:0,DISCONNECTED\r\n\r\nOK\r\n")
		if h, s := free(); h != heap-100 || s != stack {
			t.Errorf("after it %d and %d B are free, want %d and %d", h, s, heap-100, stack)
		}
		r.do("AT+RST", "\r\nOK\r\n\r\nready\r\n+CW:CONNECTING\r\n+CW:CONNECTED\r\n+CW:GOTIP\r\n")
		if h, _ := free(); h != heap {
			t.Errorf("after a restart %d B are free, want %d", h, heap)
		}
	})
}

// ask writes a line and scans its answer.
func (r *rig) ask(line, format string, to ...any) {
	r.t.Helper()
	if _, err := fmt.Fprintf(r, "%s\r\n", line); err != nil {
		r.t.Fatal(err)
	}
	if _, err := fmt.Fscanf(r, format, to...); err != nil {
		r.t.Fatalf("%s: %v", line, err)
	}
}
