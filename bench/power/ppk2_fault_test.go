package power

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/results/trace"
	"st67bench/transport/emulator/meter"
)

// Faults that nobody has to notice: the samples are all there.
func TestPPK2HarmlessFaults(t *testing.T) {
	unraced(t)
	for _, fault := range []string{"split:1", "split:3", "split:1027", "no-end", "stall:400@50000", "storm:1000@50000"} {
		got, _, err := run(t, meter.Config{Faults: []string{fault}}, level(2e-3), time.Second)
		if n := len(got.samples); err != nil || len(got.events) > 0 || n < 99_000 || n > 100_500 {
			t.Errorf("%s: %d samples, %+v, %v", fault, n, got.events, err)
		}
		if is := mean(got.samples); fault != "storm:1000@50000" && math.Abs(is-2e-3) > 5e-6 { // a step is 4.3 uA
			t.Errorf("%s: mean %g A", fault, is)
		}
	}
}

// What is lost is told, and the index goes on as if it were not lost: a second has 100 000 samples.
func TestPPK2LossFaults(t *testing.T) {
	for fault, gaps := range map[string][]int{
		"gap:1@50000":              {1},
		"gap:5@50000":              {5},
		"gap:63@50000":             {63},
		"gap:5@50000/10000":        {5, 5, 5, 5, 5},
		"gap:64@50000":             nil,
		"odd-frame@50000":          {1},
		"lost-byte@50000":          {2}, // the frame before it might be spoiled as well
		"gap:63@1,odd-frame@99000": {1},
	} {
		got, _, err := run(t, meter.Config{Faults: strings.Split(fault, ",")}, level(2e-3), time.Second)
		if err != nil || !slices.Equal(got.gaps(), gaps) || len(got.events) != len(gaps) {
			t.Errorf("%s: %+v, %v", fault, got.events, err)
		}
		if e := got.samples[len(got.samples)-1].index; e < 99_000 || e > 100_500 {
			t.Errorf("%s: the last index is %d", fault, e)
		}
		if len(gaps) > 0 && fault != "gap:63@1,odd-frame@99000" && (got.events[0].Index < 50_000-2 || got.events[0].Index > 50_000+65) {
			t.Errorf("%s: the gap is before %d", fault, got.events[0].Index)
		}
	}
}

// One per cent is lost, in multiples of 64: the counter says nothing, the clock does.
func TestPPK2Compressed(t *testing.T) {
	unraced(t)
	for fault, share := range map[string]float64{"compress:0.3%": 0.003, "compress:1%": 0.01, "compress:68%": 0.68} {
		// It is told after 30 ms are missing, more than a clock may hide, for five seconds.
		d := 9*time.Second + time.Duration(0.03/(share-2*clockError)*1e9)
		got, _, err := run(t, meter.Config{Faults: []string{fault}}, level(2e-3), d)
		if err != nil || len(got.events) == 0 || len(got.gaps()) > 0 {
			t.Fatalf("%s: %+v, %v", fault, got.events, err)
		}
		for _, e := range got.events {
			if e.Kind != trace.Compressed || e.Value < share/2 || e.Value > 1.2*share+0.001 {
				t.Errorf("%s: %+v", fault, e)
			}
		}
	}
}

// Nothing is sent for 2 s and the instrument keeps half a second: the rest is a loss of which the counter knows little.
func TestPPK2LongStall(t *testing.T) {
	got, _, err := run(t, meter.Config{Faults: []string{"stall:2000@300000"}}, level(2e-3), 13*time.Second)
	if err != nil || !slices.ContainsFunc(got.events, func(e trace.Event) bool { return e.Kind == trace.Compressed }) {
		t.Errorf("%+v, %v", got.events, err)
	}
}

// What was measured before the end is there.
func TestPPK2Unplugged(t *testing.T) {
	got, _, err := run(t, meter.Config{Faults: []string{"unplug@150001"}}, level(2e-3), 10*time.Second)
	if err == nil || !strings.Contains(err.Error(), "unplugged") || !strings.Contains(err.Error(), "150000 samples") {
		t.Errorf("%v", err)
	}
	if len(got.samples) != 150_000 || len(got.events) > 0 {
		t.Errorf("%d samples, %+v", len(got.samples), got.events)
	}
}

func TestPPK2FallsSilent(t *testing.T) {
	got, _, err := run(t, meter.Config{Faults: []string{"silent@150001"}}, level(2e-3), 10*time.Second)
	if err == nil || !strings.Contains(err.Error(), "nothing has come for 3s") || len(got.samples) < 149_000 {
		t.Errorf("%d samples, %v", len(got.samples), err)
	}
}

func TestPPK2SilentFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line, _ := instrument(t, meter.Config{Faults: []string{"silent"}}, level(0))
		if _, err := NewPPK2(t.Context(), line, Settings{}); err == nil || !strings.Contains(err.Error(), "0 bytes seen") {
			t.Errorf("%v", err)
		}
	})
}

