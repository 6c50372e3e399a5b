package remote

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"st67bench/transport/emulator/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stub is an RFC 2217 server written for the tests, a byte at a time and with
// none of the client's code. Its zero value is a good server.
type stub struct {
	greeting []byte                                  // sent first
	refuse   byte                                    // an option that it refuses, if it is not 0 or refuses is set
	refuses  bool                                    // refuse is meant
	silent   bool                                    // negotiates nothing
	answer   func(command byte, value []byte) []byte // nil function: what was asked; nil answer: none

	conn  net.Conn
	mu    sync.Mutex // one writer at a time
	read  *io.PipeReader
	bytes *io.PipeWriter
	got   [][]byte // commands seen
	done  chan struct{}
}

// serve plays the server on conn until it is closed.
func (s *stub) serve(conn net.Conn) *stub {
	s.conn, s.done = conn, make(chan struct{})
	s.read, s.bytes = io.Pipe()
	go func() {
		defer close(s.done)
		defer s.bytes.Close()
		s.send(s.greeting)
		in := bufio.NewReader(conn)
		for s.next(in) == nil {
		}
	}()
	return s
}

func (s *stub) send(b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.conn.Write(b)
	return err
}

// next handles one byte of data or one command.
func (s *stub) next(in *bufio.Reader) error {
	b, err := in.ReadByte()
	if err != nil {
		return err
	}
	if b != 255 {
		return s.data(b, in)
	}
	verb, err := in.ReadByte()
	if err != nil {
		return err
	}
	switch verb {
	case 255:
		_, err = s.bytes.Write([]byte{255})
		return err
	case 250:
		return s.command(in)
	}
	option, err := in.ReadByte()
	if err != nil || s.silent {
		return err
	}
	agree := option == 0 || option == 3 || option == 44
	if s.refuses && option == s.refuse {
		agree = false
	}
	answer := map[byte][2]byte{251: {254, 253}, 253: {252, 251}}[verb]
	if answer[0] == 0 {
		return nil
	}
	return s.send([]byte{255, answer[map[bool]int{false: 0, true: 1}[agree]], option})
}

// data passes on b and what has come right behind it.
func (s *stub) data(b byte, in *bufio.Reader) error {
	ahead, _ := in.Peek(in.Buffered())
	if i := bytes.IndexByte(ahead, 255); i >= 0 {
		ahead = ahead[:i]
	}
	_, err := s.bytes.Write(append([]byte{b}, ahead...))
	in.Discard(len(ahead))
	return err
}

// command reads a subnegotiation to its end and answers it.
func (s *stub) command(in *bufio.Reader) error {
	var content []byte
	for {
		b, err := in.ReadByte()
		if err != nil {
			return err
		}
		if b == 255 {
			if b, err = in.ReadByte(); err != nil {
				return err
			}
			if b == 240 {
				break
			}
		}
		content = append(content, b)
	}
	s.got = append(s.got, content)
	if content[0] != 44 || s.silent {
		return nil
	}
	value := content[2:]
	if s.answer != nil {
		if value = s.answer(content[1], value); value == nil {
			return nil
		}
	}
	return s.say(content[1]+100, value...)
}

// say sends one command of COM-PORT-OPTION.
func (s *stub) say(command byte, value ...byte) error {
	return s.send(append(append([]byte{255, 250, 44, command}, bytes.ReplaceAll(value, []byte{255}, []byte{255, 255})...), 255, 240))
}

// Read gives what came over the line.
func (s *stub) Read(p []byte) (int, error) { return s.read.Read(p) }

// Write sends over the line.
func (s *stub) Write(p []byte) (int, error) {
	return len(p), s.send(bytes.ReplaceAll(p, []byte{255}, []byte{255, 255}))
}

// Close ends the server.
func (s *stub) Close() error {
	s.conn.Close()
	s.read.Close()
	<-s.done
	return nil
}

// asked is how often a command came.
func (s *stub) asked(command byte) (n int) {
	for _, c := range s.got {
		if c[1] == command {
			n++
		}
	}
	return n
}

// config is what most tests ask for.
var config = Config{Scheme: RFC2217, Target: "host:2217", Baud: 2_000_000, Flow: FlowNone}

// connect opens a link to the stub over a connection in memory.
func connect(t *testing.T, s *stub, c Config) (*Conn, error) {
	t.Helper()
	near, far := memnet.Pipe("server", 0)
	s.serve(far)
	t.Cleanup(func() { s.Close() })
	conn, err := wrap(near, c)
	if err == nil {
		t.Cleanup(func() { conn.Close() })
	}
	return conn, err
}

// rate is the value of SET-BAUDRATE.
func rate(baud uint32) []byte { return binary.BigEndian.AppendUint32(nil, baud) }
