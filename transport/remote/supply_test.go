package remote

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// A break begins and ends by SET-CONTROL 5 and 6 (RFC 2217, section 3), each once, whatever it is asked again.
func TestBreak(t *testing.T) {
	s := &stub{}
	c, err := connect(t, s, config)
	if err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, c) // takes the server's answers in
	for _, do := range []func() error{c.Unpower, c.Unpower, c.Repower, c.Repower} {
		if err := do(); err != nil {
			t.Error(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var controls []byte
	for _, content := range s.got {
		if content[1] == 5 && content[2] >= 5 && content[2] <= 6 {
			controls = append(controls, content[2])
		}
	}
	if !bytes.Equal(controls, []byte{5, 6}) {
		t.Errorf("the server got SET-CONTROL %v, want 5 and 6", controls)
	}
}

// A server without breaks keeps TX high, and that is told.
func TestBreakNotConfirmed(t *testing.T) {
	s := &stub{answer: func(command byte, value []byte) []byte {
		if command == 5 && value[0] >= 5 && value[0] <= 6 {
			return nil
		}
		return confirm(nil)(command, value)
	}}
	c, err := connect(t, s, config)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Unpower(); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "did not confirm a break") {
		t.Errorf("Unpower gives %v", err)
	}
	if err := c.Repower(); err != nil {
		t.Errorf("Repower gives %v", err)
	}
}
