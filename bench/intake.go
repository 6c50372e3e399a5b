package bench

import (
	"sync"
	"time"

	"st67bench/bench/st67"
)

// intake is what has reached the host over all links of a repeat, and where the time between went. A piece is what the
// module hands over at once: the data of one +IPD in active mode, of one read in passive mode. In active mode it is filled
// on the reader's goroutine.
type intake struct {
	mu             sync.Mutex
	closed         bool  // what comes now is not measured any more
	bytes, first   int64 // in all, and in the first piece
	begin, lastEnd time.Time

	pieces                    int // that brought something
	command, data, wait, host time.Duration
	piece                     time.Time // begin of the +IPD whose data comes
	size, left                int       // its bytes, and those still to come
	end                       time.Time // of the last piece or read
	waiting                   time.Duration
}

// arrive counts payload that came with one read, of the line in active mode, of the module in passive mode. A piece counts
// when all of it is there.
func (in *intake) arrive(n int, t time.Time) {
	if n == 0 {
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return
	}
	if in.left > 0 { // active mode
		if in.left -= n; in.left > 0 {
			return
		}
		n = in.size
		in.data += t.Sub(in.piece)
		in.end = t
	}
	if in.bytes == 0 {
		in.first, in.begin = int64(n), t
	}
	in.bytes += int64(n)
	in.lastEnd = t
}

// announce begins a piece of n bytes in active mode: its head came at t. What was between the pieces is waiting.
func (in *intake) announce(n int, t time.Time) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return
	}
	if !in.end.IsZero() {
		in.wait += t.Sub(in.end)
	}
	in.piece, in.size, in.left = t, n, n
	in.pieces++
}

// waited is time before the next read that is not the host's: for a notice, a timer, or the answer to CIPRECVLEN.
func (in *intake) waited(d time.Duration) { in.waiting += d }

// read adds the times of a read: from the write of its command to the first byte of the answer, from there to the final
// code, and what was between it and the last one.
func (in *intake) read(rec *Recorder, resp st67.Response) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return
	}
	if len(resp.Data) > 0 {
		in.pieces++
	}
	if !in.end.IsZero() {
		in.wait += in.waiting
		in.host += resp.Sent.Sub(in.end) - in.waiting
	}
	in.end, in.waiting = resp.End, 0
	command, data := resp.First.Sub(resp.Sent), resp.End.Sub(resp.First)
	in.command += command
	in.data += data
	rec.Sample("stage_command", resp.Sent, command.Seconds())
	rec.Sample("stage_data", resp.First, data.Seconds())
}

// reading is the time that reads took, queries before them included.
func (in *intake) reading() time.Duration {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.command + in.data + in.wait + in.waiting
}

// close ends the measurement: what comes later counts for nothing here.
func (in *intake) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
}

// arrived is the bytes so far, and when the latest of them came.
func (in *intake) arrived() (bytes int64, last time.Time) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.bytes, in.lastEnd
}

// goodput is 8 (B - b1) / (t_last - t_1), in bit/s, where b1 and t_1 are those of the first piece; bad are the bytes
// of B that were not payload as it was sent.
func (in *intake) goodput(bad int64) (bitPerSecond float64, ok bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	d := in.lastEnd.Sub(in.begin)
	if d <= 0 {
		return 0, false
	}
	return 8 * float64(in.bytes-in.first-bad) / d.Seconds(), true
}
