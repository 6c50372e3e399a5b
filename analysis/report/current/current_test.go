package current

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/analysis/report/reporttest"
	"st67bench/results"
	"st67bench/results/trace"
)

const (
	floor      = 78.6e-6 // A
	wakeCharge = 74.8e-6 // C above the floor
	beacon     = 0.1024  // s
)

var dtims = []float64{1, 3, 10}

// beacons are seconds of sleep with a wake of 2 ms at each nth beacon, of 37.4 mA above the floor: 74.8 µC.
func beacons(n, seconds float64) []float32 {
	amps := make([]float32, int(seconds*reporttest.TraceRate))
	for i := range amps {
		amps[i] = floor
	}
	for at := 0.05; at+0.01 < seconds; at += n * beacon {
		from := int(math.Round(at * reporttest.TraceRate))
		for i := from; i < from+20; i++ {
			amps[i] += 37.4e-3
		}
	}
	return amps
}

// ripple moves the figures of six repeats by so much that their median has an interval.
func ripple(repeat int) float64 { return 1 + 1e-3*(float64(repeat)-2.5) }

// dtimSweep is a run of workload idle under DTIM 1, 3 and 10.
func dtimSweep(seconds float64) reporttest.Traced {
	return reporttest.Traced{
		Kind: "idle", Factor: "dtim", Levels: []string{"1", "3", "10"}, Repeats: 6,
		Metrics: func(level, repeat int) map[string]float64 {
			every := dtims[level] * beacon
			mean := (floor + wakeCharge/every) * ripple(repeat)
			return map[string]float64{"current": mean, "current_floor": floor, "current_peak": floor + 37.4e-3, "wake_interval": every, "wake_charge": wakeCharge, "wake_time": 2e-3,
				"wake_duty": 2e-3 / every, "charge": 30 * mean, "charge_sleep": 30 * floor, "charge_idle": 30 * (mean - floor), "charge_transmit": 0,
				"share_sleep": 1 - 2e-3/every, "share_idle": 2e-3 / every, "share_off": 0, "alignment": 0.4e-3}
		},
		Amps: func(level int) []float32 { return beacons(dtims[level], seconds) },
	}
}

// requests are a module that wakes at the same beacons, and for 50 ms at 57 mA at each of twelve requests.
func requests() reporttest.Traced {
	f := reporttest.Traced{
		Kind: "request-response", Factor: "dtim", Levels: []string{"1", "3", "10"}, Repeats: 6,
		Metrics: func(level, repeat int) map[string]float64 {
			every := dtims[level] * beacon
			return map[string]float64{"current": (0.6e-3 + wakeCharge/every) * ripple(repeat), "rtt_p50": (0.05 + every/2) * ripple(repeat), "rtt_p99": (0.05 + every) * ripple(repeat),
				"energy_per_event": 5.4e-3 * ripple(repeat), "tail": 8e-3, "alignment": 0.4e-3}
		},
		Amps: func(level int) []float32 {
			amps := beacons(dtims[level], 32)
			for k := range 12 {
				for i := range reporttest.TraceRate / 20 {
					amps[(3+2*k)*reporttest.TraceRate+i] = 57e-3
				}
			}
			return amps
		},
	}
	for k := range 12 { // 2 s after the start, which is 1 s after the trace's first sample
		f.Samples = append(f.Samples, results.Sample{Series: "service", T: time.Duration(2+2*k) * time.Second, V: 0.045})
	}
	return f
}

// wakeups are commands that wake the module.
func wakeups() reporttest.Traced {
	return reporttest.Traced{
		Kind: "at-roundtrip", Factor: "pwr", Levels: []string{"standby", "hibernate"}, Repeats: 6,
		Metrics: func(level, repeat int) map[string]float64 {
			f := float64(1+level) * ripple(repeat)
			return map[string]float64{"current": 1e-3 * f, "wake_latency_p50": 4e-3 * f, "wake_latency_p90": 5e-3 * f, "wake_rise": 1.4e-3 * f, "tail": 9e-3 * f, "energy_per_event": 1.1e-3 * f}
		},
	}
}

