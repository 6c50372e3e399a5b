package bench

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"st67bench/bench/peer"
	"st67bench/scenarios"
)

// A repeat that is shorter than this says more about its edges than about the
// module: fewer than minSends sends, or less than two of the module's send
// buffers (6144 B, the most that its firmware takes in one CIPSEND), which it
// may have accepted without having sent anything.
const (
	minSends   = 20
	sendBuffer = 6144
	minBytes   = 2 * sendBuffer
)

// settle is how long nothing more may arrive at the peer after the last send before it is lost.
const settle = 3 * time.Second

// upload is what every kind of upload has: its connections, which take the sends in turn, and their account.
type upload struct {
	scenarios.Workload
	seed   uint64
	links  []*uplink
	offer  offer
	stages *stages
	sends  int
	ended  bool // a send makes it pointless to go on
}

// open opens a sink and a connection for each link; block is that of the streams.
func (u *upload) open(ctx context.Context, r *Rig, block int) error {
	at, err := stage(ctx, r, u.Workload)
	if err != nil {
		return err
	}
	for id := range u.Links {
		l := u.add(id, block)
		l.sink, l.id, err = connect(ctx, r, u.Workload, at, id, func(o peer.Options) (peer.Sink, error) {
			return r.Peer.Sink(ctx, l.stream, o)
		})
		if err != nil {
			return err
		}
		l.open = true
	}
	return synchronize(ctx, r)
}

// add is a link with its stream.
func (u *upload) add(id, block int) *uplink {
	s := peer.Stream{ID: uint32(id), Seed: u.seed, Block: block}
	if u.Payload != "stream" {
		s.Pattern = u.Payload
	}
	l := &uplink{id: id, stream: s, payload: make([]byte, block)}
	u.links = append(u.links, l)
	return l
}

// remote is the remote end that each send names; not valid when the link has it.
func (u *upload) remote(l *uplink) netip.AddrPort {
	if u.Remote == "each" {
		return l.sink.Addr()
	}
	return netip.AddrPort{}
}

// loop is the measured loop: it gives the links their sends in turn, each when it is due, until the first stop unit is
// reached. one is a send over a link, and returns when it was over.
func (u *upload) loop(ctx context.Context, rec *Recorder, one func(l *uplink, due time.Time) (time.Time, error)) error {
	begin := time.Now()
	u.offer.start(begin, u.Rate, u.Length)
	for {
		l := u.links[u.sends%len(u.links)]
		due, err := u.offer.next(ctx)
		if err != nil {
			return err
		}
		end, err := one(l, due)
		if err != nil {
			return u.failed(l, err)
		}
		u.sends++
		l.arrivals(rec, u.stages)
		if u.over(end.Sub(begin), end, rec) {
			return nil
		}
	}
}

// over says whether a stop unit is reached.
func (u *upload) over(elapsed time.Duration, now time.Time, rec *Recorder) bool {
	done := share(u.Workload, elapsed.Seconds(), u.sent(), u.sends)
	rec.Moved(u.sent())
	rec.Progress(now, done)
	return done >= 1 || u.ended
}

// sent is what was given to the module over all links, in bytes.
func (u *upload) sent() int64 {
	var n int64
	for _, l := range u.links {
		n += l.sent
	}
	return n
}

// failed says after how many sends a send failed. The module's own error code
// to the first send of all is a refusal of this level.
func (u *upload) failed(l *uplink, err error) error {
	if errors.Is(err, errRefused) {
		return err
	}
	if u.sends == 0 {
		if err := refused(err); errors.Is(err, errRefused) {
			return err
		}
	}
	return fmt.Errorf("send %d on link %d (%d B accepted before): %w", u.sends+1, l.id, l.sent, err)
}

// drain waits for what was sent to arrive; what does not arrive counts as lost.
func (u *upload) drain(ctx context.Context, rec *Recorder) {
	for _, l := range u.links {
		l.await(ctx, l.sent)
		l.finish(rec, u.stages)
	}
}

// longEnough refuses a repeat that is too short to mean anything.
func (u *upload) longEnough() error {
	need := max(minSends, (minBytes+u.Length-1)/u.Length)
	if u.sends >= need {
		return nil
	}
	return fmt.Errorf("too short: %d sends, %d B; a repeat needs %d sends and %d B (two send buffers): sends: %d would be enough, or a longer duration",
		u.sends, u.sends*u.Length, minSends, minBytes, need)
}

// close ends the connections and the sinks.
func (u *upload) close(ctx context.Context, r *Rig) error {
	var errs []error
	for _, l := range u.links {
		if l.open {
			errs = append(errs, r.Module.CloseLink(ctx, l.id))
		}
		if l.sink != nil {
			errs = append(errs, l.sink.Close())
		}
	}
	u.links = nil
	return errors.Join(append(errs, strike(ctx, r, u.Workload))...)
}