// Figures that it does not give are the nominal ones, and that is told. The emulator takes the same ones.
func TestPPK2NoCalibration(t *testing.T) {
	for fault, want := range map[string]string{"nan:R2": "R2", "missing:GI3": "GI3", "missing": "GI0 GI1 GI2"} {
		got, h, err := run(t, meter.Config{Faults: []string{fault}}, level(2e-3), time.Second)
		if err != nil || len(got.events) > 0 || !strings.HasPrefix(h.Calibration[trace.NotGiven], want) {
			t.Errorf("%s: %q, %+v, %v", fault, h.Calibration[trace.NotGiven], got.events, err)
		}
		if is := mean(got.samples); math.Abs(is-2e-3) > 5e-6 {
			t.Errorf("%s: mean %g A", fault, is)
		}
		if fault == "nan:R2" && h.Calibration["R2"] != "-nan" {
			t.Errorf("%s: calibration %v", fault, h.Calibration)
		}
	}
}

// The output trips, or somebody else switches it off: what is measured is next to nothing, and it is passed on.
func TestPPK2OutputOff(t *testing.T) {
	for _, fault := range []string{"over-current@50001", "supply-drop@50001"} {
		got, _, err := run(t, meter.Config{Faults: []string{fault}}, level(2e-3), time.Second)
		if err != nil {
			t.Errorf("%s: %v", fault, err)
		}
		for i, s := range got.samples {
			if on := i < 50_000; on != (s.plain > 1e-3) || !on && math.Abs(float64(s.plain)) > 0.1e-6 {
				t.Fatalf("%s: sample %d is %g A", fault, i, s.plain)
			}
		}
	}
}

// The supply is switched while samples come.
func TestPPK2SupplyWhileStreaming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line, source := instrument(t, meter.Config{}, level(2e-3))
		m, err := NewPPK2(t.Context(), line, Settings{})
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for _, on := range []bool{false, true} {
				time.Sleep(time.Second)
				if err := m.Supply(t.Context(), on); err != nil {
					t.Error(err)
				}
			}
		}()
		got, err := stream(t, m, 3*time.Second)
		if err != nil || len(got.events) > 0 {
			t.Errorf("%+v, %v", got.events, err)
		}
		for _, c := range []struct {
			at int
			on bool
		}{{50_000, true}, {150_000, false}, {250_000, true}} {
			if on := got.samples[c.at].plain > 1e-3; on != c.on {
				t.Errorf("sample %d is %g A", c.at, got.samples[c.at].plain)
			}
		}
		if err := m.Close(context.Background()); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if !slices.Equal(source.switched, []bool{true, false, true, false}) {
			t.Errorf("the supply was switched %v", source.switched)
		}
	})
}

// A stream that an earlier program left running is stopped; a second one of ours begins at index 0 again.
func TestPPK2StartsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line, _ := instrument(t, meter.Config{}, level(2e-3))
		line.Write([]byte{0x06})
		time.Sleep(200 * time.Millisecond)
		m, err := NewPPK2(t.Context(), line, Settings{})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got, err := stream(t, m, time.Second)
			if n := len(got.samples); err != nil || len(got.events) > 0 || n < 99_000 || n > 100_500 || got.samples[0].index != 0 {
				t.Errorf("%d samples, %+v, %v", n, got.events, err)
			}
		}
	})
}

// busyStream streams for a time; whoever takes the blocks is busy once, after 3 s, for so long.
func busyStream(t *testing.T, length, busy time.Duration) decoded {
	t.Helper()
	line, _ := instrument(t, meter.Config{}, level(2e-3))
	m, err := NewPPK2(t.Context(), line, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var got decoded
	if err := m.Stream(ctx, time.Now(), func(b trace.Block) error {
		if b.Index > 300_000 {
			time.Sleep(busy)
			busy = 0
		}
		return got.add(b)
	}); err != nil || got.err != nil {
		t.Fatal(err, got.err)
	}
	return got
}

// Whoever takes the blocks may be busy for four seconds.
func TestPPK2BusyReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := busyStream(t, 10*time.Second, 4*time.Second)
		if n := len(got.samples); len(got.events) > 0 || n < 999_000 {
			t.Errorf("%d samples, %+v", n, got.events)
		}
	})
}

// Ten seconds are too long; the loss is exactly known, and nothing else is.
func TestPPK2TooBusyReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := busyStream(t, 15*time.Second, 10*time.Second)
		// 10 s are 4 MB, of which 2 MiB have room.
		if gaps := got.gaps(); len(gaps) != 1 || len(got.events) != 1 || gaps[0] < 450_000 || gaps[0] > 500_000 {
			t.Errorf("%+v", got.events)
		}
		if e := got.samples[len(got.samples)-1].index; e < 1_499_000 || e > 1_500_500 {
			t.Errorf("the last index is %d", e)
		}
	})
}
