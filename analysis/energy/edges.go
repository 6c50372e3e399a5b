package energy

import (
	"slices"

	"st67bench/results/trace"
)

// fewEdges of a channel are events that a reader wants to see; what has more carries data or a clock.
const fewEdges = 12

// Edge is a change of a digital channel.
type Edge struct {
	At      int64 // the first sample after it
	Channel string
	High    bool
}

// edges looks for those of channels that have a name.
type edges struct {
	names []string
	found []Edge
	count [8]int // by channel
	state byte
	next  int64 // index after the last sample; 0 when there is none to compare with
}

func (e *edges) add(b trace.Block) {
	for i, now := range b.Digital {
		at := b.Index + int64(i)
		if at == e.next && at > 0 {
			if now == e.state {
				e.next++
				continue
			}
			e.change(at, now)
		}
		e.state, e.next = now, at+1
	}
}

func (e *edges) change(at int64, now byte) {
	for bit, name := range e.names {
		if mask := byte(1) << bit; name != "" && (now^e.state)&mask != 0 {
			if e.count[bit]++; e.count[bit] <= fewEdges {
				e.found = append(e.found, Edge{at, name, now&mask != 0})
			}
		}
	}
}

// few are the edges of channels that have few.
func (e *edges) few() []Edge {
	return slices.DeleteFunc(e.found, func(f Edge) bool { return e.count[slices.Index(e.names, f.Channel)] > fewEdges })
}
