package main

import (
	"context"
	"time"

	"st67bench/transport/at"
)

// maxShown is how much of one run of received payload is kept to be shown: more
// than the 4608 B that the firmware puts behind one head.
const maxShown = 8192

// received is payload that came behind a head such as "+IPD:0,5,".
type received struct {
	head string
	data []byte // maxShown at the most
	n    int    // bytes in all
}

// inbound puts the payload of all links together, head by head, and hands each
// run over when it is whole. Its methods run on the session's reader, one after
// the other.
type inbound struct {
	ctx context.Context // when it ends, nobody takes what comes
	out chan received
	now received
	due int // bytes of now that are still to come
}

// tap has the grammar tell of every head that payload follows.
func (i *inbound) tap(g *at.Grammar) *at.Grammar {
	raw := g.Raw
	g.Raw = func(head []byte) (n, link int, ok bool) {
		n, link, ok = raw(head)
		if ok && link >= 0 {
			i.begin(head, n)
		}
		return n, link, ok
	}
	return g
}

// begin starts a run. One before it that stopped in the middle is forgotten: the session has given it up.
func (i *inbound) begin(head []byte, n int) {
	i.now, i.due = received{head: string(head), n: n}, n
}

// take is the Sink of every link.
func (i *inbound) take(p []byte, _ time.Time) {
	room := min(maxShown-len(i.now.data), len(p))
	i.now.data = append(i.now.data, p[:room]...)
	if i.due -= len(p); i.due > 0 {
		return
	}
	select {
	case i.out <- i.now:
	case <-i.ctx.Done():
	}
}
