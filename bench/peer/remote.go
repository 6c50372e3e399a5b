// # Remote peer
//
// The ends may run on another machine, where [ServeControl] serves them to one that has the key: st67bench peer. [Dial]
// is a [Peer] there. The module's connections go to that machine directly; over the control connection go only
// orders and figures, hardly any while a measurement runs.
//
// The control connection is TLS 1.3 over TCP. Both sides derive two Ed25519 keys from the shared [Key] by HKDF (RFC 5869),
// one for the server and one for the client, show a certificate that is signed by its own key, and take
// nothing but the other role's key. Who has no key is shown the server's certificate and then a closed
// connection, and one line is logged. Handshakes at a time are bounded, over all and for each address, and have a deadline.
//
// Messages are JSON documents, each behind its length in four bytes, most significant byte first: at most 64 KiB to the
// server, 1 MiB from it. A request is {"id", "op", "end", "args"}, an answer {"id", "error", "result"}; requests
// are served at the same time and answered as they end. The first one has to be hello with the version
// of the protocol, 1, and the address to which the module is to connect, if not the server's choice; the server
// says no to another version, and to an address that it does not have, in words. Then:
//
//	op                   args                       result
//	clock                                           when it was received and answered
//	sink, source, echo   stream and options         number and address of the new end
//	iperf                end, protocol, time, rate  the same
//	iperf3               time                       the same
//	wait                 bytes                      when they have arrived
//	report                                          of a sink
//	times                from, forget               of up to 16384 blocks or requests
//	start, stop, done                               of a source; done is when it has sent all
//	state                                           of a source or an echo
//	rows                                            of iperf, as soon as there are any; with the last ones its result
//	close, release                                  ends an end; forgets it
//	cancel               request                    gives up another request; it has no answer of its own
//
// A session has no more than 32 ends and 128 requests at a time. When its connection ends, or is silent for 45 s, all
// that it had opened is closed.
//
// # Two clocks
//
// The peer's instants come as stamps of its own clock, and are converted. The offset of the two clocks is measured by round
// trips over the control connection, the shortest of many, as NTP does (RFC 5905): the true offset is never further away than
// half of that round trip. This is measured when the connection opens, before and after each repeat ([Clocked]) and every
// ten seconds in between. From measurements that lie apart, the drift is computed as soon as it can be told from none; until then
// 100 ppm are allowed for in the uncertainty.
package peer

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	// controlTime bounds what takes no longer than the network does.
	controlTime = 10 * time.Second
	// heartbeat is how often the clock is measured, with beatProbes round trips; it tells the server that somebody is there.
	heartbeat  = 10 * time.Second
	beatProbes = 8
)

// Remote is a peer on another machine.
type Remote struct {
	address string
	host    netip.Addr
	conn    net.Conn
	wire    *messages
	clock   remoteTime
	tasks   sync.WaitGroup

	mu      sync.Mutex
	next    uint64
	pending map[uint64]chan arrival
	err     error         // why there is no connection any more
	lost    chan struct{} // closed then
}

// arrival is an answer and when it came.
type arrival struct {
	answer
	at time.Time
}

// Dial opens the remote peer that serves at address, HOST:PORT, and measures its clock. ctx bounds the opening alone.
// Both sides need the same key. host is the address of that machine to which the module connects; when it is not valid, the
// machine's own choice holds ([ServeOptions]).
func Dial(ctx context.Context, address string, key Key, host netip.Addr) (*Remote, error) {
	ctx, cancel := context.WithTimeout(ctx, controlTime)
	defer cancel()
	config, err := key.config(roleClient, roleServer)
	if err != nil {
		return nil, err
	}
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("peer: no remote peer at %s: %w; start st67bench peer --listen there", address, err)
	}
	conn := tls.Client(raw, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		if errors.Is(err, errOtherKey) {
			return nil, fmt.Errorf("peer: %s is refused: %w; give both sides the same one", address, err)
		}
		return nil, fmt.Errorf("peer: what listens at %s does not answer as a remote peer: %w", address, err)
	}
	r := newRemote(address, conn)
	if err := r.greet(ctx, host); err != nil {
		r.Close()
		return nil, fmt.Errorf("peer: the remote peer at %s: %w", address, err)
	}
	r.tasks.Go(r.beat)
	return r, nil
}

func newRemote(address string, conn net.Conn) *Remote {
	r := &Remote{
		address: address, conn: conn, wire: &messages{conn: conn, max: maxAnswer},
		clock:   remoteTime{epoch: stampEpoch{at: time.Now()}},
		pending: map[uint64]chan arrival{}, lost: make(chan struct{}),
	}
	r.tasks.Go(r.read)
	return r
}

