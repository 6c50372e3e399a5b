package bench

import (
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
)

// stages adds up where the time of the sends goes. The stages are those of
// results' metric table: command (written to OK), prompt (OK to the prompt),
// payload (closed-form line time: a write returns when the buffer took it, so
// its end cannot be seen), recv (payload written to "Recv", less its line
// time), final ("Recv" to the final code), and host, which is the rest: what
// the host needs between two of them.
type stages struct {
	n                                  int
	payloadTime                        time.Duration // closed-form line time of one payload
	timed                              bool          // the link has a closed form
	command, prompt, recv, final, host time.Duration
	end                                time.Time
}

func newStages(l Link, length int) *stages {
	st := &stages{}
	st.payloadTime, st.timed = l.LineTime([]int{length}, nil)
	return st
}

// add takes one send. Its latency counts from the write of its command, which
// is when it was due: at the end of the send before.
func (st *stages) add(rec *Recorder, r st67.Response) {
	end := ended(r)
	latency := end.Sub(r.Sent)
	rec.Sample("send_latency", r.Sent, latency.Seconds())
	rec.Keep("send_latency", latency.Seconds())

	st.n++
	st.command += r.Accepted.Sub(r.Sent)
	st.prompt += r.Prompt.Sub(r.Accepted)
	st.host += r.Payload.Sub(r.Prompt)
	if !st.end.IsZero() {
		st.host += r.Sent.Sub(st.end)
	}
	if !r.Recv.IsZero() {
		st.recv += r.Recv.Sub(r.Payload) - st.payloadTime
		st.final += end.Sub(r.Recv)
	} else {
		st.final += end.Sub(r.Payload) - st.payloadTime
	}
	rec.Sample("stage_command", r.Sent, r.Accepted.Sub(r.Sent).Seconds())
	rec.Sample("stage_prompt", r.Accepted, r.Prompt.Sub(r.Accepted).Seconds())
	rec.Sample("payload_write", r.Payload, r.Written.Sub(r.Payload).Seconds())
	if !r.Recv.IsZero() {
		rec.Sample("stage_recv", r.Payload, (r.Recv.Sub(r.Payload) - st.payloadTime).Seconds())
		rec.Sample("stage_final", r.Recv, end.Sub(r.Recv).Seconds())
	}
	st.end = end
}

// ended is when a send was over: at its final code, or at Recv for wait: recv.
func ended(r st67.Response) time.Time {
	if r.End.IsZero() {
		return r.Recv
	}
	return r.End
}

// metrics are the means per send, in s.
func (st *stages) metrics(rec *Recorder) {
	if st.n == 0 {
		return
	}
	mean := func(name string, d time.Duration) { rec.Metric(name, d.Seconds()/float64(st.n)) }
	mean("stage_command", st.command)
	mean("stage_prompt", st.prompt)
	mean("stage_recv", st.recv)
	mean("stage_final", st.final)
	mean("stage_host", st.host)
	if st.timed {
		rec.Metric("stage_payload", st.payloadTime.Seconds())
	}
}

// metrics derives the metrics of the repeat from the sends and from what the
// peer saw.
func (w *cipsend) metrics(r *Rig, rec *Recorder, st *stages) {
	st.metrics(rec)
	total := w.reports()
	rec.Metric("sends", float64(st.n))
	rec.Metric("sent", float64(st.n*w.Length))
	rec.Metric("received", float64(total.Good))
	for name, v := range map[string]int64{
		"loss":      int64(st.n*w.Length) - total.Good - total.Corrupt,
		"duplicate": total.Duplicate, "reordered": total.Reordered,
		"corrupt": total.Corrupt, "foreign": total.Foreign,
	} {
		rec.Metric(name, float64(v))
	}
	goodput, ok := total.Goodput()
	if ok {
		rec.Metric("goodput", goodput)
	}
	if len(w.links) > 1 {
		rec.Metric("fairness", w.fairness())
	}
	if line, known := r.Link.LineTime(st67.SendExchange(0, w.Length, w.Wait, w.remote(w.links[0]))); known {
		ceiling := 8 * float64(w.Length) / line.Seconds()
		rec.Metric("ceiling", ceiling)
		if ok {
			rec.Metric("efficiency", goodput/ceiling)
		}
	}
	if ok && st.timed {
		rec.Metric("line_share", goodput*st.payloadTime.Seconds()/(8*float64(w.Length)))
	}
}

// fairness is Jain's index over what arrived of each link: 1 when all carried the same, 1/n when one carried all (R.
// Jain, D. Chiu, W. Hawe, DEC TR-301, 1984).
func (w *cipsend) fairness() float64 {
	var sum, squares float64
	for _, l := range w.links {
		x := float64(l.sink.Report().Good)
		sum += x
		squares += x * x
	}
	return sum * sum / (float64(len(w.links)) * squares)
}

// reports adds up the sinks of all links: the first block is the earliest of
// them, the last the latest.
func (w *cipsend) reports() peer.Report {
	sum := w.links[0].sink.Report()
	for _, l := range w.links[1:] {
		r := l.sink.Report()
		sum.Good += r.Good
		sum.Duplicate += r.Duplicate
		sum.Reordered += r.Reordered
		sum.Corrupt += r.Corrupt
		sum.Foreign += r.Foreign
		sum.LastBlock += r.LastBlock
		if r.Blocks > 0 && (sum.Blocks == 0 || r.First.Before(sum.First)) {
			sum.First, sum.FirstBlock = r.First, r.FirstBlock
		}
		sum.Blocks += r.Blocks
		if r.Last.After(sum.Last) {
			sum.Last = r.Last
		}
	}
	return sum
}

// flight is the queue of sends that have not been seen at the peer: when each was due.
type flight struct {
	due  []time.Time
	next int64 // block number of due[0]
}

func (f *flight) push(t time.Time) { f.due = append(f.due, t) }

// pop drops the n oldest; the slice's storage is reused.
func (f *flight) pop(n int) {
	f.due = f.due[:copy(f.due, f.due[n:])]
	f.next += int64(n)
}

// arrivals records the one-way delay of every send whose last byte has arrived
// by now: from due to arrival, on the one clock of host and peer.
func (l *sendLink) arrivals(rec *Recorder) {
	var buf [64]time.Time
	for len(l.pending.due) > 0 {
		n := l.sink.Arrived(l.pending.next, buf[:min(len(buf), len(l.pending.due))])
		if n == 0 {
			return
		}
		for i, t := range buf[:n] {
			if !t.IsZero() {
				rec.Sample("delivery", t, t.Sub(l.pending.due[i]).Seconds())
			}
		}
		l.pending.pop(n)
		l.sink.Forget(l.pending.next)
	}
}
