package spislave

import (
	"testing"
	"testing/synctest"
	"time"
)

// What each fault puts on the wire, in the transaction of the module's word AT.
func TestFaultsOnTheWire(t *testing.T) {
	for fault, want := range map[string]string{
		"old-magic@2": "0155 0200 0000 0000 4154 0000 ddcc bbaa",
		"stall@2":     "aa55 0200 0400 0000 4154 0000 ddcc bbaa",
		"header:0@2":  "ab55 0200 0000 0000 4154 0000 ddcc bbaa",
		"header:3@2":  "aa55 0201 0000 0000 4154 0000 ddcc bbaa",
		"body:1@2":    "aa55 0200 0000 0000 4155 0000 ddcc bbaa",
		"lost-bit@2":  "54aa 0400 0000 0000 82a8 0001 bb99 7755",
	} {
		t.Run(fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := on(t, nil, fault)
				r.exchange(frame("")) // the first transaction
				for _, miso := range []string{want, "aa55 0200 0000 0000 4154 0000 ddcc bbaa"} {
					r.say("AT")
					r.cs(true)
					r.ready(true)
					r.clock("aa55 0100 0000 0000 78 888888 8888 8888", miso)
					r.ready(false)
					r.cs(false)
				}
				r.drain()
				want := Counts{Transactions: 3, Frames: 2}
				if fault == "stall@2" {
					want = Counts{Transactions: 3, Frames: 1, Stalls: 1, Refused: 1}
				}
				if c := r.Counts(); c != want {
					t.Errorf("%+v, want %+v", c, want)
				}
			})
		})
	}
}

// A lost edge brings no event and leaves its number out; the level is right. A
// queue that is full keeps the last level.
func TestLostEdges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := on(t, nil, "lost-edge@2/3")
		for range 3 {
			r.cs(true)
			r.clock("aa55 0000 0000 0000", "aa55 0000 0000 0000")
			time.Sleep(100 * us)
			if level, _ := r.Ready(); level {
				t.Error("RDY is still high")
			}
			r.cs(false)
		}
		for _, want := range []uint32{1, 3, 4, 6} {
			if _, _, seq, err := r.WaitEdge(time.Time{}); err != nil || seq != want {
				t.Errorf("edge %d (%v), want %d", seq, err, want)
			}
		}
	})
	var q edges
	for i := range 2*edgeLimit + 1 {
		q.add(i%2 == 0, time.Time{}, false)
	}
	var last edge
	for q.n > 0 {
		last = q.take()
	}
	if !last.high {
		t.Error("the last edge that is left has the wrong level")
	}
}
