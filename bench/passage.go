package bench

import (
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
)

// passage is the way of one request to the peer and of its reply back: the instants that the host knows.
type passage struct {
	number        int64 // of the request at the peer
	sent, payload time.Time
	end           time.Time     // the reply is whole
	reading       time.Duration // by how many reads, in passive mode
}

// passages adds up where the time of the events goes. What the peer knows of them is asked for many at once.
type passages struct {
	payload time.Duration // closed-form line time of a request
	data    time.Duration // that of a reply, in active mode
	open    []passage     // the peer was not asked for them; its capacity is never exceeded
	asked   int           // events whose instants the peer knew
	seen    int

	command, prompt, host, line mean
	radio, peer, wait, read     mean
}

func newPassages() passages {
	return passages{
		open:    make([]passage, 0, settleEvents),
		command: mean{name: "stage_command"}, prompt: mean{name: "stage_prompt"}, host: mean{name: "stage_host"}, line: mean{name: "stage_payload"},
		radio: mean{name: "stage_radio"}, peer: mean{name: "stage_peer"}, wait: mean{name: "stage_wait"}, read: mean{name: "stage_data"},
	}
}

// add takes an event. Recv and final code come beside the way of the request and are no part of it, so they stay in the samples.
func (p *passages) add(rec *Recorder, r st67.Response, e passage) {
	p.seen++
	p.command.add(rec, r.Sent, r.Accepted)
	p.prompt.add(rec, r.Accepted, r.Prompt)
	p.host.sum += r.Payload.Sub(r.Prompt)
	p.line.sum += p.payload
	e.reading = max(e.reading, p.data)
	p.read.sum += e.reading
	if !r.Recv.IsZero() {
		rec.Sample("stage_recv", r.Payload, (r.Recv.Sub(r.Payload) - p.payload).Seconds())
		rec.Sample("stage_final", r.Recv, r.End.Sub(r.Recv).Seconds())
	}
	p.open = append(p.open, e)
}

func (p *passages) full() bool { return len(p.open) == cap(p.open) }

// settle asks the peer when the requests had arrived and when it wrote its answers.
func (p *passages) settle(echo peer.Echo, rec *Recorder) {
	for i := range p.open {
		e := &p.open[i]
		received, replied, ok := echo.Instants(e.number)
		if !ok {
			continue
		}
		p.asked++
		up, down := received.Sub(e.sent).Seconds(), e.end.Sub(replied).Seconds()
		rec.Sample("delay_up", e.sent, up)
		rec.Keep("delay_up", up)
		rec.Sample("delay_down", replied, down)
		rec.Keep("delay_down", down)
		p.radio.took(rec, e.payload, received.Sub(e.payload)-p.payload)
		p.peer.add(rec, received, replied)
		p.wait.took(rec, replied, e.end.Sub(replied)-e.reading)
	}
	p.open = p.open[:0]
}

// metrics are the mean stages, in s.
func (p *passages) metrics(rec *Recorder) {
	for _, m := range []*mean{&p.command, &p.prompt, &p.host, &p.line, &p.read} {
		m.metric(rec, p.seen)
	}
	for _, m := range []*mean{&p.radio, &p.peer, &p.wait} {
		m.metric(rec, p.asked)
	}
}
