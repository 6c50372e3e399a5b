package analysis

import (
	"cmp"
	"slices"

	"st67bench/analysis/stats"
	"st67bench/results"
)

// stage is one part of the time of an exchange.
type stage struct {
	name, metric string
	does         string // completes "31 % of the time ..."
	about        string // completes "command: ..."
	wire         bool   // the line is busy with payload: what no module can save
}

// stageTable are the stages of a send, a read, a request or a join, in the order
// of the exchange. They follow one another and never overlap; see the package
// documentation. "host" is what no other stage accounts for: time in which
// neither the line nor the module was waited for.
var stageTable = []stage{
	{"command", "stage_command", "goes to the command", "from its first byte to the module's answer", false},
	{"prompt", "stage_prompt", "waits for the prompt", "from OK to >", false},
	{"payload", "stage_payload", "is payload on the line", "the line time of the payload", true},
	{"radio", "stage_radio", "waits for the radio", "waiting while the last byte of a payload, or an echo, is on its way", false},
	{"Recv", "stage_recv", "waits for Recv", "what the module takes to confirm the payload, beyond the payload's line time", false},
	{"final", "stage_final", "waits for the final result code", "from Recv to SEND OK or OK", false},
	{"boot", "stage_boot", "is the boot", "from reset to ready", false},
	{"setup", "stage_setup", "is the harness setting up", "what the harness does before it joins", false},
	{"associate", "stage_associate", "is the association", "until the access point has taken the module", false},
	{"address", "stage_address", "waits for the address", "until DHCP has given one", false},
	{"connect", "stage_connect", "opens the connection", "until the connection is open", false},
	{"close", "stage_close", "closes the connection", "until it is closed again", false},
	{"peer", "stage_peer", "waits for the peer", "waiting for the other end", false},
	{"data", "stage_data", "is data on the line", "from the first byte of the answer to its last", true},
	{"wait", "stage_wait", "is waiting", "the module has nothing to give yet, or no room for more", false},
	{"first byte", "stage_first_byte", "waits for the first byte", "until the peer has the first byte", false},
	{"host", "stage_host", "is the harness's own", "neither the line nor the module is waited for", false},
}

// StageAbout says what a stage is; empty for a name that none has.
func StageAbout(name string) string {
	i := slices.IndexFunc(stageTable, func(s stage) bool { return s.name == name })
	if i < 0 {
		return ""
	}
	return stageTable[i].about
}

// stages splits the exchange of a case into the median of each stage over the
// repeats. A repeat of sends that does not carry its host time has it as send
// latency less the other stages. nil when no repeat has stages.
func stages(repeats []results.Result) []Share {
	parts := make([][]float64, len(stageTable))
	for _, r := range repeats {
		rest, timed := r.Metrics["send_latency_p50"]
		known := false
		for i, stage := range stageTable {
			v, ok := r.Metrics[stage.metric]
			if stage.name == "host" && !ok && known && timed {
				v, ok = max(rest, 0), true
			}
			if !ok || stage.name == "radio" && confirmed(r) {
				continue
			}
			known = true
			rest -= v
			parts[i] = append(parts[i], v)
		}
	}
	return inOrder(shares(parts))
}

// confirmed says whether the exchange waits for the module's own confirmation of a
// payload: the radio goes on beside that wait, and is no stage of it.
func confirmed(r results.Result) bool {
	_, recv := r.Metrics["stage_recv"]
	_, final := r.Metrics["stage_final"]
	return recv || final
}

// inOrder has the wait where it belongs: a read waits for what is next after its
// data, and a request for its answer before it.
func inOrder(all []Share) []Share {
	at := func(name string) int { return slices.IndexFunc(all, func(s Share) bool { return s.Name == name }) }
	if data, wait := at("data"), at("wait"); data >= 0 && wait >= 0 && at("payload") >= 0 {
		all[data], all[wait] = all[wait], all[data]
	}
	return all
}

// shares turns the values per stage into medians and fractions of their sum.
func shares(parts [][]float64) []Share {
	var out []Share
	total := 0.0
	for i, values := range parts {
		if len(values) == 0 {
			continue
		}
		v := stats.Quantile(slices.Sorted(slices.Values(values)), 0.5)
		total += v
		out = append(out, Share{Name: stageTable[i].name, Seconds: v})
	}
	if total <= 0 {
		return nil
	}
	for i := range out {
		out[i].Fraction = out[i].Seconds / total
	}
	return out
}

// Thresholds of Largest: what is named covers two thirds of an exchange, and the
// host's share is named from 5 % on, because it is the part that is not the
// module's fault.
const (
	coverLargest = 2.0 / 3
	nameHost     = 0.05
)

// Largest returns the largest stages of an exchange, which together take two thirds
// of it, in the order of the exchange; host time is among them from 5 % on.
func (c Case) Largest() []Share {
	named := map[string]bool{}
	covered := 0.0
	for _, s := range c.bySize() {
		if covered < coverLargest || (s.Name == "host" && s.Fraction >= nameHost) {
			named[s.Name] = true
			covered += s.Fraction
		}
	}
	return slices.DeleteFunc(slices.Clone(c.Stages), func(s Share) bool { return !named[s.Name] })
}

// bySize are the stages, the largest first.
func (c Case) bySize() []Share {
	return slices.SortedStableFunc(slices.Values(c.Stages), func(a, b Share) int { return cmp.Compare(b.Fraction, a.Fraction) })
}

// stage returns the fraction of an exchange that the named stage takes.
func (c Case) stage(name string) float64 {
	for _, s := range c.Stages {
		if s.Name == name {
			return s.Fraction
		}
	}
	return 0
}

// Total is the time of all stages, in s.
func (c Case) Total() float64 {
	sum := 0.0
	for _, s := range c.Stages {
		sum += s.Seconds
	}
	return sum
}
