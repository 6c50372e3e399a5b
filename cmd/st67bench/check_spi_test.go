package main

import (
	"io"
	"net"
	"path/filepath"
	"testing"
)

func TestCheckSPI(t *testing.T) {
	code, all := findings(t, "emulated?link=spi&speed=20MHz")
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	want(t, all, ok, "clock", "20 MHz asked")
	want(t, all, ok, "module", "2.0.106")
}

// What is wrong with the link is said as the wire or the image to look at.
func TestCheckSPIFaults(t *testing.T) {
	t.Parallel()
	for fault, says := range map[string]string{
		"old-magic@1/1": "load the T01 image",
		"lost-bit@1/1":  "first bit",
	} {
		code, all := findings(t, "emulated?link=spi&fault="+fault)
		if code != exitError {
			t.Errorf("%s: exit %d, want 1", fault, code)
		}
		want(t, all, wrong, "spi", says, "docs/spi.md")
	}
}

// A module that is held in reset never raises RDY.
func TestCheckSPISilent(t *testing.T) {
	t.Parallel() // it mostly waits
	path := filepath.Join(t.TempDir(), "pins")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Skip("no unix sockets here:", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = conn.Write([]byte{'R', 0})
		_, _ = io.Copy(io.Discard, conn)
	}()
	defer func() {
		_ = l.Close()
		<-done
	}()
	code, all := findings(t, "spi:unix:"+path)
	if code != exitError {
		t.Errorf("exit %d, want 1", code)
	}
	want(t, all, wrong, "spi", "RDY never rises")
}
