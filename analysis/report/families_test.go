package report

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"st67bench/analysis"
	"st67bench/results"
)

// family is a synthetic run of one kind of workload: what a repeat of each level gives.
type family struct {
	kind, title, factor string
	want                []string // in the text
	charts              string   // ids, in the order of the page
	levels              []string
	conditions          map[string]string
	needs               []any // of its scenario
	repeats             int
	repeat              func(g *generator, level float64) map[string]float64
}

// generator makes the samples of a repeat. Values have a long tail above their least.
type generator struct {
	rng *rand.Rand
	add func(series string, at, v float64)
}

// times adds n values of a series of about v, and puts the quantiles that they carry into m.
func (g *generator) times(m map[string]float64, series string, n int, v float64) {
	var values []float64
	for i := range n {
		x := v * (0.95 + 0.05*g.rng.ExpFloat64())
		g.add(series, float64(i)*0.01, x)
		values = append(values, x)
	}
	for suffix, q := range analysis.Quantiles(values) {
		m[series+suffix] = q
	}
}

// course adds a series over 30 s that goes from one value to another.
func (g *generator) course(series string, from, to float64) {
	for i := range 300 {
		g.add(series, float64(i)*0.1, from+(to-from)*float64(i)/299+0.01*math.Abs(from)*g.rng.NormFloat64())
	}
}

func whole(m map[string]float64) map[string]float64 {
	for _, name := range []string{"loss", "duplicate", "reordered", "corrupt", "foreign"} {
		m[name] += 0
	}
	return m
}