// uploads are offered loads that cost 188 mW and 38 nJ/bit.
func uploads() reporttest.Traced {
	return reporttest.Traced{
		Kind: "cipsend", Factor: "rate", Levels: []string{"100000", "400000", "800000"}, Repeats: 6,
		Metrics: func(level, repeat int) map[string]float64 {
			rate := []float64{1e5, 4e5, 8e5}[level]
			power := 0.188*ripple(repeat) + 38e-9*rate
			return map[string]float64{"goodput": rate, "power": power, "current": power / 3.3, "energy_per_bit": power / rate, "energy_per_bit_net": 38e-9, "alignment": 0.4e-3}
		},
	}
}

func chartsOf(t testing.TB, f reporttest.Traced) map[string]*chart.Chart {
	t.Helper()
	return chartsOfRun(t, f.Run(t))
}

func chartsOfRun(t testing.TB, run *results.Run) map[string]*chart.Chart {
	t.Helper()
	all, err := Run(reporttest.Summarize(t, run), run)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*chart.Chart{}
	for _, c := range all {
		out[c.ID] = c
	}
	return out
}

// Titles say what the closed forms say, and every chart says what it rests on.
func TestTitles(t *testing.T) {
	want := map[string]string{
		"idle charge":        "90 % of the charge at dtim 1 is awake and idle, and 48 % at dtim 10",
		"idle fit-wakes":     "Current is 78.6 µA plus 74.8 µC per wake (R² 1.0000), and the wakes themselves show 74.8 µC",
		"idle battery":       "2 x AA alkaline would last 520 days at dtim 10, and 102 days at dtim 1",
		"idle wakes":         "A wake takes 2.00 ms and 74.8 µC above the floor, whatever the case",
		"idle trace-1":       "The current at dtim 1 is 807 µA on average, with peaks of 37.5 mA, awake for 2.0 % of the time",
		"idle trace-1-close": "3 wakes at dtim 1, closer: 2.00 ms each, 102 ms apart, up to 37.5 mA",
		"idle trace-3-close": "One wake at dtim 10, closer: 2.00 ms, up to 37.5 mA",

		"request-response latency-current": "673 µA with 562 ms (p50) at dtim 10, against 1.33 mA with 101 ms at dtim 1",
		"request-response energy-event":    "One request takes 5.40 mJ, whatever the case",
		"request-response trace-2-close":   "One request at dtim 3, closer: 45.0 ms, up to 57.0 mA",
		"at-roundtrip wakeup":              "Woken by a command, the module answers 4.00 ms to 8.00 ms later than when awake (p50)",
		"cipsend energy-per-bit":           "1.92 µJ/bit at 100 kbit/s, 273 nJ/bit at 800 kbit/s: 38.0 nJ/bit plus 188 mW of being awake",
		"cipsend fit-load":                 "Power is 188 mW plus 38.0 nJ/bit of payload (R² 0.9991)", // variance of the line 1.187e-4, of the noise 1.03e-7
	}
	for _, f := range []reporttest.Traced{dtimSweep(12), requests(), wakeups(), uploads()} {
		all := chartsOf(t, f)
		for id, c := range all {
			if text, ok := want[f.Kind+" "+id]; ok && c.Title != text {
				t.Errorf("%s %s: %q, want %q", f.Kind, id, c.Title, text)
			}
			delete(want, f.Kind+" "+id)
			if b := c.Basis; b.Unit == "" || b.N == "" || (b.Interval == "") != (id == "charge") || !strings.Contains(b.Source, "power/") || c.HowTo == "" || len(c.Table.Rows) == 0 {
				t.Errorf("%s %s: basis %+v, how to read %q", f.Kind, id, b, c.HowTo)
			}
			if f.Kind != "at-roundtrip" && !strings.Contains(c.HowTo+c.Basis.Interval, "±400 µs") {
				t.Errorf("%s %s says nothing of the alignment", f.Kind, id)
			}
			if n := len([]rune(c.Title)); n > chart.MostTitle {
				t.Errorf("%s %s: the title has %d letters", f.Kind, id, n)
			}
		}
	}
	for id := range want {
		t.Errorf("no chart %s", id)
	}
}

