package iperf

import "time"

// second is one in the firmware's unit of time, the microsecond.
const second = 1_000_000

// tally counts traffic.
type tally struct {
	bytes                       uint64
	datagrams, lost, disordered int32
	jitter                      int32 // µs, smoothed as in RFC 1889
}

// report is what a test has measured. Its times are microseconds since the module
// was booted.
type report struct {
	start, end int64 // end: of a client's time
	last, next int64 // when the last row was printed, and when the next is due
	all        tally
	rowed      tally // of which rows were printed
	id         int32 // highest of the datagrams; -1 before the first
	transit    int64 // of the last datagram, µs; 0 before the first
	sent       int64 // stamp of the last datagram, µs
}

// stamp is the run's instant in the firmware's unit.
func (r *run) stamp() int64 { return r.at.Sub(r.boot).Microseconds() }

// begin starts the measurement at the run's instant.
func (r *run) begin() {
	p := &r.report
	p.all, p.rowed = tally{}, tally{}
	p.start = r.stamp()
	p.last, p.next = p.start, p.start+second
	p.end = p.start + int64(r.time/time.Microsecond)
}

// overtime says whether a client's time has passed.
func (r *run) overtime() bool { return r.stamp() > r.report.end }

// interval prints the row of the interval that has passed, if one has.
func (r *run) interval() {
	p, now := &r.report, r.stamp()
	if now < p.next {
		return
	}
	t := p.all
	t.bytes -= p.rowed.bytes
	t.datagrams -= p.rowed.datagrams
	t.lost -= p.rowed.lost
	t.disordered -= p.rowed.disordered
	if t.lost > t.disordered {
		t.lost -= t.disordered
	}
	r.row(p.last, now, t, r.udp && !r.client)
	p.rowed, p.last = p.all, now
	p.next += second
}

// total prints the row of the whole test up to the run's instant.
func (r *run) total() { r.row(r.report.start, r.stamp(), r.report.all, r.udp && !r.client) }

// row prints one row, and the heading before the first.
func (r *run) row(from, to int64, t tally, datagrams bool) {
	start, span := r.report.start, to-from
	amount := byteField(float32(t.bytes))
	rate := bitField(float32(1e6*float32(t.bytes)) / float32(span))
	fromSec, fromTenth := tenths(from, start)
	toSec, toTenth := tenths(to, start)
	first := r.report.rowed.bytes == 0
	if !datagrams {
		if first {
			r.say("[ ID] Interval       Transfer     Bandwidth\n")
		}
		r.say("[%3d] %2d.%1d-%2d.%1d sec  %s  %s/sec\n", 0, fromSec, fromTenth, toSec, toTenth, amount, rate)
		return
	}
	if first {
		r.say("[ ID]  Interval      Transfer     Bandwidth       Jitter   Lost/Total Datagrams\n")
	}
	percent := float32(100*int64(t.lost))/float32(t.datagrams) + 0.05
	whole := integer(percent)
	r.say("[%3d] %2d.%1d-%2d.%1d sec  %s  %s/sec  %d.%03d ms   %d/%d (%d.%1d%%)\n",
		0, fromSec, fromTenth, toSec, toTenth, amount, rate, t.jitter/1000, t.jitter%1000,
		t.lost, t.datagrams, whole, integer(float32(percent*10)-float32(10*float32(whole))))
}

// tenths is t after start in seconds and tenths as the firmware shows it: it
// rounds the tenths without carrying, so that there may be ten of them.
func tenths(t, start int64) (sec, tenth int64) {
	sec = t/second - start/second
	part := t%second - start%second + second/20
	if part < 0 {
		sec--
		part += second
	}
	return sec, part / (second / 10)
}
