package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"st67bench/results"
)

// traceEvent is any event of a timeline.
type traceEvent struct {
	Name  *string        `json:"name"`
	Ph    string         `json:"ph"`
	Ts    *float64       `json:"ts"`
	Dur   *float64       `json:"dur"`
	Pid   *int           `json:"pid"`
	Tid   *int           `json:"tid"`
	Scope string         `json:"s"`
	Args  map[string]any `json:"args"`
}

// value is that of a counter, which has one series.
func (e traceEvent) value() (v float64, ok bool) {
	for _, x := range e.Args {
		v, ok = x.(float64)
	}
	return v, ok && len(e.Args) == 1 && !math.IsNaN(v) && !math.IsInf(v, 0)
}

// timelineOf writes a timeline, checks it by the rules of the format, and gives its events.
func timelineOf(t *testing.T, run *results.Run) (all []traceEvent, notes []string, file []byte) {
	t.Helper()
	var b bytes.Buffer
	notes, err := Perfetto(&b, run)
	if err != nil {
		t.Fatal(err)
	}
	var top struct {
		Unit   string         `json:"displayTimeUnit"`
		Other  map[string]any `json:"otherData"`
		Events []traceEvent   `json:"traceEvents"`
	}
	d := json.NewDecoder(bytes.NewReader(b.Bytes()))
	d.DisallowUnknownFields()
	if err := d.Decode(&top); err != nil {
		t.Fatalf("no JSON: %v", err)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Fatalf("something follows the JSON: %v", err)
	}
	if top.Unit != "ms" {
		t.Errorf("displayTimeUnit is %q", top.Unit)
	}
	if err := checkTimeline(top.Events); err != nil {
		t.Fatal(err)
	}
	return top.Events, notes, b.Bytes()
}

// checkTimeline holds events against the Trace Event Format: what each phase needs; slices of a track in order, next to or within
// one another; counters in order, of finite numbers; each track with slices has a name.
func checkTimeline(all []traceEvent) error {
	open, last, named := map[int][]float64{}, map[string]float64{}, map[int]bool{}
	for i, e := range all {
		if e.Name == nil || *e.Name == "" || e.Ts == nil || *e.Ts < 0 || *e.Ts != math.Trunc(*e.Ts) || e.Pid == nil || *e.Pid != process || e.Tid == nil {
			return fmt.Errorf("event %d lacks what all have: %+v", i, e)
		}
		key := fmt.Sprint(e.Ph, *e.Tid)
		if e.Ph == "C" {
			key = "C" + *e.Name
		}
		if e.Ph != "M" {
			if *e.Ts < last[key] {
				return fmt.Errorf("event %d %s is at %v, before %v", i, *e.Name, *e.Ts, last[key])
			}
			last[key] = *e.Ts
		}
		switch e.Ph {
		case "M":
			named[*e.Tid] = named[*e.Tid] || *e.Name == "thread_name" && e.Args["name"] != ""
		case "C":
			if _, ok := e.value(); !ok {
				return fmt.Errorf("counter %d is %v", i, e.Args)
			}
		case "i":
			if e.Scope != "t" {
				return fmt.Errorf("instant %d has the scope %q", i, e.Scope)
			}
		case "X":
			if e.Dur == nil || *e.Dur < 0 || *e.Dur != math.Trunc(*e.Dur) || !named[*e.Tid] {
				return fmt.Errorf("slice %d has no length, or its track no name: %+v", i, e)
			}
			o := open[*e.Tid]
			for len(o) > 0 && o[len(o)-1] <= *e.Ts {
				o = o[:len(o)-1]
			}
			if end := *e.Ts + *e.Dur; len(o) > 0 && end > o[len(o)-1] {
				return fmt.Errorf("slice %d %s ends at %v, after %v of the one that it is in", i, *e.Name, end, o[len(o)-1])
			} else {
				open[*e.Tid] = append(o, end)
			}
		default:
			return fmt.Errorf("event %d has the phase %q", i, e.Ph)
		}
	}
	return nil
}

// named are the events with a phase and a name.
func named(all []traceEvent, ph, name string) (found []traceEvent) {
	for _, e := range all {
		if e.Ph == ph && *e.Name == name {
			found = append(found, e)
		}
	}
	return found
}

func TestPerfettoGolden(t *testing.T) {
	run := newRun()
	run.Cases = run.Cases[:1]
	all := syntheticResults()[:1]
	all[0].Marks = append(all[0].Marks, results.Mark{Name: "lost", T: 2500 * time.Millisecond})
	small := write(t, run, all, func(w *results.Writer, r *results.Result) {
		fmt.Fprint(w.Log(), "# st67bench trace 1 2026-11-22T18:40:00.123456789Z\n")
		putSends(t, w, r, 5)
		putCurrent(t, w.Dir(), r)
	})
	_, notes, file := timelineOf(t, small)
	if len(notes) > 0 {
		t.Errorf("notes: %q", notes)
	}
	golden(t, "timeline.json", shortened(file))
}

