package scenarios

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The expected order comes from an implementation of PCG-DXSM and the shuffle
// in Python, with the constants of the PCG paper's 128-bit generator.
func TestOrderIsStable(t *testing.T) {
	want := [][]int{
		{8, 1, 3, 9, 6, 7, 4, 5, 0, 2},
		{2, 0, 6, 7, 1, 4, 5, 9, 3, 8},
		{1, 0, 8, 6, 9, 5, 2, 4, 3, 7},
	}
	if got := Order(10, 3, 67); !reflect.DeepEqual(got, want) {
		t.Errorf("Order(10, 3, 67) = %v, want %v", got, want)
	}
}

func TestOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cases := rapid.IntRange(0, 40).Draw(t, "cases")
		repeats := rapid.IntRange(0, 20).Draw(t, "repeats")
		seed := rapid.Uint64().Draw(t, "seed")
		blocks := Order(cases, repeats, seed)
		if len(blocks) != repeats {
			t.Fatalf("%d blocks, want %d", len(blocks), repeats)
		}
		for _, block := range blocks {
			sorted := slices.Sorted(slices.Values(block))
			for i, c := range sorted {
				if i != c {
					t.Fatalf("block %v does not hold every case once", block)
				}
			}
			if len(sorted) != cases {
				t.Fatalf("block %v has not %d cases", block, cases)
			}
		}
		if longer := Order(cases, repeats+3, seed); !reflect.DeepEqual(longer[:repeats], blocks) {
			t.Fatal("a longer plan does not begin with the shorter one")
		}
	})
}

// Every case comes first about equally often: with 5 cases and 5000 blocks the
// count is binomial with mean 1000 and standard deviation 28.
func TestOrderIsFair(t *testing.T) {
	var first [5]int
	for _, block := range Order(5, 5000, 1) {
		first[block[0]]++
	}
	for c, n := range first {
		if n < 860 || n > 1140 {
			t.Errorf("case %d is first in %d of 5000 blocks; 1000 are expected", c, n)
		}
	}
}

const swept = `
name: swept
workload: {kind: cipsend, wait: recv, sends: 400}
setup: ["AT+CIPTCPOPT=0,-1,{nodelay}"]
sweep:
  links: [1, 2]
  nodelay: [0, 1]
  length: [1KiB, 1460]
`

func TestExpand(t *testing.T) {
	s, err := Parse("swept.yaml", []byte(swept))
	if err != nil {
		t.Fatal(err)
	}
	cases := s.Expand()
	var keys []string
	for _, c := range cases {
		keys = append(keys, c.Key)
	}
	want := []string{
		"links=1/nodelay=0/length=1024", "links=1/nodelay=0/length=1460",
		"links=1/nodelay=1/length=1024", "links=1/nodelay=1/length=1460",
		"links=2/nodelay=0/length=1024", "links=2/nodelay=0/length=1460",
		"links=2/nodelay=1/length=1024", "links=2/nodelay=1/length=1460",
	}
	if !slices.Equal(keys, want) {
		t.Fatalf("keys %q, want %q", keys, want)
	}
	last := cases[7]
	if w := last.Workload; w.Links != 2 || w.Length != 1460 || w.Wait != "recv" || w.Sends != 400 || w.Duration != 0 {
		t.Errorf("workload of %s: %+v", last.Key, w)
	}
	if !slices.Equal(last.Setup, []string{"AT+CIPTCPOPT=0,-1,1"}) {
		t.Errorf("setup of %s: %q", last.Key, last.Setup)
	}
	// sha256sum of kind, length, links, protocol, sends, wait and setup, one name=value a line
	if last.Hash != "a721b3560532474a" {
		t.Errorf("hash of %s is %s", last.Key, last.Hash)
	}
}

// The hash is that of the parameters, however they are written and titled.
func TestHash(t *testing.T) {
	hashOf := func(text string) string {
		t.Helper()
		s, err := Parse("hash.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return s.Expand()[0].Hash
	}
	// sha256sum of duration, kind, length, links, protocol and wait, one name=value a line
	const want = "b5b7dc14fdb17e2e"
	for _, same := range []string{
		"name: a\nworkload: {kind: cipsend, length: 2920}",
		"name: b\nworkload: {kind: cipsend, duration: 1000ms}\nsweep: {length: [2920]}",
		"name: c\ntitle: another\nwarmup: 3\nrepeats: {boots: 4}\nlimits: {goodput: {min: 1Mbit/s}}\nworkload: {kind: cipsend, length: 2920, wait: final, links: 1}",
	} {
		if got := hashOf(same); got != want {
			t.Errorf("hash %s, want %s, of:\n%s", got, want, same)
		}
	}
	for _, other := range []string{
		"name: a\nworkload: {kind: cipsend, length: 2920, wait: recv}",
		"name: a\nworkload: {kind: cipsend, length: 2920, duration: 2s}",
		"name: a\nworkload: {kind: cipsend, length: 2920, duration: 1s, sends: 20}",
		"name: a\nworkload: {kind: cipsend, length: 2920}\nsetup: [AT+SYSLOG=0]",
	} {
		if hashOf(other) == want {
			t.Errorf("the same hash for:\n%s", other)
		}
	}
}

func TestNoSweepIsOneCase(t *testing.T) {
	s, err := Parse("one.yaml", []byte("name: one\nworkload: {kind: cipsend}"))
	if err != nil {
		t.Fatal(err)
	}
	cases := s.Expand()
	if len(cases) != 1 || cases[0].Key != "cipsend" || len(cases[0].Factors) != 0 {
		t.Errorf("cases %+v", cases)
	}
}

func TestLimitApplies(t *testing.T) {
	c := Case{Factors: map[string]string{"length": "2920", "links": "1"}}
	for _, row := range []struct {
		where map[string]string
		want  bool
	}{
		{nil, true},
		{map[string]string{"length": "2920"}, true},
		{map[string]string{"length": "2920", "links": "2"}, false},
		{map[string]string{"wait": "recv"}, false},
	} {
		if got := (Limit{Where: row.where}).Applies(c); got != row.want {
			t.Errorf("a limit where %v applies: %t", row.where, got)
		}
	}
}
