package bench

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
	"st67bench/scenarios"
)

const (
	// lookEvery is how often a wait looks whether it is over.
	lookEvery = 10 * time.Millisecond
	// stallLimit is how long nothing may arrive.
	stallLimit = 30 * time.Second
	// quiet is how long nothing may arrive before it is believed that nothing more is on its way.
	quiet = 500 * time.Millisecond
	// noticeLimit is how long passive links are left alone without a notice: one may have been lost.
	noticeLimit = 200 * time.Millisecond
	// greetEvery is how long a UDP source may stay silent before it is sent another datagram.
	greetEvery = time.Second
	// allLinks is how many links the module has.
	allLinks = 5
)

// greeting is what the module sends to a UDP source, which knows its address from then on.
var greeting = []byte("hello")

// downloads is the receiving half of a workload: its connections, and how what they bring is taken.
type downloads struct {
	scenarios.Workload
	quota   int64 // payload after which it ends; 0 for none
	links   []*download
	in      intake
	notices *st67.Notices // passive mode
	buffers []int         // links whose receive buffer was changed
	held    int           // receive buffer that the ceiling of poll: length counts on; 0 when it is not known

	timer  *time.Timer
	due    time.Time // of the next round with poll: timer
	looked time.Time
	asked  time.Time // when the module was last asked for data
	greets time.Time
	sent   bool // nothing is on its way any more
}

// receiving sets the receive mode, and the buffers of the links from first on, while none is open.
func (g *downloads) receiving(ctx context.Context, r *Rig, first, links int) error {
	g.timer = time.NewTimer(0)
	passive := g.Mode == "passive"
	if err := r.Module.ReceiveMode(ctx, passive); err != nil {
		return err
	}
	if g.Role == "server" || g.Role == "softap" {
		first, links = 0, allLinks // whichever its clients get
	}
	for id := first; g.Buffer > 0 && id < first+links; id++ {
		if err := r.Module.ReceiveBuffer(ctx, id, g.Buffer); err != nil {
			return refused(err)
		}
		g.buffers = append(g.buffers, id)
	}
	if passive && g.Poll == "length" {
		n, known, err := r.Module.ReceiveBufferSize(ctx, first)
		if err != nil {
			return err
		}
		if known {
			g.held = n
		}
	}
	if passive {
		g.notices = r.Module.Notices()
	} else {
		r.Module.OnIPD(g.announce)
	}
	return nil
}

// add opens a source and a connection to it; at is stage's, link the one to ask for.
func (g *downloads) add(ctx context.Context, r *Rig, at netip.AddrPort, link int, s peer.Stream, rate float64) error {
	d := &download{id: link, in: &g.in, checker: peer.NewChecker(s), shape: shape{size: s.Block}}
	_, d.delays.far = r.Peer.(peer.Clocked)
	g.links = append(g.links, d)
	total := g.quota
	if g.Protocol == "udp" { // whole datagrams, and each source its share
		each := int64(s.Block * g.Links)
		total = (total + each - 1) / each * int64(s.Block)
	}
	var err error
	d.source, d.id, err = connect(ctx, r, g.Workload, at, link, func(o peer.Options) (peer.Source, error) {
		return r.Peer.Source(ctx, s, peer.SourceOptions{Options: o, Rate: rate, Total: total})
	})
	if err != nil {
		return err
	}
	d.open = true
	if g.notices == nil {
		r.Module.SetSink(d.id, d.take)
	}
	return g.greet(ctx, r, d)
}

// greet lets a UDP source know the module's address.
func (g *downloads) greet(ctx context.Context, r *Rig, d *download) error {
	if g.Protocol != "udp" {
		return nil
	}
	if _, err := r.Module.Send(ctx, d.id, greeting, st67.SendOptions{}); err != nil {
		return fmt.Errorf("greet the source of link %d: %w", d.id, err)
	}
	return nil
}

// announce is a +IPD in active mode.
func (g *downloads) announce(link, n int, t time.Time) {
	for _, d := range g.links {
		if d.id == link {
			d.shape.begin(n)
			g.in.announce(n, t)
		}
	}
}