// shortened leaves all but the first and last lines of the current out, of which there are 800.
func shortened(file []byte) []byte {
	var out []string
	n := 0
	for line := range strings.Lines(string(file)) {
		if strings.Contains(line, `"name":"current"`) {
			if n++; n > 4 {
				continue
			}
		}
		out = append(out, line)
	}
	return []byte(strings.Join(out, ""))
}

// Every result that was begun, every command, every stage, is in it, at its time.
func TestPerfettoHasAll(t *testing.T) {
	run := syntheticRun(t)
	all, notes, _ := timelineOf(t, run)
	if len(notes) > 0 {
		t.Errorf("notes: %q", notes)
	}
	if boots := append(named(all, "X", "boot 1"), named(all, "X", "boot 2")...); len(boots) != 2 || *boots[0].Ts != 2e6 || *boots[0].Dur != 7e6 || *boots[1].Ts != 10e6 {
		t.Errorf("boots are %v", boots)
	}
	repeats := append(named(all, "X", "length=512"), named(all, "X", "length=2920")...)
	if len(repeats) != 8 || *repeats[3].Tid != trackRepeats || repeats[3].Args["outcome"] != "ERROR" || *repeats[3].Ts != 14e6 || *repeats[3].Dur != 1e6 {
		t.Errorf("%d repeats, the fourth %v", len(repeats), repeats[3].Args)
	}
	if repeats[0].Args["metric.goodput"] != 1010000.1 {
		t.Errorf("the first repeat has %v", repeats[0].Args)
	}
	if join := named(all, "X", "AT+CWJAP"); len(join) != 1 || join[0].Args["line"] != `AT+CWJAP="home","***"` || join[0].Args["result"] != "OK" || *join[0].Dur != 1e5 {
		t.Errorf("join is %v", join)
	}
	sends := named(all, "X", "AT+CIPSEND")
	if len(sends) != 7*20 || sends[0].Args["result"] != "SEND OK" || *sends[0].Ts != 2e6 || *sends[0].Dur != 49e3 {
		t.Errorf("%d sends, the first %+v", len(sends), sends[0])
	}
	if payload := named(all, "X", "2920 B of payload"); len(payload) != 4*20 || *payload[0].Dur != 47e3 || *payload[0].Tid != trackCommands {
		t.Errorf("%d payloads", len(payload))
	}
	for _, stage := range []string{"send latency", "command", "Recv", "radio"} {
		if n := len(named(all, "X", stage)); n != 7*20 {
			t.Errorf("%d slices of %s", n, stage)
		}
	}
}

// The goodput of the counter, by the time that it holds, is that of the repeat; each stretch has its own.
func TestPerfettoGoodput(t *testing.T) {
	run := syntheticRun(t)
	all, _, _ := timelineOf(t, run)
	points := named(all, "C", "goodput")
	for _, r := range run.Results {
		if len(r.Metrics) == 0 {
			continue
		}
		from, to, _ := edges(r)
		first, last := from+49*time.Millisecond, to-time.Millisecond // arrivals
		bits, n := 0.0, 0
		for i, p := range points {
			at := time.Duration(math.Round(*p.Ts * 1e3))
			if at < from || at >= to {
				continue
			}
			until := last
			if i+1 < len(points) && *points[i+1].Ts*1e3 < float64(last) {
				until = time.Duration(math.Round(*points[i+1].Ts * 1e3))
			}
			if n++; n == 1 && at != first {
				t.Errorf("result %d: goodput begins at %v, want %v", r.Seq, at, first)
			}
			bits += p.Args["Mbit/s"].(float64) * 1e6 * (until - at).Seconds()
		}
		if want := r.Metrics["goodput"]; n < 2 || math.Abs(bits/(last-first).Seconds()/want-1) > 1e-9 {
			t.Errorf("result %d: %d points make %v bit/s, want %v", r.Seq, n, bits/(last-first).Seconds(), want)
		}
	}
}

