package st67

import "testing"

// TestHeads: the same bytes are a line, a head or neither, by the module's mode. The forms are those of manual 1.1.2,
// 4.1.26 and 4.1.27.
func TestHeads(t *testing.T) {
	type want struct {
		n, link int
		ok      bool
	}
	none := want{}
	for _, c := range []struct {
		name string
		mode mode
		head string
		want want
	}{
		{"passive, single: a whole line", mode{passive: true}, `+IPD:1,`, none},
		{"passive, mux: a whole line", mode{mux: true, passive: true}, `+IPD:1,23,`, none},
		{"passive, mux, info: a whole line", mode{mux: true, passive: true, info: true}, `+IPD:1,23,"10.0.0.1",80,`, none},

		{"active, single: one byte follows", mode{}, `+IPD:1,`, want{1, 0, true}},
		{"active, single: not at the digits", mode{}, `+IPD:1`, none},
		{"active, mux: the first comma ends the link", mode{mux: true}, `+IPD:1,`, none},
		{"active, mux: 23 bytes of link 1", mode{mux: true}, `+IPD:1,23,`, want{23, 1, true}},
		{"active, mux: no comma yet", mode{mux: true}, `+IPD:1,23`, none},

		{"info, single: the length alone is not the head", mode{info: true}, `+IPD:23,`, none},
		{"info, single: the address is not the head", mode{info: true}, `+IPD:23,"10.0.0.1",`, none},
		{"info, single", mode{info: true}, `+IPD:23,"10.0.0.1",80,`, want{23, 0, true}},
		{"info, mux: same bytes, one field short", mode{mux: true, info: true}, `+IPD:23,"10.0.0.1",80,`, none},
		{"info, mux", mode{mux: true, info: true}, `+IPD:4,1460,"10.0.0.1",80,`, want{1460, 4, true}},
		{"info, mux, with the manual's spaces", mode{mux: true, info: true}, `+IPD:4,1460, "10.0.0.1", 80,`, want{1460, 4, true}},
		{"info, IPv6", mode{mux: true, info: true}, `+IPD:0,7,"fe80::1",80,`, want{7, 0, true}},

		{"reply data", mode{mux: true, passive: true}, `+CIPRECVDATA:1460,`, want{1460, -1, true}},
		{"reply data in any mode", mode{}, `+CIPRECVDATA:0,`, want{0, -1, true}},
		{"reply data: once only", mode{}, `+CIPRECVDATA:1,2,`, none},
		{"fuses", mode{}, `+EFUSE-R:4,`, want{4, -1, true}},
		{"no number", mode{}, `+IPD:x,`, none},
		{"negative", mode{}, `+IPD:-1,`, none},
		{"another line", mode{}, `+CIPRECVLEN:1,`, none},
		{"nothing", mode{}, ``, none},
	} {
		n, link, ok := grammar(c.mode).Raw([]byte(c.head))
		if got := (want{n, link, ok}); got.ok != c.want.ok || got.ok && got != c.want {
			t.Errorf("%s: %q: got %+v, want %+v", c.name, c.head, got, c.want)
		}
	}
}

func TestModeFollowsSettings(t *testing.T) {
	var m mode
	for _, s := range []struct {
		name, value string
		want        mode
	}{
		{"CIPMUX", "1", mode{mux: true}},
		{"CIPRECVMODE", "1", mode{mux: true, passive: true}},
		{"CIPDINFO", "true", mode{mux: true, passive: true, info: true}},
		{"CWMODE", "0", mode{mux: true, passive: true, info: true}},
		{"CIPDINFO", "0", mode{mux: true, passive: true}},
	} {
		if m, _ = m.with(s.name, s.value); m != s.want {
			t.Fatalf("after %s=%s: %+v, want %+v", s.name, s.value, m, s.want)
		}
	}
}

func TestHeadsDoNotAllocate(t *testing.T) {
	raw := grammar(mode{mux: true}).Raw
	head := []byte("+IPD:1,1460,")
	if n := testing.AllocsPerRun(100, func() { raw(head) }); n != 0 {
		t.Errorf("%v allocations for one head", n)
	}
}
