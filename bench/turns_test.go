package bench

import "testing"

// Each block has one boot of each side; two blocks are ABBA or BAAB; both occur; a longer plan begins with the shorter one.
func TestTurns(t *testing.T) {
	forms := map[string]int{}
	for seed := range uint64(200) {
		turns := Turns(9, seed)
		short := Turns(4, seed)
		if len(turns) != 18 || len(short) != 8 {
			t.Fatalf("%d and %d turns", len(turns), len(short))
		}
		first := 0
		for b := range 9 {
			x, y := turns[2*b], turns[2*b+1]
			if x.Block != b+1 || y.Block != b+1 || x.Side+y.Side != 1 {
				t.Fatalf("seed %d, block %d: %v %v", seed, b+1, x, y)
			}
			if b < 4 && (short[2*b] != x || short[2*b+1] != y) {
				t.Fatalf("seed %d: a plan of 4 does not begin a plan of 9", seed)
			}
			if b < 8 {
				first += x.Side
			}
		}
		if first != 4 {
			t.Errorf("seed %d: B is first in %d of 8 blocks", seed, first)
		}
		form := ""
		for _, turn := range turns[:4] {
			form += string(rune('A' + turn.Side))
		}
		forms[form]++
	}
	// 200 fair draws: within 4.2 standard deviations (7.07) of 100.
	if len(forms) != 2 || forms["ABBA"] < 70 || forms["ABBA"] > 130 || forms["ABBA"]+forms["BAAB"] != 200 {
		t.Errorf("%v", forms)
	}
}
