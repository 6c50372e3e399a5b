package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// session is one harness that has the key, and what it has opened.
type session struct {
	*server
	raw   net.Conn
	wire  *messages
	epoch stampEpoch
	hosts []netip.Addr   // what the module connects to, before all others
	tasks sync.WaitGroup // requests that are served

	mu       sync.Mutex
	requests map[uint64]context.CancelCauseFunc
	ends     map[int64]io.Closer
	next     int64
	over     bool
}

func newSession(s *server, raw net.Conn, w *messages) *session {
	return &session{
		server: s, raw: raw, wire: w,
		epoch:    stampEpoch{at: time.Now(), skew: s.skew},
		requests: map[uint64]context.CancelCauseFunc{}, ends: map[int64]io.Closer{},
	}
}

// meet takes a hello, and says where the module has to connect to.
func (s *session) meet(hello helloMessage) (netip.Addr, error) {
	if hello.Version != protocolVersion {
		return netip.Addr{}, fmt.Errorf("the harness speaks version %d of the control protocol, the remote peer version %d; use the same release of st67bench on both sides",
			hello.Version, protocolVersion)
	}
	s.hosts = s.Addresses
	if hello.Host.IsValid() {
		ln, err := s.Network.Listen("tcp", netip.AddrPortFrom(hello.Host, 0).String())
		if err != nil {
			return netip.Addr{}, fmt.Errorf("the module cannot connect to %s there (%w); give an address of that machine as the rig's peer address, or none", hello.Host, err)
		}
		_ = ln.Close()
		s.hosts = append([]netip.Addr{hello.Host}, s.Addresses...)
	}
	host, err := s.host(false)
	if err != nil {
		return s.host(true)
	}
	return host, nil
}

// serve takes requests until the connection ends, and then closes all that was opened. It says why the connection ended.
func (s *session) serve(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	err := s.take(ctx)
	cancel(errAbandoned)
	s.mu.Lock()
	s.over = true
	ends := s.ends
	s.ends = nil
	s.mu.Unlock()
	for _, e := range ends {
		_ = e.Close()
	}
	_ = s.raw.Close()
	s.tasks.Wait()
	return err
}

func (s *session) take(ctx context.Context) error {
	for {
		if err := s.raw.SetReadDeadline(time.Now().Add(silentTime)); err != nil {
			return err
		}
		var q request
		received, err := s.wire.receive(&q)
		if err != nil {
			return err
		}
		switch q.Op {
		case "clock": // here, so that nothing comes in between
			err = s.reply(q, clockResult{s.epoch.stamp(received), s.epoch.stamp(time.Now())}, nil)
		case "cancel":
			err = s.cancel(q)
		default:
			err = s.start(ctx, q)
		}
		if err != nil {
			return err
		}
	}
}

func (s *session) reply(q request, result any, err error) error {
	a := answer{ID: q.ID, Error: toWire(err)}
	if err == nil && result != nil {
		if a.Result, err = json.Marshal(result); err != nil {
			return err
		}
	}
	return s.wire.send(a)
}

func (s *session) cancel(q request) error {
	var a cancelArgs
	if err := q.args(&a); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if cancel := s.requests[a.Request]; cancel != nil {
		cancel(errAbandoned)
	}
	return nil
}

// start serves a request beside the others.
func (s *session) start(ctx context.Context, q request) error {
	do := operation(q.Op)
	s.mu.Lock()
	busy, double := len(s.requests) >= maxRequestsAtOnce, s.requests[q.ID] != nil
	if do == nil || busy || double {
		s.mu.Unlock()
		switch {
		case do == nil:
			return s.reply(q, nil, fmt.Errorf("peer: the remote peer knows no %.40q", q.Op))
		case double:
			return errors.New("two requests of one number")
		}
		return s.reply(q, nil, fmt.Errorf("peer: more than %d requests at a time", maxRequestsAtOnce))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	s.requests[q.ID] = cancel
	s.mu.Unlock()
	s.tasks.Go(func() {
		result, err := do(s, ctx, q)
		s.mu.Lock()
		delete(s.requests, q.ID)
		s.mu.Unlock()
		cancel(nil)
		if s.reply(q, result, err) != nil {
			_ = s.raw.Close() // who takes no answers is not there
		}
	})
	return nil
}

// args unpacks the arguments; none leave v as it is.
func (q request) args(v any) error {
	if len(q.Args) == 0 {
		return nil
	}
	if err := json.Unmarshal(q.Args, v); err != nil {
		return fmt.Errorf("peer: the arguments of %s cannot be read: %w", q.Op, err)
	}
	return nil
}

// add keeps an end that has been opened, unless nobody wants it any more.
func (s *session) add(ctx context.Context, e io.Closer, addr netip.AddrPort) (any, error) {
	s.mu.Lock()
	full := len(s.ends) >= maxEnds
	if !full && !s.over && ctx.Err() == nil {
		defer s.mu.Unlock()
		s.next++
		s.ends[s.next] = e
		return openResult{s.next, addr}, nil
	}
	s.mu.Unlock()
	_ = e.Close()
	if full {
		return nil, fmt.Errorf("peer: more than %d ends at a remote peer; close some", maxEnds)
	}
	return nil, errAbandoned
}

// endOf is the end that a request is about, when it is of the kind T.
func endOf[T any](s *session, q request) (T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.ends[q.End].(T)
	if !ok {
		return e, fmt.Errorf("peer: %s of end %d: there is none of that kind", q.Op, q.End)
	}
	return e, nil
}

// host is this machine's address of a version of IP that the module connects to.
func (s *session) host(v6 bool) (netip.Addr, error) {
	fits := func(a netip.Addr) bool { return a.Is6() == v6 }
	if i := slices.IndexFunc(s.hosts, fits); i >= 0 {
		return s.hosts[i], nil
	}
	came := hostOf(s.raw.LocalAddr())
	if fits(came) {
		return came, nil
	}
	for _, a := range neighbours(came) {
		if fits(a) {
			return a, nil
		}
	}
	version := 4
	if v6 {
		version = 6
	}
	return netip.Addr{}, fmt.Errorf("peer: the remote peer has no IPv%d address beside %s; give it one with --address", version, came)
}

// neighbours are the addresses on the interface that has a.
func neighbours(a netip.Addr) []netip.Addr {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil
	}
	for _, i := range interfaces {
		var all []netip.Addr
		has, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, x := range has {
			if p, err := netip.ParsePrefix(x.String()); err == nil && !p.Addr().IsLinkLocalUnicast() {
				all = append(all, p.Addr().Unmap())
			}
		}
		if slices.Contains(all, a) {
			return all
		}
	}
	return nil
}
