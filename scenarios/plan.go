package scenarios

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// maxCases bounds the product of a sweep: more would run for weeks.
const maxCases = 10_000

// Expand returns every combination of levels in the order of the file, the
// first factor changing slowest. A scenario without a sweep is one case.
func (s *Scenario) Expand() []Case {
	n := 1
	for _, f := range s.Sweep {
		n *= len(f.Levels)
	}
	cases := make([]Case, n)
	for i := range cases {
		cases[i] = s.at(i)
	}
	return cases
}

// at is case i: the levels are the digits of i, the last factor the lowest.
func (s *Scenario) at(i int) Case {
	c := Case{Factors: map[string]string{}, Workload: s.Workload}
	parts := make([]string, len(s.Sweep))
	for k := len(s.Sweep) - 1; k >= 0; k-- {
		f := s.Sweep[k]
		level := f.Levels[i%len(f.Levels)]
		i /= len(f.Levels)
		c.Factors[f.Name] = level
		parts[k] = f.Name + "=" + level
		c.place(f.Name, level, s.hooked(f.Name))
	}
	c.Key = strings.Join(parts, "/")
	if c.Key == "" {
		c.Key = s.Workload.Kind
	}
	c.Setup = fill(s.Setup, c.Factors)
	c.Cleanup = fill(s.Cleanup, c.Factors)
	c.Hash = hash(c, s)
	return c
}

// hooked says whether a hook of the rig sets the factor: it is needed as hook:NAME, that of the firmware as flash too.
func (s *Scenario) hooked(name string) bool {
	return slices.Contains(s.Needs, "hook:"+name) || name == "flash" && slices.Contains(s.Needs, name)
}

// hash is the first 16 hex digits of the SHA-256 of the workload's fields, the
// setup lines, and what is set of link, hooks and emulated module.
func hash(c Case, s *Scenario) string {
	emulated := map[string]string{}
	for key, values := range s.Emulated {
		emulated[key] = strings.Join(values, " ")
	}
	var b strings.Builder
	b.WriteString(c.Workload.canonical())
	for _, line := range c.Setup {
		b.WriteString("setup=" + line + "\n")
	}
	if s.Rejoin {
		b.WriteString("rejoin=true\n")
	}
	for _, set := range []struct {
		name   string
		values map[string]string
	}{{"link", c.Link}, {"hook", c.Hooks}, {"emulated", emulated}} {
		for _, key := range slices.Sorted(maps.Keys(set.values)) {
			b.WriteString(set.name + "." + key + "=" + set.values[key] + "\n")
		}
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:8])
}

// Order plans the blocks of a run: each block holds every case once, in an
// order of its own, so that drift of the radio falls on all cases alike. Cases
// are numbered from 0; the result has one slice per repeat. The order is a
// Fisher-Yates shuffle drawn from a PCG generator with the state (seed, 0), so
// that a seed gives the same order on every platform and with every release,
// and a plan of more repeats begins with the plan of fewer.
func Order(cases, repeats int, seed uint64) [][]int {
	source := rand.NewPCG(seed, 0)
	blocks := make([][]int, repeats)
	for b := range blocks {
		block := make([]int, cases)
		for i := range block {
			block[i] = i
		}
		for i := cases - 1; i > 0; i-- {
			j := int(source.Uint64() % uint64(i+1)) // the bias of % is below cases/2^64
			block[i], block[j] = block[j], block[i]
		}
		blocks[b] = block
	}
	return blocks
}