// families have one run of each kind of figures; the figures of a level are
// invented, and only their relations matter: shares that add up, a bound below.
var families = []family{
	{kind: "receive", title: "How does the size of a read change the download?", factor: "read", levels: []string{"256", "1024", "1460", "2920"}, repeats: 6,
		want: []string{"read  goodput", "efficiency  line  down p50  blocked", "At read 256, the UART carries", "a read takes"}, charts: "goodput stages delays latency-down",
		repeat: func(g *generator, read float64) map[string]float64 {
			line, wait := read*10/2e6, 4e-3
			m := whole(map[string]float64{"received": 1e6, "reads": 300, "blocked": 0.93, "stage_command": 0.4e-3, "stage_data": line, "stage_wait": wait, "stage_host": 0.1e-3})
			m["goodput"] = 8 * read / (line + wait + 0.5e-3)
			m["ceiling"] = 8 * read / (line + 0.3e-3)
			m["efficiency"], m["line_share"] = m["goodput"]/m["ceiling"], m["goodput"]/1.6e6
			g.times(m, "delay_down", 300, 0.02)
			return m
		}},
	{kind: "request-response", title: "How long is a request on its way under load?", factor: "load", levels: []string{"none", "up", "down"}, repeats: 6,
		want: []string{"load  round trip p50  p99", "goodput", "late", "dropped", "At load down, of 1", "is the wait of a request for its turn", "a request takes 10.9 ms (load=none)"}, charts: "rtt stages delays latency-rtt latency-service latency-up latency-down",
		repeat: func(g *generator, at float64) map[string]float64 {
			m := map[string]float64{"bound": 0.9e-3, "sends": 400, "late": 40 * at, "dropped": 3 * at, "clock_uncertainty": 0.5e-3,
				"stage_command": 0.5e-3, "stage_payload": 0.3e-3, "stage_radio": 2e-3, "stage_peer": 0.1e-3, "stage_wait": 8e-3 + 0.02*at}
			g.times(m, "rtt", 400, 0.012*(1+5*at))
			g.times(m, "service", 400, 0.012*(1+at))
			g.times(m, "delay_up", 400, 0.003)
			g.times(m, "delay_down", 400, 0.008*(1+at))
			if at > 0 {
				m["goodput"] = 2e6
			}
			return m
		}},
	{kind: "ping", title: "How far is the peer?", factor: "length", levels: []string{"32", "64", "1400"}, repeats: 3,
		want: []string{"length  round trip p50  p99", "(p99 needs 368 pings, has 20)", "\nwithin this association only (1 boot)\n"}, charts: "rtt latency-rtt",
		repeat: func(g *generator, length float64) map[string]float64 {
			m := map[string]float64{"sends": 20}
			g.times(m, "rtt", 20, 0.004+length*1e-6)
			return m
		}},
	{kind: "cipsend", title: "How much UDP arrives?", factor: "rate", levels: []string{"500000", "1000000", "2000000", "4000000"}, repeats: 6,
		conditions: map[string]string{"network_ceiling_up": "9.31e7", "network_ceiling_down": "9.4e7"},
		want:       []string{"rate  goodput", "lost", "late", "network   between harness and peer: 93.1 Mbit/s up, 94.0 Mbit/s down (iperf3)"},
		charts:     "goodput stages delays lost jitter latency latency-up",
		repeat: func(g *generator, rate float64) map[string]float64 {
			goes := min(rate, 1.45e6)
			m := whole(map[string]float64{"goodput": goes, "ceiling": 1.55e6, "efficiency": goes / 1.55e6, "line_share": goes / 1.6e6, "sends": 400, "sent": 4e6, "received": 4e6 * goes / rate,
				"datagrams": 400 * goes / rate, "datagrams_lost": 400 * (1 - goes/rate), "jitter": 0.2e-3 * rate / 5e5, "fairness": 0.7, "late": 300 * (1 - goes/rate), "offered": rate,
				"stage_command": 0.4e-3, "stage_prompt": 0.1e-3, "stage_payload": 6e-3, "stage_recv": 1.4e-3, "stage_final": 0.2e-3, "stage_radio": 0.5e-3, "stage_host": 0.1e-3})
			m["loss"] = m["sent"] - m["received"]
			g.times(m, "send_latency", 400, 8e-3)
			g.times(m, "delay_up", 400, 9e-3)
			return m
		}},
	{kind: "bidirectional", title: "Do upload and download go together?", factor: "length", levels: []string{"512", "1460"}, repeats: 6,
		want: []string{"length  goodput", "up          down", "584 kbit/s go up while 876 kbit/s come down"}, charts: "goodput course-goodput",
		repeat: func(g *generator, length float64) map[string]float64 {
			up, down := 400*length, 600*length
			g.course("goodput_up", up, up)
			return whole(map[string]float64{"goodput": up + down, "goodput_up": up, "goodput_down": down, "received": 1e6, "sends": 200, "line_share": (up + down) / 3.2e6})
		}},
	{kind: "iperf", title: "What does the module's own iperf say?", factor: "direction", levels: []string{"tx", "rx"}, repeats: 3, conditions: map[string]string{"iperf_by": "the peer, as receiver", "iperf_tool": "iperf 2.1.8"},
		want: []string{"by the module", "jitter", "The figure is that of the peer, as receiver (iperf: iperf 2.1.8).", "\nwithin this association only"}, charts: "goodput lost jitter course-goodput",
		repeat: func(g *generator, at float64) map[string]float64 {
			g.course("goodput", 9.1e6, 9.1e6)
			return map[string]float64{"goodput": 9.1e6 + at*1e6, "module_goodput": 9.8e6, "received": 5e6, "datagrams": 4000, "datagrams_lost": 30, "jitter": 1e-3}
		}},
	{kind: "join", title: "How long until the network is there?", factor: "end", levels: []string{"ip", "byte"}, repeats: 6,
		want: []string{"end   time", "boot 17 %, associate 57 %", "At end byte, 4.00 s of 7.00 s is the association."}, charts: "duration stages latency-duration",
		repeat: func(g *generator, at float64) map[string]float64 {
			m := map[string]float64{"duration": 6 + at, "stage_boot": 1.2, "stage_associate": 4, "stage_address": 0.8, "heap": 150e3, "sends": 1}
			g.add("duration", 0, m["duration"])
			if at > 0 {
				m["stage_first_byte"] = 1
			}
			return m
		}},
	{kind: "connect", title: "How many connections a second, and does the heap come back?", factor: "protocol", levels: []string{"tcp", "tls"}, repeats: 6,
		want: []string{"protocol  time p50", "heap/connection", "(p99 needs 368 connections, has 60)"}, charts: "duration stages rate latency-duration course-heap",
		repeat: func(g *generator, at float64) map[string]float64 {
			m := map[string]float64{"rate": 20 / (1 + 30*at), "heap": 150e3, "heap_slope": -24 - 6*at, "sends": 60, "stage_command": 0.05 * (1 + 30*at), "stage_final": 2e-3}
			g.times(m, "duration", 60, 0.05*(1+30*at))
			g.course("heap", 150e3, 150e3-24*60)
			return m
		}},
	{kind: "soak", title: "Does it hold for hours?", factor: "", levels: []string{""}, repeats: 1,
		want: []string{"case  goodput", "decay  heap/send", "Goodput fell by 8.0 %, the free heap came back."}, charts: "latency course-goodput course-heap",
		repeat: func(g *generator, _ float64) map[string]float64 {
			m := whole(map[string]float64{"goodput": 1.5e6, "ceiling": 1.6e6, "efficiency": 0.94, "line_share": 0.93, "received": 5e9, "sends": 1e6, "goodput_slope": -0.08, "decay": 0.08, "heap_slope": 0.002, "heap": 148e3})
			g.times(m, "send_latency", 400, 0.015)
			g.course("goodput", 1.5e6, 1.45e6)
			g.course("heap", 148e3, 148.1e3)
			return m
		}},
	{kind: "cipsendl", title: "How does the block size change a long send?", factor: "transmit", levels: []string{"512", "2920"}, repeats: 6,
		want: []string{"transmit  goodput", "payload 76 %", "the line is the limit"}, charts: "goodput stages course-reports",
		repeat: func(g *generator, transmit float64) map[string]float64 {
			m := whole(map[string]float64{"goodput": 1e6 + 100*transmit, "ceiling": 1.6e6, "received": 1e6, "sends": 5, "line_share": 0.7, "stage_command": 0.5e-3, "stage_payload": 5, "stage_recv": 1.5, "stage_final": 0.1})
			for i := range 100 {
				g.add("report_sent", float64(i)*0.06, float64(i)*1e4)
				g.add("report_received", float64(i)*0.06, float64(i)*0.97e4)
			}
			return m
		}},
	{kind: "mqtt", title: "How long is a publication on its way?", factor: "qos", levels: []string{"0", "1", "2"}, repeats: 6,
		want: []string{"qos  rate", "goodput", "publication p50  p99", "At qos 2, 27.0 ms of 3"}, charts: "rate stages delays latency latency-up",
		repeat: func(g *generator, qos float64) map[string]float64 {
			m := map[string]float64{"rate": 80 / (1 + qos), "goodput": 4e4 / (1 + qos), "sends": 400, "loss": 0, "duplicate": 0, "stage_command": 2e-3, "stage_payload": 0.5e-3, "stage_final": 9e-3 * (1 + qos)}
			g.times(m, "send_latency", 400, 0.012*(1+qos))
			g.times(m, "delay_up", 400, 0.02)
			return m
		}},
	{kind: "ble-notify", title: "How many notifications a second?", factor: "length", levels: []string{"20", "244"}, repeats: 6,
		want: []string{"length  rate", "40 B", "480 B lost"}, charts: "rate",
		repeat: func(g *generator, length float64) map[string]float64 {
			return whole(map[string]float64{"rate": 90 - length/10, "received": 1e4, "loss": 40})
		}},
	{kind: "idle", title: "What does the module draw under each DTIM?", factor: "dtim", levels: []string{"1", "3", "10"}, repeats: 6, needs: []any{"meter"},
		want: []string{"dtim  current", "floor", "wakes every  charge per wake", "78.6 µA", "74.8 µC"}, charts: "current charge fit-wakes",
		repeat: func(g *generator, dtim float64) map[string]float64 {
			every := 0.1024 * dtim
			mean := 78.6e-6 + 74.8e-6/every
			return map[string]float64{"current": mean * (1 + 0.001*g.rng.NormFloat64()), "current_floor": 78.6e-6, "wake_interval": every, "wake_charge": 74.8e-6, "wake_time": 2e-3,
				"charge": 30 * mean, "charge_sleep": 30 * 78.6e-6, "charge_receive": 30 * (mean - 78.6e-6), "charge_transmit": 0, "share_sleep": 1 - 2e-3/every, "share_receive": 2e-3 / every}
		}},
	{kind: "cipsend", title: "What does a bit cost?", factor: "rate", levels: []string{"200000", "400000", "800000"}, repeats: 6, needs: []any{"meter"},
		want: []string{"rate  ", "energy per bit", "above idle", "38.0 nJ/bit"}, charts: "energy_per_bit current fit-load",
		repeat: func(g *generator, rate float64) map[string]float64 {
			power := 0.188 + 38e-9*rate + 1e-5*g.rng.NormFloat64()
			return whole(map[string]float64{"goodput": rate, "sends": 500, "received": rate / 4, "power": power, "current": power / 3.3, "energy": 2 * power,
				"energy_per_bit": power / rate, "energy_per_bit_net": 38e-9, "alignment": 0.4e-3})
		}},
	{kind: "scan", title: "How long is a scan, and what does it find?", factor: "", levels: []string{""}, repeats: 6,
		want: []string{"case  time", "found  n  note"}, charts: "latency-duration",
		repeat: func(g *generator, _ float64) map[string]float64 {
			g.add("duration", 0, 2.2+0.1*g.rng.Float64())
			return map[string]float64{"duration": 2.2 + 0.1*g.rng.Float64(), "found": 7, "from_a_later_version": 42}
		}},
}

