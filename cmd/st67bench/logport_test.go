package main

import (
	"slices"
	"strings"
	"testing"
)

// Lines come whole however they were written, to everybody who watches, and to nobody who has stopped.
func TestLogPort(t *testing.T) {
	l := &logPort{}
	var first, second []string
	stop := l.watch(func(s string) { first = append(first, s) })
	l.watch(func(s string) { second = append(second, s) })
	for _, piece := range []string{"rssi: -48", "dB\r\n[ ID]\n", "", "half", " a line\nrest"} {
		if n, err := l.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatal(n, err)
		}
	}
	stop()
	_, _ = l.Write([]byte(strings.Repeat("x", 2*logLine) + "\n"))
	if want := []string{"rssi: -48dB", "[ ID]", "half a line"}; !slices.Equal(first, want) || !slices.Equal(second[:3], want) {
		t.Errorf("lines %q and %q, want %q", first, second, want)
	}
	if len(second) != 4 || len(second[3]) != logLine {
		t.Errorf("a long line has %d bytes", len(second[3]))
	}
}
