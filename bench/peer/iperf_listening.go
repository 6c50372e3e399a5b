package peer

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	listenTime = 5 * time.Second        // from a server's start until it listens, at most
	listenPoll = 5 * time.Millisecond   // between looks at the system's sockets
	blindTime  = 300 * time.Millisecond // what a server needs where the sockets cannot be seen
)

// awaitListening waits until the program has said that it listens (ready, which may be nil) and the system has the
// socket: iperf says so before it is true. A connection to find out would be taken for the test's.
func awaitListening[R any](ctx context.Context, test *Running[R], ready <-chan struct{}) error {
	late := time.NewTimer(listenTime)
	defer late.Stop()
	tick := time.NewTicker(listenPoll)
	defer tick.Stop()
	start := time.Now()
	for {
		if ready == nil {
			if yes, known := listens(test.addr.Port()); yes || !known && time.Since(start) >= blindTime {
				return nil
			}
		}
		select {
		case <-ready:
			ready, start = nil, time.Now()
		case <-tick.C:
		case <-test.done:
			if test.err == nil {
				return errors.New("peer: the server ended before it listened")
			}
			return test.err
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-late.C:
			return fmt.Errorf("peer: the server does not listen on %s %v after its start", test.addr, listenTime)
		}
	}
}