// The peak of a trace and the least value are in it, at the time of their stretch; nothing is drawn in a gap, which is a slice.
func TestPerfettoCurrent(t *testing.T) {
	all, _, _ := timelineOf(t, syntheticRun(t))
	peaks := 0
	for _, p := range named(all, "C", "current") {
		v := p.Args["mA"].(float64)
		in := math.Mod(*p.Ts/1e3, 2000) // ms since the repeat began
		if v > 100 {
			peaks++
			if math.Abs(v-290) > 1e-3 || math.Abs(in-123) > 1 {
				t.Errorf("the peak is %v mA at %v ms", v, in)
			}
		}
		if in >= 400 && in < 600 {
			t.Errorf("%v mA in the gap, at %v ms", v, in)
		}
	}
	if gaps := named(all, "X", "gap: 200 samples lost"); peaks != 2 || len(gaps) != 2 || *gaps[0].Ts != 2.4e6 || *gaps[0].Dur != 0.2e6 {
		t.Errorf("%d peaks, gaps %+v", peaks, gaps)
	}
}

// What goodput is a series of is drawn as it is, each value over the time that it is of.
func TestPerfettoSeries(t *testing.T) {
	run := write(t, newRun(), []results.Result{measured(1, 1, 1, 0, map[string]float64{"goodput": 2e6})}, func(w *results.Writer, r *results.Result) {
		samples, err := w.Samples(1)
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i <= 4; i++ {
			at := r.Marks[0].T + time.Duration(i)*250*time.Millisecond
			samples.Add(results.Sample{Series: "goodput", T: at, V: float64(i) * 1e6})
			samples.Add(results.Sample{Series: "delivery", T: at, V: 0.01})
		}
		if r.Samples, err = samples.Close(); err != nil {
			t.Fatal(err)
		}
	})
	all, _, _ := timelineOf(t, run)
	points := named(all, "C", "goodput")
	for i, p := range points {
		if *p.Ts != 2e6+float64(i)*250e3 || p.Args["Mbit/s"] != float64(i+1) {
			t.Errorf("point %d is %v at %v", i, p.Args, *p.Ts)
		}
	}
	if len(points) != 4 {
		t.Errorf("%d points", len(points))
	}
}

// Stages that overlap go to tracks next to each other, and what has none is counted.
func TestPerfettoOverlap(t *testing.T) {
	run := write(t, newRun(), []results.Result{measured(1, 1, 1, 0, map[string]float64{"rtt_p50": 0.1})}, func(w *results.Writer, r *results.Result) {
		samples, err := w.Samples(1)
		if err != nil {
			t.Fatal(err)
		}
		for i := range stageTracks + 2 {
			samples.Add(results.Sample{Series: "service", T: r.Marks[0].T + time.Duration(i)*time.Millisecond, V: 0.5})
		}
		if r.Samples, err = samples.Close(); err != nil {
			t.Fatal(err)
		}
	})
	all, notes, _ := timelineOf(t, run)
	if got := named(all, "X", "service time"); len(got) != stageTracks {
		t.Errorf("%d slices", len(got))
	}
	if !slices.Contains(notes, "left out: 2 stages that overlap 6 others") {
		t.Errorf("notes: %q", notes)
	}
}

