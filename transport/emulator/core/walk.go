package core

// view is a copy of a part of a timeline.
type view struct {
	from, to int64
	base     []stretch
	awake    []window
	air      [2][]span
	rhythms  [MaxFlows]rhythm // of the stretch that the walk has come to
}

// hold lengthens the last time awake when a command holds the module awake since
// the instant at.
func (v *view) hold(at int64) {
	if at < 0 || at >= v.to {
		return
	}
	n := len(v.awake)
	for n > 0 && v.awake[n-1].from > at {
		n--
	}
	v.awake = v.awake[:n]
	if n > 0 && v.awake[n-1].to >= at {
		v.awake[n-1].to = forever
		return
	}
	v.awake = append(v.awake, window{at, at, forever})
}

// piece is a time of one state.
type piece struct {
	from, to int64
	state    State
}

// walk goes through a view from its begin to its end.
func (v *view) walk(c *Currents) walker {
	w := walker{v: v, c: c, t: v.from, end: v.to}
	w.enter(0)
	return w
}

// walker is a walk through a view.
type walker struct {
	v      *view
	c      *Currents
	t, end int64

	base, awake int // indices of what is not over at t
	air         [2]int
	rhythms     []rhythm
}

func (w *walker) enter(base int) {
	w.base = base
	w.rhythms = w.v.rhythms[:copy(w.v.rhythms[:], w.v.base[base].rhythms)]
}

func (w *walker) amps(s State) float64 { return w.c.of(s, w.v.base[w.base].transmit) }

// next is the next piece; t has to be before end.
func (w *walker) next() piece {
	p, asleep := w.outline()
	if asleep {
		w.detail(&p)
	}
	w.t = p.to
	return p
}

// outline is the next piece, with the wakes of the rhythms left out: asleep says
// that there may be some in it.
func (w *walker) outline() (p piece, asleep bool) {
	w.settle()
	s := &w.v.base[w.base]
	p = piece{w.t, w.end, s.state}
	if w.base+1 < len(w.v.base) {
		p.to = min(p.to, w.v.base[w.base+1].from)
	}
	switch s.state {
	case StateShutdown, StateHibernate, StateUnsupplied:
		return p, false
	case StateIdle:
		w.active(&p)
		return p, false
	}
	if w.awake == len(w.v.awake) {
		return p, true
	}
	switch a := &w.v.awake[w.awake]; {
	case w.t < a.from:
		p.to = min(p.to, a.from)
		return p, true
	case w.t < a.ready:
		p.state, p.to = StateWake, min(p.to, a.ready)
	default:
		p.to = min(p.to, a.to)
		w.active(&p)
	}
	return p, false
}

// settle leaves behind what is over.
func (w *walker) settle() {
	for w.base+1 < len(w.v.base) && w.v.base[w.base+1].from <= w.t {
		w.enter(w.base + 1)
	}
	for w.awake < len(w.v.awake) && w.v.awake[w.awake].to <= w.t {
		w.awake++
	}
	for i := range w.air {
		for w.air[i] < len(w.v.air[i]) && w.v.air[i][w.air[i]].to <= w.t {
			w.air[i]++
		}
	}
}

// active is what a module that is awake does: what it sends hides what it
// receives, as its radio can do one at a time.
func (w *walker) active(p *piece) {
	p.state = StateIdle
	for way, doing := range [...]State{StateTransmit, StateReceive} {
		if w.air[way] == len(w.v.air[way]) {
			continue
		}
		s := w.v.air[way][w.air[way]]
		if s.from > w.t {
			p.to = min(p.to, s.from)
			continue
		}
		p.state, p.to = doing, min(p.to, s.to)
		return
	}
}

// detail cuts a piece of sleep down to its first state.
func (w *walker) detail(p *piece) {
	for i := range w.rhythms {
		s, until := w.rhythms[i].at(w.t)
		p.to = min(p.to, until)
		if p.state == StateSleep || s == StateBeacon {
			p.state = s
		}
	}
}

// charge is that of the whole view, in C.
func (v *view) charge(c *Currents) float64 {
	sum := 0.0
	for w := v.walk(c); w.t < w.end; {
		p, asleep := w.outline()
		if asleep {
			if q, ok := w.asleep(p); ok {
				sum += q
				w.t = p.to
				continue
			}
			w.detail(&p)
		}
		sum += w.amps(p.state) * float64(p.to-p.from) * 1e-9
		w.t = p.to
	}
	return sum
}

// asleep is the charge of a piece with one rhythm that misses nothing, in closed
// form.
func (w *walker) asleep(p piece) (float64, bool) {
	if len(w.rhythms) != 1 || w.rhythms[0].beacons != nil {
		return 0, false
	}
	r := &w.rhythms[0]
	l1, s1 := r.spent(p.to)
	l0, s0 := r.spent(p.from)
	listening, starting := l1-l0, s1-s0
	rest := p.to - p.from - listening - starting
	return (w.c.Beacon*float64(listening) + w.c.Wake*float64(starting) + w.c.Sleep*float64(rest)) * 1e-9, true
}
