package spislave

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Records of the pin-level protocol.
const (
	recordEnable   = 'E'
	recordCS       = 'C'
	recordReady    = 'R'
	recordTransfer = 'X'

	recordHead  = 3 // 'X' and the length
	maxTransfer = 1<<16 - 1
)

const (
	// writeLimit is how long a client may leave what it is sent unread.
	writeLimit = 10 * time.Second
	// farAway is how long one wait for RDY lasts at most.
	farAway = time.Hour
)

// Serve offers the pins on a listener by the pin-level protocol, to one client
// at a time; another one is disconnected at once. It closes the listener, and
// returns nil when ctx has ended, else what the listener failed with. Nothing
// else may drive the pins meanwhile.
func (s *Slave) Serve(ctx context.Context, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer func() {
		stop()
		l.Close()
	}()
	var busy sync.WaitGroup
	defer busy.Wait()
	free := make(chan struct{}, 1)
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			if err == nil {
				conn.Close()
			}
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case free <- struct{}{}:
			busy.Go(func() {
				_ = s.ServeConn(ctx, conn) // why a client has left is no error of the module
				<-free
			})
		default:
			conn.Close()
		}
	}
}

// ServeConn offers the pins to one client until it leaves, breaks the protocol
// or ctx ends; it closes conn and switches the module off. The error says why it
// ended.
func (s *Slave) ServeConn(ctx context.Context, conn io.ReadWriteCloser) error {
	c := &client{s: s, conn: conn, in: bufio.NewReaderSize(conn, recordHead+maxTransfer)}
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	err := c.reset(true)
	var busy sync.WaitGroup
	if err == nil {
		busy.Go(c.watch)
		err = c.read()
	}
	c.leave()
	busy.Wait()
	return errors.Join(err, c.reset(false))
}

// client is the host at the other end of a stream.
type client struct {
	s    *Slave
	conn io.ReadWriteCloser
	in   *bufio.Reader
	tx   [maxTransfer]byte
	rx   [recordHead + maxTransfer]byte

	writing sync.Mutex
}

// reset switches the module off and lowers CS. serving says whether RDY's edges
// are for this client from now on.
func (c *client) reset(serving bool) error {
	err := errors.Join(c.s.SetCS(false), c.s.SetEnable(false))
	c.s.mu.Lock()
	c.s.edges.n, c.s.edges.all = 0, serving
	c.s.interrupted = false
	c.s.mu.Unlock()
	if err != nil || !serving {
		return err
	}
	return c.write([]byte{recordReady, 0})
}

// leave ends the stream and the watch.
func (c *client) leave() {
	c.conn.Close()
	c.s.Interrupt()
}

// watch tells the client of RDY's edges until it leaves.
func (c *client) watch() {
	for {
		high, _, _, err := c.s.WaitEdge(c.s.o.Clock.Now().Add(farAway))
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			continue
		case err != nil: // also Interrupt, which only leave calls
			c.conn.Close()
			return
		}
		record := []byte{recordReady, 0}
		if high {
			record[1] = 1
		}
		if c.write(record) != nil {
			c.conn.Close()
			return
		}
	}
}

// write sends one record.
func (c *client) write(record []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if d, ok := c.conn.(interface{ SetWriteDeadline(time.Time) error }); ok {
		if err := d.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
			return err
		}
	}
	_, err := c.conn.Write(record)
	return err
}

// read carries out the client's records.
func (c *client) read() error {
	for {
		kind, err := c.in.ReadByte()
		if err != nil {
			return err
		}
		switch kind {
		case recordEnable:
			err = c.level(c.s.SetEnable)
		case recordCS:
			err = c.level(c.s.SetCS)
		case recordTransfer:
			err = c.transfer()
		default:
			err = fmt.Errorf("byte 0x%02x begins no record of the pin-level protocol; a host sends E, C and X", kind)
		}
		if err != nil {
			return err
		}
	}
}

func (c *client) level(set func(bool) error) error {
	b, err := c.in.ReadByte()
	if err != nil {
		return err
	}
	if b > 1 {
		return fmt.Errorf("0x%02x is no level of the pin-level protocol; 00 and 01 are", b)
	}
	return set(b == 1)
}

func (c *client) transfer() error {
	if _, err := io.ReadFull(c.in, c.rx[1:recordHead]); err != nil {
		return err
	}
	n := int(binary.LittleEndian.Uint16(c.rx[1:]))
	if n == 0 {
		return errors.New("a pin-level transfer has 1 to 65535 bytes, not 0")
	}
	if _, err := io.ReadFull(c.in, c.tx[:n]); err != nil {
		return err
	}
	c.rx[0] = recordTransfer
	if err := c.s.Transfer(c.tx[:n], c.rx[recordHead:recordHead+n]); err != nil {
		return err
	}
	return c.write(c.rx[:recordHead+n])
}
