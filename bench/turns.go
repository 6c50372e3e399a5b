package bench

import "math/rand/v2"

// Turn is one boot of an interleaved A/B run.
type Turn struct {
	Side  int // 0 is A, 1 is B
	Block int // from 1; each block has one boot of each side
}

// Turns is the order of an interleaved A/B run with so many boots a side, at least one. Two blocks together are ABBA or BAAB,
// drawn from a PCG generator with the state (seed, 1): a drift that is linear over the four boots falls on both sides alike, each
// side is first in half of the blocks (one more or less of an odd number), and nothing periodic on the rig can keep step. A seed
// gives the same order everywhere, and a plan of more boots begins with the plan of fewer.
func Turns(boots int, seed uint64) []Turn {
	source := rand.NewPCG(seed, 1)
	turns := make([]Turn, 0, 2*boots)
	first := 0
	for block := 1; block <= boots; block++ {
		if block%2 == 1 {
			first = int(source.Uint64() >> 63)
		} else {
			first = 1 - first
		}
		turns = append(turns, Turn{first, block}, Turn{1 - first, block})
	}
	return turns
}
