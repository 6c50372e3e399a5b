package reporttest

import (
	"maps"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"st67bench/analysis"
	"st67bench/results"
)

// Family is a synthetic run of one kind of workload: what a repeat of each level gives.
type Family struct {
	Kind, Title, Factor string
	Want                []string // in the text
	Charts              string   // ids, in the order of the page
	Levels              []string
	Conditions          map[string]string
	Needs               []any // of its scenario
	Repeats             int
	Repeat              func(g *generator, level float64) map[string]float64
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

// Families have one run of each kind of figures; the figures of a level are
// invented, and only their relations matter: shares that add up, a bound below.
var Families = []Family{
	{Kind: "receive", Title: "How does the size of a read change the download?", Factor: "read", Levels: []string{"256", "1024", "1460", "2920"}, Repeats: 6,
		Want: []string{"read  goodput", "efficiency  line  down p50  blocked", "At read 256, the UART carries", "a read takes"}, Charts: "goodput stages latency-down latency-down-percentiles latency-down-boxes delays order",
		Repeat: func(g *generator, read float64) map[string]float64 {
			line, wait := read*10/2e6, 4e-3
			m := whole(map[string]float64{"received": 1e6, "reads": 300, "blocked": 0.93, "stage_command": 0.4e-3, "stage_data": line, "stage_wait": wait, "stage_host": 0.1e-3})
			m["goodput"] = 8 * read / (line + wait + 0.5e-3)
			m["ceiling"] = 8 * read / (line + 0.3e-3)
			m["efficiency"], m["line_share"] = m["goodput"]/m["ceiling"], m["goodput"]/1.6e6
			g.times(m, "delay_down", 300, 0.02)
			return m
		}},
	{Kind: "request-response", Title: "How long is a request on its way under load?", Factor: "load", Levels: []string{"none", "up", "down"}, Repeats: 6,
		Want: []string{"load  round trip p50  p99", "goodput", "late", "dropped", "At load down, of 1", "is the wait of a request for its turn", "a request takes 10.9 ms (load=none)"}, Charts: "rtt stages latency-rtt latency-rtt-percentiles latency-rtt-boxes latency-service latency-up latency-down delays order",
		Repeat: func(g *generator, at float64) map[string]float64 {
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
	{Kind: "ping", Title: "How far is the peer?", Factor: "length", Levels: []string{"32", "64", "1400"}, Repeats: 3,
		Want: []string{"length  round trip p50  p99", "(p99 needs 368 pings, has 20)", "\nwithin this association only (1 boot)\n"}, Charts: "rtt latency-rtt latency-rtt-boxes order",
		Repeat: func(g *generator, length float64) map[string]float64 {
			m := map[string]float64{"sends": 20}
			g.times(m, "rtt", 20, 0.004+length*1e-6)
			return m
		}},
	{Kind: "cipsend", Title: "How much UDP arrives?", Factor: "rate", Levels: []string{"500000", "1000000", "2000000", "4000000"}, Repeats: 6,
		Conditions: map[string]string{"network_ceiling_up": "9.31e7", "network_ceiling_down": "9.4e7"},
		Want:       []string{"rate  goodput", "lost", "late", "network   between harness and peer: 93.1 Mbit/s up, 94.0 Mbit/s down (iperf3)"},
		Charts:     "goodput stages latency latency-percentiles latency-boxes latency-up delays lost jitter order front",
		Repeat: func(g *generator, rate float64) map[string]float64 {
			goes := min(rate, 1.45e6)
			m := whole(map[string]float64{"goodput": goes, "ceiling": 1.55e6, "efficiency": goes / 1.55e6, "line_share": goes / 1.6e6, "sends": 400, "sent": 4e6, "received": 4e6 * goes / rate,
				"datagrams": 400 * goes / rate, "datagrams_lost": 400 * (1 - goes/rate), "jitter": 0.2e-3 * rate / 5e5, "fairness": 0.7, "late": 300 * (1 - goes/rate), "offered": rate,
				"stage_command": 0.4e-3, "stage_prompt": 0.1e-3, "stage_payload": 6e-3, "stage_recv": 1.4e-3, "stage_final": 0.2e-3, "stage_radio": 0.5e-3, "stage_host": 0.1e-3})
			m["loss"] = m["sent"] - m["received"]
			g.times(m, "send_latency", 400, 8e-3)
			g.times(m, "delay_up", 400, 9e-3)
			return m
		}},
	{Kind: "bidirectional", Title: "Do upload and download go together?", Factor: "length", Levels: []string{"512", "1460"}, Repeats: 6,
		Want: []string{"length  goodput", "up          down", "584 kbit/s go up while 876 kbit/s come down"}, Charts: "goodput order course-goodput",
		Repeat: func(g *generator, length float64) map[string]float64 {
			up, down := 400*length, 600*length
			g.course("goodput_up", up, up)
			return whole(map[string]float64{"goodput": up + down, "goodput_up": up, "goodput_down": down, "received": 1e6, "sends": 200, "line_share": (up + down) / 3.2e6})
		}},
	{Kind: "iperf", Title: "What does the module's own iperf say?", Factor: "direction", Levels: []string{"tx", "rx"}, Repeats: 3, Conditions: map[string]string{"iperf_by": "the peer, as receiver", "iperf_tool": "iperf 2.1.8"},
		Want: []string{"by the module", "jitter", "The figure is that of the peer, as receiver (iperf: iperf 2.1.8).", "\nwithin this association only"}, Charts: "goodput lost jitter order course-goodput",
		Repeat: func(g *generator, at float64) map[string]float64 {
			g.course("goodput", 9.1e6, 9.1e6)
			return map[string]float64{"goodput": 9.1e6 + at*1e6, "module_goodput": 9.8e6, "received": 5e6, "datagrams": 4000, "datagrams_lost": 30, "jitter": 1e-3}
		}},
	{Kind: "join", Title: "How long until the network is there?", Factor: "end", Levels: []string{"ip", "byte"}, Repeats: 6,
		Want: []string{"end   time", "boot 17 %, associate 57 %", "At end byte, 4.00 s of 7.00 s is the association."}, Charts: "duration stages latency-duration latency-duration-boxes order",
		Repeat: func(g *generator, at float64) map[string]float64 {
			m := map[string]float64{"duration": 6 + at, "stage_boot": 1.2, "stage_associate": 4, "stage_address": 0.8, "heap": 150e3, "sends": 1}
			g.add("duration", 0, m["duration"])
			if at > 0 {
				m["stage_first_byte"] = 1
			}
			return m
		}},
	{Kind: "connect", Title: "How many connections a second, and does the heap come back?", Factor: "protocol", Levels: []string{"tcp", "tls"}, Repeats: 6,
		Want: []string{"protocol  time p50", "heap/connection", "(p99 needs 368 connections, has 60)"}, Charts: "duration stages latency-duration latency-duration-boxes rate order course-heap",
		Repeat: func(g *generator, at float64) map[string]float64 {
			m := map[string]float64{"rate": 20 / (1 + 30*at), "heap": 150e3, "heap_slope": -24 - 6*at, "sends": 60, "stage_command": 0.05 * (1 + 30*at), "stage_final": 2e-3}
			g.times(m, "duration", 60, 0.05*(1+30*at))
			g.course("heap", 150e3, 150e3-24*60)
			return m
		}},
	{Kind: "soak", Title: "Does it hold for hours?", Factor: "", Levels: []string{""}, Repeats: 1,
		Want: []string{"case  goodput", "decay  heap/send", "Goodput fell by 8.0 %, the free heap came back."}, Charts: "latency latency-percentiles latency-boxes course-goodput course-heap",
		Repeat: func(g *generator, _ float64) map[string]float64 {
			m := whole(map[string]float64{"goodput": 1.5e6, "ceiling": 1.6e6, "efficiency": 0.94, "line_share": 0.93, "received": 5e9, "sends": 1e6, "goodput_slope": -0.08, "decay": 0.08, "heap_slope": 0.002, "heap": 148e3})
			g.times(m, "send_latency", 400, 0.015)
			g.course("goodput", 1.5e6, 1.45e6)
			g.course("heap", 148e3, 148.1e3)
			return m
		}},
	{Kind: "cipsendl", Title: "How does the block size change a long send?", Factor: "transmit", Levels: []string{"512", "2920"}, Repeats: 6,
		Want: []string{"transmit  goodput", "payload 76 %", "the line is the limit"}, Charts: "goodput stages order course-reports",
		Repeat: func(g *generator, transmit float64) map[string]float64 {
			m := whole(map[string]float64{"goodput": 1e6 + 100*transmit, "ceiling": 1.6e6, "received": 1e6, "sends": 5, "line_share": 0.7, "stage_command": 0.5e-3, "stage_payload": 5, "stage_recv": 1.5, "stage_final": 0.1})
			for i := range 100 {
				g.add("report_sent", float64(i)*0.06, float64(i)*1e4)
				g.add("report_received", float64(i)*0.06, float64(i)*0.97e4)
			}
			return m
		}},
	{Kind: "mqtt", Title: "How long is a publication on its way?", Factor: "qos", Levels: []string{"0", "1", "2"}, Repeats: 6,
		Want: []string{"qos  rate", "goodput", "publication p50  p99", "At qos 2, 27.0 ms of 3"}, Charts: "rate stages latency latency-percentiles latency-boxes latency-up delays order",
		Repeat: func(g *generator, qos float64) map[string]float64 {
			m := map[string]float64{"rate": 80 / (1 + qos), "goodput": 4e4 / (1 + qos), "sends": 400, "loss": 0, "duplicate": 0, "stage_command": 2e-3, "stage_payload": 0.5e-3, "stage_final": 9e-3 * (1 + qos)}
			g.times(m, "send_latency", 400, 0.012*(1+qos))
			g.times(m, "delay_up", 400, 0.02)
			return m
		}},
	{Kind: "ble-notify", Title: "How many notifications a second?", Factor: "length", Levels: []string{"20", "244"}, Repeats: 6,
		Want: []string{"length  rate", "40 B", "480 B lost"}, Charts: "rate order",
		Repeat: func(g *generator, length float64) map[string]float64 {
			return whole(map[string]float64{"rate": 90 - length/10, "received": 1e4, "loss": 40})
		}},
	{Kind: "idle", Title: "What does the module draw under each DTIM?", Factor: "dtim", Levels: []string{"1", "3", "10"}, Repeats: 6, Needs: []any{"meter"},
		Want: []string{"dtim  current", "floor", "wakes every  charge per wake", "78.6 µA", "74.8 µC"}, Charts: "current order charge fit-wakes battery",
		Repeat: func(g *generator, dtim float64) map[string]float64 {
			every := 0.1024 * dtim
			mean := 78.6e-6 + 74.8e-6/every
			return map[string]float64{"current": mean * (1 + 0.001*g.rng.NormFloat64()), "current_floor": 78.6e-6, "wake_interval": every, "wake_charge": 74.8e-6, "wake_time": 2e-3,
				"charge": 30 * mean, "charge_sleep": 30 * 78.6e-6, "charge_receive": 30 * (mean - 78.6e-6), "charge_transmit": 0, "share_sleep": 1 - 2e-3/every, "share_receive": 2e-3 / every}
		}},
	{Kind: "cipsend", Title: "What does a bit cost?", Factor: "rate", Levels: []string{"200000", "400000", "800000"}, Repeats: 6, Needs: []any{"meter"},
		Want: []string{"rate  ", "energy per bit", "above idle", "38.0 nJ/bit"}, Charts: "energy current order energy-per-bit fit-load battery",
		Repeat: func(g *generator, rate float64) map[string]float64 {
			power := 0.188 + 38e-9*rate + 1e-5*g.rng.NormFloat64()
			return whole(map[string]float64{"goodput": rate, "sends": 500, "received": rate / 4, "power": power, "current": power / 3.3, "energy": 2 * power,
				"energy_per_bit": power / rate, "energy_per_bit_net": 38e-9, "alignment": 0.4e-3})
		}},
	{Kind: "scan", Title: "How long is a scan, and what does it find?", Factor: "", Levels: []string{""}, Repeats: 6,
		Want: []string{"case  time", "found  n  note"}, Charts: "latency-duration latency-duration-boxes order",
		Repeat: func(g *generator, _ float64) map[string]float64 {
			g.add("duration", 0, 2.2+0.1*g.rng.Float64())
			return map[string]float64{"duration": 2.2 + 0.1*g.rng.Float64(), "found": 7, "from_a_later_version": 42}
		}},
}

// Run writes a run directory of the family, and opens it.
func (f Family) Run(t testing.TB) *results.Run {
	t.Helper()
	run := results.Run{
		Start: time.Date(2026, 11, 22, 18, 40, 0, 0, time.UTC), Tool: "st67bench 0.1.0 (abcdef0)", Seed: 67, Emulated: true,
		Identity:   map[string]string{"module": "ST67W611M1", "image": "T01", "firmware": "2.0.106", "link": "uart", "baud": "2000000", "flow": "rtscts", "peer": "in-process"},
		Conditions: map[string]string{"rssi": "-48", "heap": "148408", "network_ceiling_note": "the peer is in the harness: there is no network"},
		Scenario:   results.Document{Name: f.Kind + "-test", Title: f.Title, Text: "name: x\n", Parsed: map[string]any{"workload": map[string]any{"kind": f.Kind}, "needs": f.Needs}},
		Rig:        results.Document{Name: "emulated", Text: "module: emulated?link=uart\n"},
	}
	if f.Conditions["network_ceiling_up"] != "" {
		run.Identity["peer"], run.Conditions["network_ceiling_note"] = "remote", ""
	}
	if f.Factor != "" {
		run.Factors = []string{f.Factor}
	}
	for _, level := range f.Levels {
		c := results.CaseInfo{Key: f.Kind, Factors: map[string]string{}}
		if f.Factor != "" {
			c.Key, c.Factors[f.Factor] = f.Factor+"="+level, level
		}
		run.Cases = append(run.Cases, c)
	}
	w, err := results.Create(t.TempDir(), run)
	if err != nil {
		t.Fatal(err)
	}
	rng, later := rand.New(rand.NewPCG(5, 67)), map[int]map[string]float64{}
	for repeat := range f.Repeats {
		for i := range f.Levels {
			r := results.Result{Seq: repeat*len(f.Levels) + i + 1, Boot: 1, Block: repeat + 1, Repeat: repeat + 1, Case: run.Cases[i].Key, Factors: run.Cases[i].Factors,
				Outcome: results.Pass, Conditions: f.Conditions}
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
func (f Family) one(t testing.TB, w *results.Writer, rng *rand.Rand, i int, r *results.Result) (later map[string]float64) {
	t.Helper()
	samples, err := w.Samples(r.Seq)
	if err != nil {
		t.Fatal(err)
	}
	level, err := strconv.ParseFloat(f.Levels[i], 64)
	if err != nil {
		level = float64(i)
	}
	g := &generator{rng: rng, add: func(series string, at, v float64) {
		samples.Add(results.Sample{Series: series, T: time.Duration(at * 1e9), V: v})
	}}
	r.Metrics, later = f.Repeat(g, level), map[string]float64{}
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