// A run that was cut off anywhere, or that lacks files, still has a timeline, and a note says what is not there.
func TestPerfettoOfLess(t *testing.T) {
	run := syntheticRun(t)
	text, err := os.ReadFile(filepath.Join(run.Dir, "at.log"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		log  string
		want string
	}{
		"cut off":       {string(text[:len(text)-30]), ""},
		"empty":         {"", ""},
		"damaged":       {strings.Replace(string(text), "+0.200000000 <", "+0.200000000 =", 1), "AT commands up to here: at.log: 3: the direction after the time must be > or <"},
		"another":       {"# st67bench trace 2 x\n", "AT commands up to here: at.log: 1: this is no recording of a version that can be read"},
		"a bad time":    {strings.Replace(string(text), "+0.200000000 <", "+0.2 <", 1), "AT commands up to here: at.log: 3: a line must begin with a time"},
		"times go back": {string(text) + "+1.000000000 > \"AT\\r\\n\"\n+1.100000000 < \"OK\\r\\n\"\n", fmt.Sprintf("AT commands up to here: at.log: %d: its time is before", bytes.Count(text, []byte("\n"))+1)},
	} {
		if err := os.WriteFile(filepath.Join(run.Dir, "at.log"), []byte(c.log), 0o644); err != nil {
			t.Fatal(err)
		}
		_, notes, _ := timelineOf(t, run)
		if c.want == "" && len(notes) > 0 || c.want != "" && (len(notes) != 1 || !strings.HasPrefix(notes[0], c.want)) {
			t.Errorf("%s: notes are %q, want %q", name, notes, c.want)
		}
	}
	for _, name := range []string{"at.log", "samples/000001.parquet", "power/000002.ppk2"} {
		if err := os.Remove(filepath.Join(run.Dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	run.Results[0].Power = "../../power/000001.ppk2"
	run.Results[7].Marks = nil
	_, notes, _ := timelineOf(t, run)
	for _, want := range []string{"no AT commands", "without stages and counters: samples of result 1", "left out: 1 results whose samples",
		"without its current: ../../power/000001.ppk2: in the run's directory: ", "left out: 2 current traces", "left out: 1 results that were never begun"} {
		if !slices.ContainsFunc(notes, func(n string) bool { return strings.HasPrefix(n, want) }) {
			t.Errorf("no note %q in %q", want, notes)
		}
	}
	timelineOf(t, &results.Run{ID: "empty", Dir: t.TempDir()})
}

// Names of anybody stay text.
func TestPerfettoHostile(t *testing.T) {
	all, _, file := timelineOf(t, hostileRun(t))
	if got := named(all, "X", hostile); len(got) != 2 || got[1].Args["reason"] != hostile {
		t.Errorf("repeats are %v", got)
	}
	if got := named(all, "X", "AT+X"); len(got) != 1 || got[0].Args["result"] != "ERR CODE:0x01070000" {
		t.Errorf("command is %v", got)
	}
	if bytes.Contains(file, []byte("<script>")) || !bytes.Contains(file, []byte("EMULATED MODULE")) {
		t.Error("a page that embeds it would run a script, or it does not say that the module is emulated")
	}
}

// A long dialog is read in bounded memory, and what is beyond the limit is counted.
func TestPerfettoStreams(t *testing.T) {
	const commands, most = 12_000, 10_000
	run := write(t, newRun(), []results.Result{measured(1, 1, 1, 0, nil)}, nil)
	var log bytes.Buffer
	fmt.Fprint(&log, "# st67bench trace 1 x\n")
	for i := range commands {
		fmt.Fprintf(&log, "+%d.%05d0000 > \"AT%s\\r\\n\"\n+%d.%05d5000 < \"\\r\\nOK\\r\\n\"\n", i/1e5, i%1e5, strings.Repeat("+LONG", 40), i/1e5, i%1e5)
	}
	if err := os.WriteFile(filepath.Join(run.Dir, "at.log"), log.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	log = bytes.Buffer{}
	var before, m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	peak, written, looked := uint64(0), 0, 0
	notes, err := bounds{commands: most}.perfetto(watcher(func(p []byte) {
		if written += len(p); written-looked > 1<<19 {
			looked = written
			runtime.GC()
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
	}), run)
	if want := fmt.Sprintf("left out: %d AT commands beyond %d events", commands-most, most); err != nil || !slices.Contains(notes, want) {
		t.Errorf("notes are %q, %v", notes, err)
	}
	const each = 200 // bytes of a command line
	if grown := int64(peak) - int64(before.HeapAlloc); written < each*most || grown > 2<<20 {
		t.Errorf("%d bytes written, and the heap grew by %d", written, grown)
	}
}

// However many samples a repeat has, its counters and stages are bounded; the greatest and the least stay.
func TestPerfettoThins(t *testing.T) {
	const n = 20_000
	run := write(t, newRun(), []results.Result{measured(1, 1, 1, 0, map[string]float64{"goodput": 1e6})}, func(w *results.Writer, r *results.Result) {
		samples, err := w.Samples(1)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			v := 2e-5
			switch i {
			case 7777:
				v = 0.005
			case 9999:
				v = 1e-6
			}
			samples.Add(results.Sample{Series: "send_latency", T: r.Marks[0].T + time.Duration(i)*50*time.Microsecond, V: v})
		}
		if r.Samples, err = samples.Close(); err != nil {
			t.Fatal(err)
		}
	})
	var b bytes.Buffer
	notes, err := bounds{commands: 10, spans: 1000, points: 200}.perfetto(&b, run)
	if err != nil || !slices.Contains(notes, fmt.Sprintf("left out: %d stages beyond 1000 of a repeat", n-1000)) {
		t.Errorf("notes %q, %v", notes, err)
	}
	var top struct {
		Events []traceEvent `json:"traceEvents"`
	}
	if err := json.Unmarshal(b.Bytes(), &top); err != nil {
		t.Fatal(err)
	}
	if err := checkTimeline(top.Events); err != nil {
		t.Error(err)
	}
	points := named(top.Events, "C", "latency")
	low, high := math.Inf(1), 0.0
	for _, p := range points {
		v, _ := p.value()
		low, high = min(low, v), max(high, v)
	}
	if len(points) > 200 || len(points) < 100 || high != 5 || math.Abs(low-0.001) > 1e-12 || len(named(top.Events, "X", "send latency")) != 1000 {
		t.Errorf("%d points from %v to %v ms", len(points), low, high)
	}
}
