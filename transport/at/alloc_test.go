package at

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"
)

// mirror answers every write with the next of its replies, round and round,
// without allocating.
type mirror struct {
	replies [][]byte
	next    int
	ready   chan []byte
	rest    []byte
}

func newMirror(replies ...string) *mirror {
	m := &mirror{ready: make(chan []byte, 1)}
	for _, r := range replies {
		m.replies = append(m.replies, []byte(r))
	}
	return m
}

func (m *mirror) Write(p []byte) (int, error) {
	m.ready <- m.replies[m.next]
	m.next = (m.next + 1) % len(m.replies)
	return len(p), nil
}

func (m *mirror) Read(p []byte) (int, error) {
	if len(m.rest) == 0 {
		var ok bool
		if m.rest, ok = <-m.ready; !ok {
			return 0, io.EOF
		}
	}
	n := copy(p, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

func (m *mirror) Close() error {
	close(m.ready)
	return nil
}

var headsSeen int

func countHeads([]byte, time.Time) { headsSeen++ }

// In the steady state nothing is allocated: per command, per send, per payload
// chunk, with and without a context that can be cancelled.
func TestNoAllocations(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ipd := "+IPD:0,4096," + string(bytes.Repeat([]byte{'>'}, 4096)) + "\r\n"
	data := "+CIPRECVDATA:4096," + string(bytes.Repeat([]byte{'>'}, 4096)) + "\r\n"
	payload := make([]byte, 6144)
	left := 0
	next := func() []byte {
		if left--; left < 0 {
			return nil
		}
		return payload
	}
	line, sendLine := []byte("AT"), []byte("AT+CIPSEND=0,6144")
	for _, c := range []struct {
		name    string
		replies []string
		do      func(s *Session) error
	}{
		{"command", []string{"+X:1\r\n\r\nOK\r\n"}, func(s *Session) error {
			_, err := s.Command(context.Background(), line)
			return err
		}},
		{"send", []string{"\r\nOK\r\n\r\n>", "Recv 6144 bytes\r\n\r\nSEND OK\r\n"}, func(s *Session) error {
			_, err := s.Send(ctx, sendLine, payload, SendOptions{})
			return err
		}},
		{"overlapping send", []string{"\r\nOK\r\n\r\n>", "Recv 6144 bytes\r\n\r\nSEND OK\r\n"}, func(s *Session) error {
			_, err := s.Send(ctx, sendLine, payload, SendOptions{UntilRecv: true})
			return err
		}},
		{"active receive", []string{ipd + "\r\nOK\r\n"}, func(s *Session) error {
			_, err := s.Command(ctx, line)
			return err
		}},
		{"active receive, with its heads", []string{ipd + "+IPD:3,9\r\n\r\nOK\r\n"}, func(s *Session) error {
			_, err := s.Command(ctx, line)
			return err
		}},
		{"send without Recv", []string{"\r\nOK\r\n\r\n>", "\r\nSEND OK\r\n"}, func(s *Session) error {
			_, err := s.Send(ctx, sendLine, payload, SendOptions{MayRecv: true})
			return err
		}},
		{"send in parts", []string{"\r\nOK\r\n\r\n>", "+IPD:3,1\r\n", "+IPD:3,2\r\n", "\r\nSEND OK\r\n"}, func(s *Session) error {
			left = 3
			_, err := s.SendParts(ctx, sendLine, next, SendOptions{})
			return err
		}},
		{"passive receive", []string{data + "\r\nOK\r\n"}, func(s *Session) error {
			_, err := s.Command(ctx, line)
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := New(newMirror(c.replies...), testGrammar())
			defer s.Close()
			s.Watch("+IPD:", countHeads)
			var got int
			s.SetSink(0, func(p []byte, _ time.Time) { got += len(p) })
			allocs := testing.AllocsPerRun(1000, func() {
				if err := c.do(s); err != nil {
					t.Fatal(err)
				}
			})
			if allocs != 0 {
				t.Errorf("%v allocations", allocs)
			}
		})
	}
}
