package transporttest

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"
)

// both sends data from one end to the other and then back, half duplex.
func both(t *testing.T, p Pair, data []byte, write, read func() int) {
	t.Helper()
	for _, way := range []struct {
		name string
		w    io.Writer
		r    io.Reader
	}{{"toward the module", p.Conn, p.Far}, {"from the module", p.Far, p.Conn}} {
		sent, got := send(way.w, data, write), receive(way.r, data, read)
		succeed(t, "reading "+way.name, got)
		succeed(t, "writing "+way.name, sent)
	}
}

// order sends numbered messages of lengths that fit no buffer.
func order(t *testing.T, p Pair) {
	var data []byte
	for i := range 1000 {
		data = fmt.Appendf(data, "message %d %s\r\n", i, bytes.Repeat([]byte{'a' + byte(i%26)}, i*7%97))
	}
	both(t, p, data, upTo(100), each(4096))
}

// transparency sends a sequence in which any two byte values are
// neighbours, so that no escape, flow-control or line-end character is special.
func transparency(t *testing.T, p Pair) {
	both(t, p, neighbours(), each(1000), each(4096))
}

// neighbours alternates each value with all the others: a 0 a 1 a 2 and so on has
// every pair that begins or ends with a.
func neighbours() []byte {
	var walk []byte
	for a := range 256 {
		for b := range 256 {
			walk = append(walk, byte(a), byte(b))
		}
	}
	return walk
}

// fullDuplex writes while a Read waits, and then keeps both directions busy at
// once: a link whose one direction waits for the other stops here.
func fullDuplex(t *testing.T, p Pair) {
	command, answer := []byte("AT\r\n"), []byte("\r\nOK\r\n")
	answered := receive(p.Conn, answer, each(len(answer)))
	pending(t, "a Read", answered)
	written := send(p.Conn, command, each(len(command)))
	succeed(t, "reading what was written while a Read waited", receive(p.Far, command, each(len(command))))
	succeed(t, "writing while a Read waits", written)
	written = send(p.Far, answer, each(len(answer)))
	succeed(t, "the Read that waited", answered)
	succeed(t, "writing the answer", written)

	const size = 4 << 20
	up, down := noise(1, size), noise(2, size)
	upSent, downSent := send(p.Conn, up, upTo(8192)), send(p.Far, down, upTo(8192))
	upGot, downGot := receive(p.Far, up, upTo(8192)), receive(p.Conn, down, upTo(8192))
	end := time.After(6 * patience) // slow links and the race detector
	for what, c := range map[string]<-chan error{"writing toward the module": upSent, "writing from the module": downSent,
		"reading toward the module": upGot, "reading from the module": downGot} {
		select {
		case err := <-c:
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
		case <-end:
			t.Fatalf("%s: 4 MiB did not pass within %v", what, 6*patience)
		}
	}
}

// splitReads reads what came in one piece in many.
func splitReads(t *testing.T, p Pair) {
	data := noise(3, 3000)
	for _, size := range []func() int{each(1), upTo(7)} {
		sent := send(p.Far, data, each(len(data)))
		succeed(t, "reading in small pieces", receive(p.Conn, data, size))
		succeed(t, "writing", sent)
	}
}

// mergedReads asks for more than there is.
func mergedReads(t *testing.T, p Pair) {
	buf := make([]byte, 64<<10)
	for i := range 20 {
		sent := send(p.Far, []byte{byte(i)}, each(1))
		succeed(t, "a Read of more than there is", start(func() error {
			n, err := p.Conn.Read(buf)
			if err == nil && (n != 1 || buf[0] != byte(i)) {
				err = fmt.Errorf("read % x, sent was %02x", buf[:n], i)
			}
			return err
		}))
		succeed(t, "writing one byte", sent)
	}
	data := noise(4, 2000)
	sent := send(p.Far, data, each(1))
	succeed(t, "reading what came in single bytes", receive(p.Conn, data, each(len(buf))))
	succeed(t, "writing single bytes", sent)
}

// wholeWrites writes more than a link buffers to a far end that takes its time.
// What was written is the caller's again when Write returns.
func wholeWrites(t *testing.T, p Pair) {
	data := noise(5, 1<<20)
	sent := start(func() error {
		buf := bytes.Clone(data)
		half := len(buf) / 2
		for from := range 2 {
			piece := buf[from*half : (from+1)*half]
			n, err := p.Conn.Write(piece)
			if n != half || err != nil {
				return fmt.Errorf("the Write took %d of %d bytes, error %v", n, half, err)
			}
			if !bytes.Equal(piece, data[from*half:(from+1)*half]) {
				return fmt.Errorf("the Write changed the bytes that it was given")
			}
			clear(piece)
		}
		return nil
	})
	reads := 0
	slow := func() int {
		if reads++; reads%16 == 0 {
			time.Sleep(time.Millisecond)
		}
		return 4096
	}
	succeed(t, "a slow far end", receive(p.Far, data, slow))
	succeed(t, "writing", sent)
}