func (r *Remote) greet(ctx context.Context, host netip.Addr) error {
	var answer helloResult
	if _, err := r.ask(ctx, "hello", 0, helloMessage{protocolVersion, host}, &answer); err != nil {
		return err
	}
	r.host = answer.Host
	return r.Synchronize(ctx)
}

// Kind is "remote".
func (*Remote) Kind() string { return "remote" }

// Host is the address to which the module connects, of IPv4 where that machine has one.
func (r *Remote) Host() netip.Addr { return r.host }

// Close ends the connection, and with it all that was opened there.
func (r *Remote) Close() error {
	r.end(net.ErrClosed)
	r.tasks.Wait()
	return nil
}

// end notes why the connection is over, and fails what waits.
func (r *Remote) end(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
		close(r.lost)
		_ = r.conn.Close() // its last word may not go out: the other side ends all the same
	}
}

// gone is the error of all that needs the connection. What the module's connection may end with, it does not wrap.
func (r *Remote) gone() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == net.ErrClosed {
		return fmt.Errorf("peer: the connection to the remote peer at %s was closed: %w", r.address, net.ErrClosed)
	}
	return fmt.Errorf("peer: the connection to the remote peer at %s was lost (%v); look at what st67bench peer says there", r.address, r.err)
}

// read hands answers to who waits for them.
func (r *Remote) read() {
	for {
		var a arrival
		at, err := r.wire.receive(&a.answer)
		if err != nil {
			r.end(err)
			return
		}
		a.at = at
		r.mu.Lock()
		to := r.pending[a.ID]
		delete(r.pending, a.ID)
		r.mu.Unlock()
		if to != nil { // else it was given up
			to <- a
		}
	}
}

// beat measures the clock again and again, until the connection ends.
func (r *Remote) beat() {
	t := time.NewTicker(heartbeat)
	defer t.Stop()
	for {
		select {
		case <-r.lost:
			return
		case <-t.C:
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*heartbeat)
		err := r.measure(ctx, beatProbes)
		cancel()
		if err != nil {
			r.end(err)
		}
	}
}

// ask sends a request and waits for its answer, which it unpacks into result. When ctx ends, the request is given up,
// and the error is what the other side says of it then, with the cause of ctx. It returns when the answer came.
func (r *Remote) ask(ctx context.Context, op string, end int64, args, result any) (time.Time, error) {
	if ctx.Err() != nil {
		return time.Time{}, fmt.Errorf("peer: nothing was asked of the remote peer: %w", context.Cause(ctx))
	}
	q := request{Op: op, End: end}
	if args != nil {
		packed, err := json.Marshal(args)
		if err != nil {
			return time.Time{}, err
		}
		q.Args = packed
	}
	to := r.expect(&q)
	defer r.giveUp(q.ID)
	if err := r.wire.send(q); err != nil {
		r.end(err)
		return time.Time{}, r.gone()
	}
	a, err := r.await(ctx, q.ID, to)
	if err == nil {
		err = a.Error.unpack()
	}
	if errors.Is(err, errAbandoned) {
		err = causedBy(ctx, err)
	}
	if err == nil && result != nil {
		err = json.Unmarshal(a.Result, result)
	}
	return a.at, err
}

// expect numbers a request and says where its answer will come.
func (r *Remote) expect(q *request) chan arrival {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next++
	q.ID = r.next
	to := make(chan arrival, 1)
	r.pending[q.ID] = to
	return to
}

func (r *Remote) giveUp(id uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.pending, id)
}

// await waits for an answer. A request that is given up is answered at once.
func (r *Remote) await(ctx context.Context, id uint64, to chan arrival) (arrival, error) {
	select {
	case a := <-to:
		return a, nil
	case <-r.lost:
		return r.last(to)
	case <-ctx.Done():
	}
	packed, err := json.Marshal(cancelArgs{id})
	if err == nil {
		err = r.wire.send(request{Op: "cancel", Args: packed})
	}
	if err != nil {
		r.end(err)
	}
	late := time.NewTimer(controlTime)
	defer late.Stop()
	select {
	case a := <-to:
		return a, nil
	case <-r.lost:
		return r.last(to)
	case <-late.C:
		return arrival{}, fmt.Errorf("peer: the remote peer at %s does not answer: %w", r.address, context.Cause(ctx))
	}
}

// last is the answer that came before the connection was lost, as that of a peer that refuses a harness does.
func (r *Remote) last(to chan arrival) (arrival, error) {
	select {
	case a := <-to:
		return a, nil
	default:
		return arrival{}, r.gone()
	}
}

// order is ask for what takes no longer than the network does.
func (r *Remote) order(op string, end int64, args, result any) error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), controlTime, errors.New("the network is too slow"))
	defer cancel()
	_, err := r.ask(ctx, op, end, args, result)
	return err
}
