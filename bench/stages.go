package bench

import (
	"time"

	"st67bench/bench/st67"
)

// stages adds up where the time of the sends goes. The stages are those of
// results' metric table: command (written to OK), prompt (OK to the prompt),
// payload (closed-form line time: a write returns when the buffer took it, so
// its end cannot be seen), recv (from there to "Recv"), final ("Recv" to the final code), and host, which is the rest: what
// the host needs between two of them. Without "Recv" that wait is part of final. Beside them stands radio, from the payload's end
// on the line to its last byte at the peer, which goes on while the module says "Recv" and SEND OK, or after that.
type stages struct {
	n                                     int
	link                                  Link
	size                                  [1]int
	payloadTime                           time.Duration // closed-form line time of one payload
	timed                                 bool          // the link has a closed form
	command, prompt, payload, recv, final time.Duration
	host, radio                           time.Duration
	landed                                int // sends that radio is of
	end                                   time.Time
	acknowledged                          bool // there is "Recv"
}

// outgoing is one send on its way to the peer.
type outgoing struct {
	block int64     // the last that is wholly in it
	due   time.Time // when it was due
	line  time.Time // its payload's end on the line; zero when that is not known
}

func newStages(l Link, length int) *stages {
	st := &stages{link: l}
	st.resize(length)
	return st
}

// resize is the length of the payloads from now on, as they are on the line.
func (st *stages) resize(length int) {
	if st.size[0] != length {
		st.size[0] = length
		st.payloadTime, st.timed = st.link.LineTime(st.size[:], nil)
	}
}

// add takes one send of a closed loop, which was due when its command was written: at the end of the send before.
func (st *stages) add(rec *Recorder, r st67.Response) outgoing {
	return st.take(rec, r, r.Sent, st.end)
}

// addDue takes one send of an open loop. Its latency counts from when it was due, and before that nobody waited for the host.
func (st *stages) addDue(rec *Recorder, r st67.Response, due time.Time) outgoing {
	return st.take(rec, r, due, later(st.end, due))
}

// take takes one send that was due at an instant and could begin at another.
func (st *stages) take(rec *Recorder, r st67.Response, due, free time.Time) outgoing {
	end := ended(r)
	latency := end.Sub(due)
	rec.Sample("send_latency", due, latency.Seconds())
	rec.Keep("send_latency", latency.Seconds())

	st.n++
	st.command += r.Accepted.Sub(r.Sent)
	st.prompt += r.Prompt.Sub(r.Accepted)
	st.payload += st.payloadTime
	st.host += r.Payload.Sub(r.Prompt)
	if !st.end.IsZero() {
		st.host += r.Sent.Sub(free)
	}
	st.end = end
	rec.Sample("stage_command", r.Sent, r.Accepted.Sub(r.Sent).Seconds())
	rec.Sample("stage_prompt", r.Accepted, r.Prompt.Sub(r.Accepted).Seconds())
	rec.Sample("payload_write", r.Payload, r.Written.Sub(r.Payload).Seconds())
	line := r.Payload.Add(st.payloadTime)
	if !r.Recv.IsZero() {
		st.acknowledged = true
		st.recv += r.Recv.Sub(line)
		st.final += end.Sub(r.Recv)
		rec.Sample("stage_recv", line, r.Recv.Sub(line).Seconds())
		rec.Sample("stage_final", r.Recv, end.Sub(r.Recv).Seconds())
	} else {
		st.final += end.Sub(line)
		rec.Sample("stage_final", line, end.Sub(line).Seconds())
	}
	if !st.timed {
		return outgoing{due: due}
	}
	return outgoing{due: due, line: line}
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// arrived takes when the last byte of a send came to the peer.
func (st *stages) arrived(rec *Recorder, p outgoing, t time.Time) {
	if p.line.IsZero() {
		return
	}
	st.landed++
	st.radio += t.Sub(p.line)
	rec.Sample("stage_radio", p.line, t.Sub(p.line).Seconds())
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
	mean("stage_final", st.final)
	mean("stage_host", st.host)
	if st.acknowledged {
		mean("stage_recv", st.recv)
	}
	if st.timed {
		mean("stage_payload", st.payload)
	}
	if st.landed > 0 {
		rec.Metric("stage_radio", st.radio.Seconds()/float64(st.landed))
	}
}
