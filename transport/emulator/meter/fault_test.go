package meter

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// ppk2Run measures 60 mA with a fault for 100 ms, and gives the frames as they came.
func ppk2Run(t *testing.T, fault string) (raw []byte, source *steady, served error) {
	source = constant(30e-3)
	synctest.Test(t, func(t *testing.T) {
		h := plug(t, Config{Kind: "ppk2", Source: source, Faults: []string{fault}})
		h.write("\x11\x02\x0d\x0c\xe4\x0c\x01\x06")
		raw = h.hear(103 * time.Millisecond)
		served = h.unplug()
	})
	return raw, source, served
}

// missing is the list of gaps by the counter: index of the frame before which, and how many.
func missing(frames []frame) (gaps [][2]int) {
	for i := 1; i < len(frames); i++ {
		if n := int(frames[i].counter-frames[i-1].counter-1) & 63; n != 0 {
			gaps = append(gaps, [2]int{i, n})
		}
	}
	return gaps
}

// 100 ms less the lag of 3 ms, in batches of 10 ms: the last one ends at 97 ms.
const inTenth = 9700

func TestGaps(t *testing.T) {
	for n, want := range map[int]string{1: "[[999 1]]", 5: "[[999 5]]", 63: "[[999 63]]", 64: "[]", 65: "[[999 1]]"} {
		raw, _, _ := ppk2Run(t, fmt.Sprintf("gap:%d@1000", n))
		if got := parseFrames(raw); fmt.Sprint(missing(got)) != want || len(got) != inTenth-n {
			t.Errorf("a gap of %d: %v in %d frames", n, missing(got), len(got))
		}
	}
	raw, _, _ := ppk2Run(t, "gap:2@10ms/30ms")
	if got := fmt.Sprint(missing(parseFrames(raw))); got != "[[1000 2] [3998 2] [6996 2]]" {
		t.Errorf("with times: %s", got)
	}
	raw, _, _ = ppk2Run(t, "gap@1001/3000")
	if got := fmt.Sprint(missing(parseFrames(raw))); got != "[[1000 1] [3999 1] [6998 1]]" {
		t.Errorf("again and again: %s", got)
	}
}

func TestCompression(t *testing.T) {
	raw, _, _ := ppk2Run(t, "compress:10%@1001")
	got := parseFrames(raw)
	// 64 of each 640 samples after the 1000th: 13 whole ones and 64 of the 14th.
	if want := inTenth - 14*64; len(missing(got)) != 0 || len(got) != want {
		t.Errorf("%d frames with gaps %v, want %d and none", len(got), missing(got), want)
	}
}

func TestLostByte(t *testing.T) {
	raw, _, _ := ppk2Run(t, "lost-byte@1001")
	if len(raw) != 4*inTenth-1 {
		t.Fatalf("%d bytes", len(raw))
	}
	before, after := parseFrames(raw[:4000]), parseFrames(raw[4003:])
	if len(missing(before)) != 0 || len(missing(after)) != 0 || after[0].counter != (before[999].counter+2)&63 {
		t.Error("more than one byte is lost")
	}
}

func TestOddFrame(t *testing.T) {
	raw, _, _ := ppk2Run(t, "odd-frame@1001")
	got := parseFrames(raw)
	if g := missing(got); fmt.Sprint(g) != "[[1000 5] [1001 59]]" || len(got) != inTenth {
		t.Errorf("gaps %v in %d frames", g, len(got))
	}
}

func TestStorm(t *testing.T) {
	raw, _, _ := ppk2Run(t, "storm:100@1001")
	changes := 0
	for f, i := parseFrames(raw), 1; i < len(f); i++ {
		if f[i].r != f[i-1].r {
			if changes++; i < 1000 || i > 1100 {
				t.Fatalf("the range changes at frame %d", i)
			}
		}
	}
	if changes != 100 {
		t.Errorf("%d changes of range, want 100", changes)
	}
}

