package bench

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"st67bench/bench/peer"
)

// iperfReport is what the module itself prints of a test.
type iperfReport struct {
	mu    sync.Mutex
	lines peer.IperfLines
	rows  int
	whole bool // the latest row is the total
}

// add takes a line.
func (p *iperfReport) add(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, final, ok := p.lines.Add(line); ok {
		p.rows++
		p.whole = final
	}
}

// total is the row of the whole test, which lasted d. A total that was not printed is not there: the first row begins at
// 0 as well.
func (p *iperfReport) total(d time.Duration) (peer.IperfRow, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	row, ok := p.lines.Total()
	return row, ok && (p.whole || p.rows == 1) && row.End > d/2
}

// reportWait is how long the module may be silent before its report is over: its rows are a second long.
const reportWait = 1500 * time.Millisecond

// heard is how much the module has printed so far.
func (w *iperf) heard(r *Rig) int {
	n := len(r.Module.IperfLines())
	if w.log != nil {
		w.log.mu.Lock()
		defer w.log.mu.Unlock()
		n += w.log.rows
	}
	return n
}

// report is the module's own row of the whole test, from its AT port or from its log port; nil when there is none.
func (w *iperf) report(r *Rig) *peer.IperfRow {
	own := &iperfReport{}
	for _, line := range r.Module.IperfLines() {
		own.add(line)
	}
	row, ok := own.total(w.Duration)
	if !ok && w.log != nil {
		row, ok = w.log.total(w.Duration)
	}
	if !ok {
		return nil
	}
	return &row
}

// metrics makes the result of what the peer has seen and, where the module is the receiver, of what it says: goodput is the
// receiver's figure and nobody else's.
func (w *iperf) metrics(rec *Recorder, got peer.IperfResult, own *peer.IperfRow) error {
	rate, ok := got.Rate()
	if !ok {
		return fmt.Errorf("too short: %d B in %v at the peer; a rate needs more than its first piece", got.Bytes, got.Duration)
	}
	if own != nil {
		rec.Metric("module_goodput", own.Rate)
	}
	by, note := "the peer, as receiver", got.Note
	switch {
	case w.Direction == "tx":
		rec.Metric("goodput", rate)
		rec.Metric("received", float64(got.Bytes))
		datagrams(rec, got.Datagrams, got.Lost, got.Jitter)
		if got.Datagrams > 0 {
			rec.Metric("datagrams_reordered", float64(got.Reordered))
			rec.Metric("datagrams_duplicate", float64(got.Duplicate))
		}
	default:
		rec.Metric("sent", float64(got.Sent))
		by, note = w.download(rec, got, rate, own)
	}
	if own != nil && (w.Direction == "tx" || w.Protocol == "tcp") {
		note = also(note, got.Difference(*own))
	}
	rec.Condition("iperf_tool", got.Tool)
	rec.Condition("iperf_by", by)
	if note != "" {
		rec.Condition("iperf_note", note)
	}
	return nil
}

// download is the result where the module receives: its own figures when it gives them, beside the sender's.
func (w *iperf) download(rec *Recorder, got peer.IperfResult, rate float64, own *peer.IperfRow) (by, note string) {
	note = got.Note
	if w.Protocol == "tcp" {
		rec.Metric("throughput", rate)
	} else {
		rec.Metric("offered", 8*float64(got.Sent)/w.Duration.Seconds())
	}
	switch {
	case got.By == peer.IperfReceiver: // its report came to the sender, with all digits
		rec.Metric("goodput", rate)
		rec.Metric("received", float64(got.Bytes))
		datagrams(rec, got.Datagrams, got.Lost, got.Jitter)
	case own != nil:
		rec.Metric("goodput", own.Rate)
		datagrams(rec, own.Datagrams, own.Lost, own.Jitter)
		note = strings.TrimPrefix(strings.TrimPrefix(note, peer.IperfNoReport), "; ")
	default:
		return "the peer, as sender", note
	}
	if w.Tool == "iperf" && w.Protocol == "udp" {
		note = also(note, "iperf numbers its datagrams from 1 on, so the module counts one more as lost")
	}
	return "the module, as receiver", note
}

// datagrams are the metrics of those that were counted, all of them and the lost ones among them.
func datagrams(rec *Recorder, all, lost int64, jitter time.Duration) {
	if all <= 0 {
		return
	}
	rec.Metric("datagrams", float64(all-lost))
	rec.Metric("datagrams_lost", float64(lost))
	rec.Metric("jitter", jitter.Seconds())
}

// also puts two notes together.
func also(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
