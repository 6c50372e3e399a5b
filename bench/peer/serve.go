package peer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Bounds of a server.
const (
	helloTime         = 5 * time.Second  // from the connection to the hello
	silentTime        = 45 * time.Second // of a session without a request: more than four heartbeats
	maxHandshakes     = 16
	maxHandshakesOf   = 4 // of one address
	maxSessions       = 4
	maxEnds           = 32  // of one session
	maxRequestsAtOnce = 128 // of one session
	maxIperfTime      = 24 * time.Hour
)

// ServeOptions say how a remote peer is served.
type ServeOptions struct {
	// Addresses are what the module connects to, one of each version of IP at most. Where one is not given, it is the address
	// by which the harness came, or one of the other version on the same interface.
	Addresses []netip.Addr
	Network   Network
	Log       *slog.Logger // nil for none; it never has a secret

	skew func(time.Duration) time.Duration // for tests: makes the clock a wrong one
}

// server serves sessions.
type server struct {
	ServeOptions
	config *tls.Config
	quiet  quiet
	tasks  sync.WaitGroup

	mu         sync.Mutex
	handshakes int
	from       map[netip.Addr]int // handshakes of an address
	sessions   int
}

// ServeControl serves a remote peer on ln to everybody who has the key, until ctx ends: then it returns nil, and all that it
// had opened is closed. It owns ln.
func ServeControl(ctx context.Context, ln net.Listener, key Key, o ServeOptions) error {
	o.Network = o.Network.withDefaults()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	config, err := key.config(roleServer, roleClient)
	if err != nil {
		_ = ln.Close()
		return err
	}
	s := &server{ServeOptions: o, config: config, from: map[netip.Addr]int{}}
	s.quiet.log = o.Log
	ctx, cancel := context.WithCancel(ctx)
	defer s.tasks.Wait()
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = ln.Close() })()
	defer ln.Close()
	for {
		conn, err := ln.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("peer: the control connection's listener was closed: %w", err)
		case err != nil: // too many open files, say; it passes
			s.quiet.warn("cannot take a control connection", "error", err)
			if !pause(ctx, 100*time.Millisecond) {
				return nil
			}
		default:
			s.admit(ctx, conn)
		}
	}
}

// pause waits; false when ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// admit lets a stranger try to prove that it has the key, unless too many do.
func (s *server) admit(ctx context.Context, conn net.Conn) {
	from := hostOf(conn.RemoteAddr())
	s.mu.Lock()
	full := s.handshakes >= maxHandshakes || s.from[from] >= maxHandshakesOf
	if !full {
		s.handshakes++
		s.from[from]++
	}
	s.mu.Unlock()
	if full {
		s.quiet.warn("refused: too many at a time", "from", from)
		_ = conn.Close()
		return
	}
	s.tasks.Go(func() {
		defer conn.Close()
		defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
		session, err := s.greet(ctx, conn)
		s.mu.Lock()
		s.handshakes--
		if s.from[from]--; s.from[from] == 0 {
			delete(s.from, from)
		}
		s.mu.Unlock()
		if err != nil {
			s.quiet.warn("refused", "from", from, "why", err)
			return
		}
		s.session(ctx, session)
	})
}

// hostOf is the address without port, which for a link of another kind is none.
func hostOf(a net.Addr) netip.Addr {
	ap, err := addrPort(a)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr()
}

// greet makes the handshake and takes the hello.
func (s *server) greet(ctx context.Context, raw net.Conn) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, helloTime)
	defer cancel()
	if err := raw.SetReadDeadline(time.Now().Add(helloTime)); err != nil {
		return nil, err
	}
	conn := tls.Server(raw, s.config)
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	w := &messages{conn: conn, max: maxRequest}
	var q request
	if _, err := w.receive(&q); err != nil {
		return nil, fmt.Errorf("no hello: %w", err)
	}
	var hello helloMessage
	if err := q.args(&hello); err != nil || q.Op != "hello" {
		return nil, fmt.Errorf("the first request is %.40q and not hello", q.Op)
	}
	session := newSession(s, raw, w)
	host, err := session.meet(hello)
	if err != nil {
		return nil, errors.Join(err, w.send(answer{ID: q.ID, Error: toWire(err)}))
	}
	return session, session.reply(q, helloResult{host}, nil)
}

// session serves one harness.
func (s *server) session(ctx context.Context, harness *session) {
	s.mu.Lock()
	full := s.sessions >= maxSessions
	if !full {
		s.sessions++
	}
	s.mu.Unlock()
	from := harness.raw.RemoteAddr().String()
	if full {
		s.quiet.warn("refused: too many sessions", "from", from)
		return
	}
	s.Log.Info("session begins", "from", from)
	err := harness.serve(ctx)
	s.Log.Info("session ended", "from", from, "why", err)
	s.mu.Lock()
	s.sessions--
	s.mu.Unlock()
}

// Strangers may make so many lines of log in a minute.
const (
	quietLines = 20
	quietTime  = time.Minute
)

// quiet is a log that strangers cannot flood.
type quiet struct {
	log *slog.Logger

	mu      sync.Mutex
	since   time.Time
	lines   int
	dropped int
}

func (q *quiet) warn(text string, args ...any) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if now := time.Now(); now.Sub(q.since) > quietTime {
		if q.dropped > 0 {
			q.log.Warn("and more that were not logged", "lines", q.dropped)
		}
		q.since, q.lines, q.dropped = now, 0, 0
	}
	if q.lines == quietLines {
		q.dropped++
		return
	}
	q.lines++
	q.log.Warn(text, args...)
}