// seriesOf is the series of a name of a chart, by its data.
func seriesOf(t *testing.T, c *chart.Chart, name string) map[string]any {
	t.Helper()
	for _, s := range c.Option["series"].([]any) {
		if s := s.(map[string]any); s["name"] == name {
			return s
		}
	}
	t.Fatalf("%s has no series %s", c.ID, name)
	return nil
}

// valuesOf are the values of its data.
func valuesOf(s map[string]any) (all [][]any) {
	for _, d := range s["data"].([]any) {
		all = append(all, d.(map[string]any)["value"].([]any))
	}
	return all
}

// A peak of one sample among 120 000 is drawn, at its time; so is a gap, and CHIP_EN.
func TestTraceKeepsExtremes(t *testing.T) {
	f := dtimSweep(12)
	plain := f.Amps
	f.Lost = trace.Span{From: 80_000, To: 81_000}
	f.Amps = func(level int) []float32 {
		amps := plain(level)
		amps[54_321] = 0.377
		return amps
	}
	c := chartsOf(t, f)["trace-2"]
	line := seriesOf(t, c, "current")
	found, missing := false, 0
	for _, v := range valuesOf(line) {
		switch {
		case v[1] == nil:
			missing++
		case v[1] == 0.377:
			found = true
			if at := v[0].(float64); math.Abs(at-4.4321) > 10.8/800 {
				t.Errorf("the peak is at %v s, want 4.432", at)
			}
		}
	}
	if !found || missing < 6 || missing > 8 { // 0.1 s of 10.8 s in 800 stretches
		t.Errorf("peak drawn: %v; %d stretches are missing", found, missing)
	}
	if gaps := valuesOf(seriesOf(t, c, "missing")); len(gaps) != 1 || math.Abs(gaps[0][0].(float64)-7) > 1e-3 || math.Abs(gaps[0][1].(float64)-7.1) > 1e-3 {
		t.Errorf("gaps %v, want one from 7 to 7.1 s", gaps)
	}
	if !strings.Contains(c.HowTo, "Samples are missing") || c.Table.Rows[0][4] != "1000" {
		t.Errorf("%q, %v", c.HowTo, c.Table.Rows)
	}
	var names []string
	for _, l := range line["markLine"].(map[string]any)["data"].([]any) {
		names = append(names, l.(map[string]any)["name"].(string))
	}
	if !slices.Equal(names, []string{"start", "end"}) { // CHIP_EN rose before what is shown
		t.Errorf("instants %v", names)
	}
}

// The request that is looked at closer has its begin at 0 and its end at 45 ms, and is shaded by what the module does.
func TestCloseUpOfARequest(t *testing.T) {
	c := chartsOf(t, requests())["trace-3-close"]
	got := map[string]float64{}
	for _, l := range seriesOf(t, c, "current")["markLine"].(map[string]any)["data"].([]any) {
		l := l.(map[string]any)
		got[l["name"].(string)] = l["xAxis"].(float64)
	}
	if want := map[string]float64{"request": 0, "its end": 0.045}; !reflect.DeepEqual(got, want) {
		t.Errorf("instants %v, want %v", got, want)
	}
	area := valuesOf(seriesOf(t, c, "idle"))
	from, to := area[0][0].(float64), area[0][1].(float64)
	if len(area) != 1 || math.Abs(from) > 5e-4 || math.Abs(to-0.05) > 5e-4 { // a 200th of what is shown
		t.Errorf("awake from %v to %v, want 0 to 0.05: %v", from, to, area)
	}
}