func TestSilentStallUnplug(t *testing.T) {
	if raw, _, _ := ppk2Run(t, "silent@501"); len(raw) != 2000 {
		t.Errorf("silent: %d bytes", len(raw))
	}
	if raw, _, _ := ppk2Run(t, "silent"); len(raw) != 0 {
		t.Errorf("silent from the start: %d bytes", len(raw))
	}
	raw, _, err := ppk2Run(t, "unplug@501")
	if len(raw) != 2000 || !errors.Is(err, ErrUnplugged) {
		t.Errorf("unplug: %d bytes, %v", len(raw), err)
	}
	synctest.Test(t, func(t *testing.T) {
		h := plug(t, Config{Kind: "ppk2", Source: constant(1), Faults: []string{"stall:300@1001", "split:4"}})
		h.write("\x06")
		begin := time.Now()
		h.read(4 * 1001)
		// Sample 1001 would come with the second batch, after 20 ms.
		if d := time.Since(begin); d < 320*time.Millisecond || d > 330*time.Millisecond {
			t.Errorf("sample 1001 comes after %v", d)
		}
		if got := parseFrames(h.read(80_000)); len(missing(got)) > 0 {
			t.Errorf("a stall loses %v", missing(got))
		}
		h.unplug()
	})
}

func TestSupplyFaults(t *testing.T) {
	for _, name := range []string{"supply-drop@1001", "over-current@1001"} {
		raw, source, _ := ppk2Run(t, name)
		got := parseFrames(raw)
		if got[999].adc == got[1000].adc || got[1000].adc != got[9000].adc || source.switched() != "[true false false]" {
			t.Errorf("%s: %+v, then %+v; switched %v", name, got[999], got[1000], source.switched())
		}
	}
}

func TestWarmUp(t *testing.T) {
	source := constant(30e-3)
	synctest.Test(t, func(t *testing.T) {
		h := plug(t, Config{Kind: "ppk2", Source: source, Faults: []string{"warm-up:14%", "missing"}})
		for _, want := range []float64{34.2e-3, 30e-3, 30e-3} {
			h.write("\x06")
			f := parseFrames(h.read(4000))[999]
			h.write("\x07")
			h.hear(100 * time.Millisecond)
			if got := documented(f.adc, 0.94, 1, 1, 0, 0, 0, 3); got < want*0.999 || got > want*1.001 {
				t.Errorf("%v A, want %v", got, want)
			}
		}
		h.unplug()
	})
}

// A host that does not read loses samples, and the counter goes on: what comes at last is the newest.
func TestFullQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := plug(t, Config{Kind: "ppk2", Source: constant(1e-3), Model: Model{FIFO: 100 * time.Millisecond}})
		h.write("\x06")
		time.Sleep(time.Second)
		all := parseFrames(h.hear(500 * time.Millisecond))
		// The queue and the piece of 8192 bytes that the writer holds; then what came meanwhile.
		if g := missing(all); len(g) > 2 || len(all) < 59_000 || len(all) > 63_000 {
			t.Errorf("%d frames, gaps %v", len(all), g)
		}
		h.unplug()
	})
}

func TestRefusals(t *testing.T) {
	for spec, want := range map[string]string{
		"burn":            `unknown fault "burn"`,
		"gap:0":           "a count from 1 on",
		"gap:-1":          "a count from 1 on",
		"gap@0":           "a count from 1 on or a time",
		"gap@5/0":         "a count from 1 on",
		"gap@5s/5":        "not a time such as 10s",
		"compress":        "needs an argument",
		"compress:95%":    "share up to 0.9",
		"compress:NaN":    "share up to 0.9",
		"unplug:now":      "takes no argument",
		"no-end@5":        "takes no @",
		"nan":             "needs an argument",
		"stamp-jump":      "one of v3pwr, lpm01a, not of ppk2",
		"refuse:bin_hexa": "not of ppk2",
	} {
		if _, err := New(Config{Kind: "ppk2", Source: constant(0), Faults: []string{spec}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", spec, err, want)
		}
	}
	for _, c := range []Config{{Kind: "joulescope", Source: constant(0)}, {Kind: "ppk2"}, {Kind: "psu-poll", Source: constant(0), Model: Model{Noise: 1}},
		{Kind: "psu-poll", Source: constant(0), Model: Model{Dialect: "hameg"}}} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
	var m Model
	for _, set := range [][2]string{{"volume", "11"}, {"noise", "x"}, {"noise", "-1"}, {"ppm", "NaN"}, {"rc", "1"}, {"lag", "-1s"}, {"seed", "-1"}} {
		if err := m.Set(set[0], set[1]); err == nil {
			t.Errorf("%v is taken", set)
		}
	}
}
