package peer

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// What a network does to datagrams, the sink counts: of 400 datagrams of 1000 bytes, one each millisecond, every 40th is lost, every
// 50th comes twice, and of every 80 the 20th comes after the two behind it. By arithmetic:
//
//	lost        400/40 = 10 datagrams, number 39, 79 ... 399; the last one is behind all that arrived, and no hole yet: 9
//	duplicate   400/50 = 8, number 49 ... 399; of them 199 and 399 are lost, and 99 is held back: 5
//	reordered   400/80 = 5, number 19, 99 ... 339
//	arrived     390 + 5
func TestUDPSinkCountsDatagrams(t *testing.T) {
	const size, n = 1000, 400
	for _, pattern := range []string{"", "plus", "final"} {
		synctest.Test(t, func(t *testing.T) {
			net := inMemory()
			s := Stream{ID: 1, Seed: 2, Block: size, Pattern: pattern}
			k, err := Local(net, iperfAt.Addr()).Sink(t.Context(), s, Options{Protocol: UDP})
			if err != nil {
				t.Fatal(err)
			}
			defer k.Close()
			c, err := net.Dial(t.Context(), "udp", k.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			start := time.Now()
			datagram := func(i int64) { send(t, c, bytesOf(s, i*size, size)) }
			for i := range int64(n) {
				switch time.Sleep(time.Millisecond); {
				case i%40 == 39: // lost
				case i%80 == 19: // held back
				case i%80 == 21:
					datagram(i)
					datagram(i - 2)
				case i%50 == 49:
					datagram(i)
					datagram(i)
				default:
					datagram(i)
				}
			}
			synctest.Wait()
			r := k.Report()
			want := Report{
				Bytes: 395 * size, Good: 390 * size, Lost: 9 * size, Duplicate: 5 * size, Reordered: 5 * size,
				FirstBad: 19 * size, Blocks: 390, FirstBlock: size, LastBlock: 390 * size,
				Datagrams: 395, Connected: true, First: start.Add(time.Millisecond), Last: start.Add(399 * time.Millisecond),
			}
			if r != want {
				t.Errorf("%q: counted\n%+v, want\n%+v", pattern, r, want)
			}
			// 389 datagrams came in the 398 ms after the first.
			if rate, ok := r.Goodput(); !ok || math.Abs(rate/(8*389*size/0.398)-1) > 1e-12 {
				t.Errorf("%q: goodput %v, %v", pattern, rate, ok)
			}
			at := make([]time.Time, n)
			for i, when := range at[:k.Arrived(0, at)] {
				want := start.Add(time.Duration(i+1) * time.Millisecond)
				switch {
				case i%40 == 39:
					want = time.Time{}
				case i%80 == 19:
					want = want.Add(2 * time.Millisecond)
				}
				if !when.Equal(want) {
					t.Errorf("%q: datagram %d arrived at %v, want %v", pattern, i, when, want)
				}
			}
		})
	}
}
