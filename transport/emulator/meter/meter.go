package meter

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"time"
)

// instrument is what differs between the kinds. All calls come with the meter's lock held.
type instrument interface {
	hello()                                 // a host has come
	input(p []byte)                         // it has said something
	tick(now time.Time)                     // time has passed
	samples(amps []float32, digital []byte) // these were measured, and are to be sent
	lost(n int)                             // so many were measured, and get lost
	done()                                  // the acquisition has come to its last sample
	hit(f *fault)                           // a fault of its own
	trip()                                  // over-current
	bye()                                   // the host has gone
	queue(fifo time.Duration) int           // how many bytes wait for the host at most
}

// Meter is one emulated instrument. Its methods may be called from any goroutine.
type Meter struct {
	conf   Config
	faults []*fault

	host sync.Mutex // held while one is served

	mu         sync.Mutex
	instrument instrument
	out        *queue
	noise      *rand.Rand
	run        run
	taken      int64         // samples, over all acquisitions
	measured   time.Duration // the same as time
	runs       int           // acquisitions that have begun
	lose       int           // samples that get lost, from the next on
	thin       thinning
	muted      bool  // nothing is said any more
	cut        bool  // the first byte of the next sample is not sent
	failure    error // what ends Serve
	smeared    float64
	amps       [piece]float32
	digital    [piece]byte
}

var (
	// ErrUnplugged is what Serve returns after the fault unplug.
	ErrUnplugged = errors.New("the meter was unplugged")
	// ErrTaken is what it returns while it serves another host.
	ErrTaken = errors.New("the meter has another host")
)

// batch is how often samples are handed over.
const batch = 10 * time.Millisecond

func (m *Meter) prepare() {
	if m.conf.Model.Lag == 0 {
		m.conf.Model.Lag = defaultLag
	}
	if m.conf.Model.FIFO == 0 {
		m.conf.Model.FIFO = defaultFIFO
		if m.conf.Kind == "keysight-elog" {
			m.conf.Model.FIFO = elogFIFO
		}
	}
	m.noise = rand.New(rand.NewPCG(m.conf.Model.Seed, 0x6d65746572))
}

// Serve speaks with a host until ctx ends, the host leaves (both give nil), the instrument is unplugged, or the source
// fails. Then it closes rw. A meter has one host at a time.
func (m *Meter) Serve(ctx context.Context, rw io.ReadWriteCloser) error {
	if !m.host.TryLock() {
		rw.Close()
		return ErrTaken
	}
	defer m.host.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	var others sync.WaitGroup
	m.begin()
	others.Go(func() {
		defer cancel()
		m.listen(rw)
	})
	others.Go(func() {
		defer cancel()
		m.talk(ctx, rw)
	})
	m.pace(ctx)
	cancel()
	rw.Close()
	others.Wait()
	return m.end()
}

func (m *Meter) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.out == nil {
		m.out = newQueue(m.instrument.queue(m.conf.Model.FIFO))
	}
	m.out.clear()
	m.failure = nil
	if f := m.standing("silent"); f != nil && f.n == 0 && !f.timed {
		m.muted = true
	}
	m.instrument.hello()
}

func (m *Meter) end() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.instrument.bye()
	m.run.on = false
	return m.failure
}

// listen hands over what the host says.
func (m *Meter) listen(r io.Reader) {
	p := make([]byte, 4096)
	for {
		n, err := r.Read(p)
		m.mu.Lock()
		if n > 0 && m.failure == nil {
			m.advance(time.Now())
			m.instrument.input(p[:n])
		}
		m.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// talk writes what is in the queue.
func (m *Meter) talk(ctx context.Context, w io.Writer) {
	p := make([]byte, 8192)
	if f := m.standing("split"); f != nil {
		p = p[:min(len(p), int(f.value))]
	}
	alarm := time.NewTimer(time.Hour)
	defer alarm.Stop()
	for {
		n, wait, ended := m.out.take(p)
		switch {
		case ended:
			return
		case n > 0:
			if _, err := w.Write(p[:n]); err != nil {
				return
			}
			continue
		case wait == 0:
			wait = time.Hour
		}
		alarm.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-m.out.change:
		case <-alarm.C:
		}
	}
}

// pace measures, a batch at a time.
func (m *Meter) pace(ctx context.Context) {
	tick := time.NewTicker(batch)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		m.mu.Lock()
		now := time.Now()
		m.advance(now)
		if m.failure == nil {
			m.instrument.tick(now)
		}
		m.mu.Unlock()
	}
}

// say puts p into the queue; false when it does not fit and is lost.
func (m *Meter) say(p []byte) bool { return m.muted || m.out.push(p) }

// fail ends Serve when what was said before has been written.
func (m *Meter) fail(err error) {
	if m.failure == nil {
		m.failure = err
		m.run.on = false
		m.out.end()
	}
}

// has says whether a fault that is there all the time is about a word.
func (m *Meter) has(name, text string) bool {
	for _, f := range m.faults {
		if f.name == name && f.text == text {
			return true
		}
	}
	return false
}

// standing is a fault that is there all the time; nil for none.
func (m *Meter) standing(name string) *fault {
	for _, f := range m.faults {
		if f.name == name {
			return f
		}
	}
	return nil
}
