package peer

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// servedTest is a test that a session runs: iperf 2 or iperf3.
type servedTest struct {
	close func() error
	wait  func() (result any, err error)
	ended <-chan struct{}

	mu    sync.Mutex
	fresh []IperfRow    // that nobody has fetched
	more  chan struct{} // closed and made anew with each row
}

func newServedTest() *servedTest { return &servedTest{more: make(chan struct{})} }

// Close ends the test, and returns when nothing of it runs any more.
func (t *servedTest) Close() error { return t.close() }

// row keeps a row until it is fetched. Nobody who is there lets them grow many; no more than a day's are kept.
func (t *servedTest) row(r IperfRow) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.fresh) < int(maxIperfTime/time.Second) {
		t.fresh = append(t.fresh, r)
	}
	close(t.more)
	t.more = make(chan struct{})
}

// maxRows is how many rows go into one answer.
const maxRows = 1024

// take is the rows since the last time, and what tells of more.
func (t *servedTest) take() (rows []IperfRow, more chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := min(len(t.fresh), maxRows)
	rows = append(rows, t.fresh[:n]...)
	t.fresh = t.fresh[:copy(t.fresh, t.fresh[n:])]
	return rows, t.more
}

// openIperf opens an end of iperf 2. It lives as long as the session, or until it is closed.
func (s *session) openIperf(ctx context.Context, q request) (any, error) {
	var a iperfArgs
	if err := q.args(&a); err != nil {
		return nil, err
	}
	if a.Time > maxIperfTime {
		return nil, fmt.Errorf("peer: iperf for %v at a remote peer; %v is the most", a.Time, maxIperfTime)
	}
	p, err := s.local(Options{IPv6: a.Address.Addr().Is6()})
	if err != nil {
		return nil, err
	}
	t := newServedTest()
	test, err := p.(IperfPeer).Iperf(context.WithoutCancel(ctx), a.End, IperfOptions{
		Protocol: a.Protocol, Address: a.Address, Time: a.Time, Rate: a.Rate, Datagram: a.Datagram, Row: t.row,
	})
	if err != nil {
		return nil, err
	}
	return runTest(s, ctx, t, test)
}

// openIperf3 opens a server of iperf3.
func (s *session) openIperf3(ctx context.Context, q request) (any, error) {
	var a iperfArgs
	if err := q.args(&a); err != nil {
		return nil, err
	}
	if a.Time <= 0 || a.Time > maxIperfTime {
		return nil, fmt.Errorf("peer: iperf3 for %v at a remote peer; it has to be more than 0 and %v at most", a.Time, maxIperfTime)
	}
	host, err := s.host(false)
	if err != nil {
		return nil, err
	}
	test, err := Iperf3Server(context.WithoutCancel(ctx), netip.AddrPortFrom(host, 0), a.Time)
	if err != nil {
		return nil, err
	}
	return runTest(s, ctx, newServedTest(), test)
}

// runTest keeps a test that has been opened.
func runTest[R any](s *session, ctx context.Context, t *servedTest, test *Running[R]) (any, error) {
	t.close = test.Close
	t.wait = func() (any, error) { return test.Wait(context.Background()) }
	t.ended = test.done
	return s.add(ctx, t, test.Addr())
}

// rows waits until there are rows, or the test's end.
func (s *session) rows(ctx context.Context, q request) (any, error) {
	t, err := endOf[*servedTest](s, q)
	if err != nil {
		return nil, err
	}
	for {
		fresh, more := t.take()
		if len(fresh) > 0 {
			return rowsResult{Rows: fresh}, nil
		}
		select {
		case <-t.ended:
			return t.end()
		case <-more:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// end is the last answer: no rows come after it.
func (t *servedTest) end() (any, error) {
	rows, _ := t.take()
	if len(rows) == maxRows {
		return rowsResult{Rows: rows}, nil
	}
	result, failed := t.wait()
	packed, err := json.Marshal(result)
	return rowsResult{Rows: rows, Ended: true, Result: packed, Err: toWire(failed)}, err
}