// start lets the sources send.
func (g *downloads) start(ctx context.Context) error {
	now := time.Now()
	g.due, g.asked, g.greets, g.looked = now.Add(g.Every), now, now, now
	for _, d := range g.links {
		if err := d.source.Start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// look is done now and then: delays, what a UDP source has not heard, and links that are gone or bring nothing.
func (g *downloads) look(ctx context.Context, r *Rig, rec *Recorder, now time.Time) error {
	if now.Sub(g.looked) < lookEvery {
		return nil
	}
	g.looked = now
	_, last := g.in.arrived()
	for _, d := range g.links {
		d.delays.collect(d, rec, false)
		if !r.Module.LinkUp(d.id) {
			return &st67.LinkError{Link: d.id, What: fmt.Sprintf("closed by the peer or the module after %d B", d.bytes.Load())}
		}
		if err := d.source.Err(); err != nil {
			return fmt.Errorf("the peer's source lost link %d after %d B: %w", d.id, d.bytes.Load(), err)
		}
		if d.bytes.Load() == 0 && now.Sub(g.greets) >= greetEvery {
			if err := g.greet(ctx, r, d); err != nil {
				return err
			}
		}
	}
	if now.Sub(g.greets) >= greetEvery {
		g.greets = now
	}
	if last.IsZero() {
		last = g.due
	}
	if wait := max(stallLimit, 2*g.Every, 2*g.interval()); now.Sub(last) > wait {
		return fmt.Errorf("nothing has arrived for %v: the connection or the peer is gone, or the module does not say what it holds", wait)
	}
	return nil
}

// interval is the time between two blocks of a source with a rate.
func (g *downloads) interval() time.Duration {
	if g.Rate == 0 {
		return 0
	}
	return time.Duration(8e9 * float64(g.Length*len(g.links)) / g.Rate)
}

// exhausted says whether all sources have sent what they had to, and all of it has arrived, or nothing has since.
func (g *downloads) exhausted(now, since time.Time) bool {
	for _, d := range g.links {
		select {
		case <-d.source.Done():
		default:
			return false
		}
	}
	if _, last := g.in.arrived(); last.After(since) {
		since = last
	}
	got, sent := g.report(), g.given()
	g.sent = got.Good+got.Corrupt >= sent || now.Sub(since) > max(g.patience(), 2*g.Every)
	return g.sent
}

// given is the bytes that the sources have sent.
func (g *downloads) given() (sent int64) {
	for _, d := range g.links {
		sent += d.source.Sent()
	}
	return sent
}

// stop ends sending, and the measurement.
func (g *downloads) stop(rec *Recorder) {
	for _, d := range g.links {
		d.source.Stop()
	}
	g.in.close()
	for _, d := range g.links {
		d.delays.collect(d, rec, true)
	}
}

// drain takes what is still on its way over UDP, so that what is lost is known.
func (g *downloads) drain(ctx context.Context, r *Rig, rec *Recorder) error {
	if g.Protocol != "udp" || g.sent {
		return nil
	}
	g.Poll = "ipd" // as fast as it goes
	sent := g.given()
	for _, d := range g.links {
		d.more = true
	}
	for before, last := int64(-1), time.Now(); time.Since(last) <= g.patience(); {
		got := g.report()
		if got.Good+got.Corrupt >= sent {
			break
		}
		if got.Bytes != before {
			before, last = got.Bytes, time.Now()
		}
		if err := g.step(ctx, r, rec, true); err != nil {
			return err
		}
	}
	g.sent = true
	return nil
}

// patience is how long nothing arrives before it is believed that nothing more is on its way. What is held for a beacon or a
// service period comes late.
func (g *downloads) patience() time.Duration {
	if g.Power == "standby" {
		return settle
	}
	return quiet
}

// conclude closes connections and sources, and gives mode and buffers back.
func (g *downloads) conclude(ctx context.Context, r *Rig) error {
	var errs []error
	if g.notices != nil {
		g.notices.Close()
	} else {
		r.Module.OnIPD(nil)
	}
	for _, d := range g.links {
		r.Module.SetSink(d.id, nil)
		if d.open {
			errs = append(errs, r.Module.CloseLink(ctx, d.id))
		}
		if d.source != nil {
			errs = append(errs, d.source.Close())
		}
	}
	errs = append(errs, strike(ctx, r, g.Workload))
	for _, id := range g.buffers {
		errs = append(errs, r.Module.RestoreReceiveBuffer(ctx, id))
	}
	g.links, g.buffers = nil, nil
	return errors.Join(append(errs, r.Module.ReceiveMode(ctx, false))...)
}