// A trace that was cut off is shown as far as it goes, one that cannot be read has a note in its place, and all else stands.
func TestDamagedTraces(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"cut off": func(path string) error { return os.Truncate(path, 200_000) },
		"no zip":  func(path string) error { return os.WriteFile(path, []byte("nothing of this"), 0o644) },
		"gone":    os.Remove,
		"empty":   func(path string) error { return os.Truncate(path, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			run := dtimSweep(12).Run(t)
			whole := chartsOfRun(t, run)
			i := slices.IndexFunc(run.Results, func(r results.Result) bool { return r.Case == "dtim=3" && r.Power != "" })
			power := run.Results[i].Power
			if err := damage(filepath.Join(run.Dir, filepath.FromSlash(power))); err != nil {
				t.Fatal(err)
			}
			got := chartsOfRun(t, run)
			if c := got["trace-2"]; c == nil || c.Title == "" || (c.Option != nil) != (name == "cut off") || !strings.Contains(c.Note, power) {
				t.Errorf("in its place is %q, note %q", c.Title, c.Note)
			}
			for id, c := range whole {
				if !strings.HasPrefix(id, "trace-2") && id != "wakes" && !reflect.DeepEqual(got[id], c) {
					t.Errorf("%s has changed", id)
				}
			}
			if n := got["wakes"].Basis.N; name != "cut off" && strings.Contains(n, "dtim 3") {
				t.Errorf("wakes of %s", n)
			}
		})
	}
}

// A run without a meter has no chart of its current, and one whose traces are gone has all that results.jsonl can give.
func TestWithoutTraces(t *testing.T) {
	f := dtimSweep(12)
	f.Amps = nil
	var got []string
	for id := range chartsOf(t, f) {
		got = append(got, id)
	}
	slices.Sort(got)
	if want := []string{"battery", "charge", "fit-wakes"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	f.Metrics = func(int, int) map[string]float64 { return map[string]float64{"rtt_p50": 0.01} }
	if all := chartsOf(t, f); len(all) > 0 {
		t.Errorf("charts %v of a run without a meter", all)
	}
}

// The curve of an energy per bit is e + P0/R at its ends, and points have the intervals of their medians.
func TestBitCurve(t *testing.T) {
	c := chartsOf(t, uploads())["energy-per-bit"]
	curve := valuesOf(seriesOf(t, c, "fit over load"))
	first, last := curve[0], curve[len(curve)-1]
	for _, p := range [][]any{first, last} {
		g, e := p[0].(float64), p[1].(float64)
		if want := 38e-9 + 0.188/g; math.Abs(e/want-1) > 2e-3 {
			t.Errorf("%v J/bit at %v bit/s, want %v", e, g, want)
		}
	}
	if first[0] != 1e5 || last[0] != 8e5 {
		t.Errorf("from %v to %v", first, last)
	}
	bars := 0
	for _, s := range c.Option["series"].([]any) {
		if s := s.(map[string]any); s["renderItem"] == chart.Interval {
			bars += len(s["data"].([]any))
		}
	}
	if bars != 6 {
		t.Errorf("%d intervals, want those of 3 cases, of all and above idle", bars)
	}
}

// What brings other titles: long names are cut, and instants that lie on each other share a name.
func TestWords(t *testing.T) {
	long := strings.Repeat("ä", 200)
	if got := fitting(long, "short"); got != "short" {
		t.Error(got)
	}
	if got := []rune(fitting(long)); len(got) != chart.MostTitle || got[chart.MostTitle-1] != '…' {
		t.Error(string(got))
	}
	got := apart([]instant{{0, "start"}, {0.01, "join"}, {0.9, "end"}, {0.95, "end"}}, 0.1)
	if want := []instant{{0, "start, join"}, {0.01, ""}, {0.9, "end"}, {0.95, ""}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Levels are written as in all other charts.
func TestLabel(t *testing.T) {
	s := &analysis.Summary{Factors: []string{"rate", "links"}}
	if got, want := label(s, analysis.Case{Factors: map[string]string{"rate": "1200000", "links": "2"}}), "rate 1.20 Mbit/s, links 2"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
