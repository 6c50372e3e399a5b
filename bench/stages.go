package bench

import (
	"time"

	"st67bench/bench/st67"
)

// stages adds up where the time of the sends goes. The stages are those of
// results' metric table: command (written to OK), prompt (OK to the prompt),
// payload (closed-form line time: a write returns when the buffer took it, so
// its end cannot be seen), recv (from there to "Recv"), final ("Recv" to the final code), and host, which is the rest: what
// the host needs between two of them. Where it is known when the last byte of a send came to the peer, the wait up to
// there is radio instead of recv. Without "Recv" that wait is part of final.
type stages struct {
	n                                     int
	link                                  Link
	size                                  [1]int
	payloadTime                           time.Duration // closed-form line time of one payload
	timed                                 bool          // the link has a closed form
	split                                 bool          // radio is told from recv
	command, prompt, payload, radio, recv time.Duration
	final, host                           time.Duration
	end                                   time.Time
	acknowledged                          bool // there is "Recv"
}

// outgoing is one send on its way to the peer.
type outgoing struct {
	block int64         // the last that is wholly in it
	due   time.Time     // when it was due
	line  time.Time     // its payload's end on the line
	wait  time.Duration // from there to "Recv", or without that to the final code; 0 for no such wait
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

// add takes one send, which was due when its command was written: at the end of the send before.
func (st *stages) add(rec *Recorder, r st67.Response) outgoing { return st.addDue(rec, r, r.Sent) }

// addDue takes one send. Its latency counts from when it was due.
func (st *stages) addDue(rec *Recorder, r st67.Response, due time.Time) outgoing {
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
		st.host += r.Sent.Sub(later(st.end, due))
	}
	st.end = end
	rec.Sample("stage_command", r.Sent, r.Accepted.Sub(r.Sent).Seconds())
	rec.Sample("stage_prompt", r.Accepted, r.Prompt.Sub(r.Accepted).Seconds())
	rec.Sample("payload_write", r.Payload, r.Written.Sub(r.Payload).Seconds())
	p := outgoing{due: due, line: r.Payload.Add(st.payloadTime)}
	if !r.Recv.IsZero() {
		st.acknowledged = true
		p.wait = r.Recv.Sub(p.line)
		st.recv += p.wait
		st.final += end.Sub(r.Recv)
		rec.Sample("stage_final", r.Recv, end.Sub(r.Recv).Seconds())
	} else {
		p.wait = end.Sub(p.line)
		st.final += p.wait
	}
	if !st.split || !st.timed {
		st.waited(rec, p, 0)
		p.wait = 0
	}
	return p
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// waited records the wait of a send without what the radio had of it.
func (st *stages) waited(rec *Recorder, p outgoing, radio time.Duration) {
	name := "stage_recv"
	if !st.acknowledged {
		name = "stage_final"
	}
	rec.Sample(name, p.line.Add(radio), (p.wait - radio).Seconds())
}

// arrived books the wait of a send as the radio's until its last byte came to the peer at t, which is zero when it never did.
func (st *stages) arrived(rec *Recorder, p outgoing, t time.Time) {
	if p.wait == 0 {
		return
	}
	radio := max(p.wait, 0)
	if !t.IsZero() {
		radio = min(max(t.Sub(p.line), 0), radio)
	}
	st.radio += radio
	if st.acknowledged {
		st.recv -= radio
	} else {
		st.final -= radio
	}
	rec.Sample("stage_radio", p.line, radio.Seconds())
	st.waited(rec, p, radio)
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
	if st.split && st.timed {
		mean("stage_radio", st.radio)
	}
}