// run writes a run directory of the family, and opens it.
func (f family) run(t testing.TB) *results.Run {
	t.Helper()
	run := results.Run{
		Start: time.Date(2026, 11, 22, 18, 40, 0, 0, time.UTC), Tool: "st67bench 0.1.0 (abcdef0)", Seed: 67, Emulated: true,
		Identity:   map[string]string{"module": "ST67W611M1", "image": "T01", "firmware": "2.0.106", "link": "uart", "baud": "2000000", "flow": "rtscts", "peer": "in-process"},
		Conditions: map[string]string{"rssi": "-48", "heap": "148408", "network_ceiling_note": "the peer is in the harness: there is no network"},
		Scenario:   results.Document{Name: f.kind + "-test", Title: f.title, Text: "name: x\n", Parsed: map[string]any{"workload": map[string]any{"kind": f.kind}, "needs": f.needs}},
		Rig:        results.Document{Name: "emulated", Text: "module: emulated?link=uart\n"},
	}
	if f.conditions["network_ceiling_up"] != "" {
		run.Identity["peer"], run.Conditions["network_ceiling_note"] = "remote", ""
	}
	if f.factor != "" {
		run.Factors = []string{f.factor}
	}
	for _, level := range f.levels {
		c := results.CaseInfo{Key: f.kind, Factors: map[string]string{}}
		if f.factor != "" {
			c.Key, c.Factors[f.factor] = f.factor+"="+level, level
		}
		run.Cases = append(run.Cases, c)
	}
	w, err := results.Create(t.TempDir(), run)
	if err != nil {
		t.Fatal(err)
	}
	rng, later := rand.New(rand.NewPCG(5, 67)), map[int]map[string]float64{}
	for repeat := range f.repeats {
		for i := range f.levels {
			r := results.Result{Seq: repeat*len(f.levels) + i + 1, Boot: 1, Block: repeat + 1, Repeat: repeat + 1, Case: run.Cases[i].Key, Factors: run.Cases[i].Factors,
				Outcome: results.Pass, Conditions: f.conditions}
			later[r.Seq] = f.one(t, w, rng, i, &r)
			if err := w.Append(r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	opened, err := results.Open(w.Dir())
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range opened.Results { // as a later version would have stored them
		maps.Copy(opened.Results[i].Metrics, later[r.Seq])
	}
	return opened
}

// one is a repeat of a level: its number, or its position when it is a word. What
// the table of metrics does not have comes back: a run of a later version has it.
func (f family) one(t testing.TB, w *results.Writer, rng *rand.Rand, i int, r *results.Result) (later map[string]float64) {
	t.Helper()
	samples, err := w.Samples(r.Seq)
	if err != nil {
		t.Fatal(err)
	}
	level, err := strconv.ParseFloat(f.levels[i], 64)
	if err != nil {
		level = float64(i)
	}
	g := &generator{rng: rng, add: func(series string, at, v float64) {
		samples.Add(results.Sample{Series: series, T: time.Duration(at * 1e9), V: v})
	}}
	r.Metrics, later = f.repeat(g, level), map[string]float64{}
	for name, v := range r.Metrics {
		if _, known := results.LookupMetric(name); !known {
			later[name] = v
			delete(r.Metrics, name)
		}
	}
	if r.Samples, err = samples.Close(); err != nil {
		t.Fatal(err)
	}
	return later
}

var ofSends = regexp.MustCompile(`\b(a|each|one) send\b|\b[0-9]+ sends\b|send p50|How long a send`)

// Every family has a table that fits, a verdict, its noun, and charts; nothing of
// one workload is said of another.
func TestEveryFamily(t *testing.T) {
	for _, f := range families {
		t.Run(f.kind, func(t *testing.T) {
			run := f.run(t)
			s := summarize(t, run)
			var b strings.Builder
			if err := Text(&b, s, 0); err != nil {
				t.Fatal(err)
			}
			for _, want := range f.want {
				if !strings.Contains(b.String(), want) {
					t.Errorf("%q is missing:\n%s", want, b.String())
				}
			}
			all, err := figures(s, run)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, c := range all {
				ids = append(ids, c.id)
			}
			if got := strings.Join(ids, " "); got != f.charts {
				t.Errorf("charts %s, want %s", got, f.charts)
			}
			page := string(render(t, run))
			if f.kind != "cipsend" && f.kind != "cipsendl" && f.kind != "soak" && f.kind != "bidirectional" {
				if found := ofSends.FindString(b.String() + page); found != "" {
					t.Errorf("the report speaks of sends: %q", found)
				}
			}
		})
	}
}

// TestFamiliesInBrowser draws the pages that have charts of every kind, each in
// another window; with PICTURES set the page of every family.
func TestFamiliesInBrowser(t *testing.T) {
	needECharts(t)
	b := openTab(t)
	for i, f := range families {
		if os.Getenv("PICTURES") == "" && !slices.Contains([]string{"request-response", "cipsend", "bidirectional", "soak", "cipsendl", "idle"}, f.kind) {
			continue
		}
		width, scheme := []int{1280, 360}[i%2], []string{"light", "dark"}[i/2%2]
		t.Run(fmt.Sprintf("%s-%d-%s", f.kind, width, scheme), func(t *testing.T) {
			run := f.run(t)
			all, err := figures(summarize(t, run), run)
			if err != nil {
				t.Fatal(err)
			}
			b.console = nil
			b.show(render(t, run), width, 800, scheme)
			for _, c := range all {
				checkChart(t, b, c.id)
			}
			if got := b.eval(`document.documentElement.scrollWidth > innerWidth`); got != "false" {
				t.Error("the page scrolls sideways")
			}
			if len(b.console) > 0 {
				t.Errorf("the console says: %s", strings.Join(b.console, "\n"))
			}
			if dir := os.Getenv("PICTURES"); dir != "" {
				b.picture(filepath.Join(dir, fmt.Sprintf("family-%s-%d-%s.png", f.kind, width, scheme)))
			}
		})
	}
}
