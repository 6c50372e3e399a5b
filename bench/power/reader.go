package power

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

const (
	// readerSize is 5 s at the 400 kB/s of the fastest instrument here: longer than a disk stalls.
	readerSize = 2 << 20
	// readerPiece bounds one read, so that the instants lie close together.
	readerPiece = 16 << 10
	// readerReads is how many reads are told apart: those of readerSize that come in USB packets of 64 bytes.
	readerReads = readerSize / 64
	// emptyReads in a row, without an error, are taken for a line that is gone.
	emptyReads = 100
)

// reader takes the bytes from a line on a goroutine of its own, which does nothing else, into a buffer that is
// allocated once. Whoever decodes them may be seconds late. When it is later than that, bytes are dropped until half of
// the buffer is free again, one long loss and not a thousand short ones, and the chunk after them says how many.
type reader struct {
	line Line
	done chan struct{} // closed when the goroutine has ended
	more chan struct{} // told when there is something to take

	mu      sync.Mutex
	closing bool
	err     error  // why reading ended
	bytes   []byte // a ring: position p is at p%len
	reads   []read // a ring as well
	head    int64  // position after the last byte that was read
	taken   int64  // position after the last byte that was handed out
	tail    int64  // position of the first byte that is still in use
	first   int64  // number of the oldest read that was not taken
	last    int64  // number after the newest one
	full    bool   // bytes are being dropped
	lost    int    // dropped since the newest read
}

// read is what one read of the line brought.
type read struct {
	end  int64     // position after its last byte
	time time.Time // when it returned
	lost int       // bytes that were dropped right before it
}

// chunk is a run of bytes as they came.
type chunk struct {
	data []byte    // valid until the next one is asked for
	time time.Time // when the host had read the last of them, with its monotonic reading
	lost int       // bytes that came right before these and were dropped, since nobody took them in time
}

// newReader begins to read the line. From then on until close nobody else may read it.
func newReader(line Line) *reader { return newReaderSize(line, readerSize, readerReads) }

func newReaderSize(line Line, size, reads int) *reader {
	r := &reader{
		line: line, done: make(chan struct{}), more: make(chan struct{}, 1),
		bytes: make([]byte, size), reads: make([]read, reads),
	}
	if r.err = line.SetReadDeadline(time.Time{}); r.err != nil {
		close(r.done)
		return r
	}
	go r.run()
	return r
}

// next gives the bytes that were read, and waits for some when there are none: then its error is that of ctx, or that of
// the line. After a loss that the line's end followed, a chunk without bytes tells it.
func (r *reader) next(ctx context.Context) (chunk, error) {
	for {
		if c, err := r.take(); err != nil || c.data != nil {
			return c, err
		}
		select {
		case <-r.more:
		case <-r.done:
			// What the last read brought is taken before its error is told.
			if c, err := r.take(); err != nil || c.data != nil {
				return c, err
			}
			return chunk{}, os.ErrClosed
		case <-ctx.Done():
			// Both may have come while this process was held up.
			if c, err := r.take(); err != nil || c.data != nil {
				return c, err
			}
			return chunk{}, ctx.Err()
		}
	}
}

// close ends reading and gives the line back, without a deadline. What was not taken is gone.
func (r *reader) close() {
	r.mu.Lock()
	r.closing = true
	r.mu.Unlock()
	r.line.SetReadDeadline(time.Unix(1, 0))
	<-r.done
	r.line.SetReadDeadline(time.Time{})
}

// take gives back the bytes of the chunk before, and takes the next one, if there is one.
func (r *reader) take() (chunk, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tail = r.taken
	if r.first == r.last {
		return chunk{}, r.err
	}
	next := r.reads[r.first%int64(len(r.reads))]
	r.first++
	r.taken = next.end
	i := r.tail % int64(len(r.bytes))
	return chunk{data: r.bytes[i : i+r.taken-r.tail], time: next.time, lost: next.lost}, nil
}

func (r *reader) run() {
	defer close(r.done)
	scratch := make([]byte, readerPiece)
	for empty := 0; empty < emptyReads; {
		p := r.place()
		kept := p != nil
		if !kept {
			p = scratch
		}
		n, err := r.line.Read(p)
		now := time.Now()
		if empty++; n > 0 {
			empty = 0
		}
		if !kept { // there may be room by now
			if p := r.place(); len(p) >= n {
				copy(p, scratch[:n])
				kept = true
			}
		}
		if !r.put(n, now, kept, err) {
			return
		}
	}
	r.put(0, time.Now(), true, io.ErrNoProgress)
}

// place is where the next bytes go; nil when they are to be dropped.
func (r *reader) place() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	size, reads := int64(len(r.bytes)), int64(len(r.reads))
	used := r.head - r.tail
	if r.last-r.first >= reads-1 || used == size { // one read is left for the end
		r.full = true
	} else if r.full && used <= size/2 && r.last-r.first <= reads/2 {
		r.full = false
	}
	if r.full {
		return nil
	}
	i := r.head % size
	return r.bytes[i:min(i+size-used, size, i+readerPiece)]
}

// put notes what a read brought, and says whether to go on.
func (r *reader) put(n int, now time.Time, kept bool, err error) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if kept {
		r.head += int64(n)
	} else {
		r.lost += n
	}
	if n > 0 && kept || r.lost > 0 && err != nil {
		r.reads[r.last%int64(len(r.reads))] = read{end: r.head, time: now, lost: r.lost}
		r.last++
		r.lost = 0
	}
	if err != nil && !(r.closing && errors.Is(err, os.ErrDeadlineExceeded)) {
		r.err = err
	}
	select {
	case r.more <- struct{}{}:
	default:
	}
	return err == nil && !r.closing
}
