package main

import (
	"bytes"
	"context"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/analysis/compare"
	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
)

// byProfile leaves everything that a profile says to it.
func byProfile(c *emulator.Config) { c.CommandLatency, c.RadioRate = 0, 0 }

// slowProfile is the file of a firmware that takes longer for every command.
func slowProfile(t *testing.T) string {
	t.Helper()
	return write(t, "slow.yaml", "name: slow\nbase: t01-2.0.106\nlatency: 1ms\n")
}

const pairedScenario = `
name: pair
workload: {kind: cipsend, sends: 40}
sweep: {length: [512, 1460]}
repeats: {min: 2, max: 2}
warmup: 0
`

func parsed(t *testing.T, text string) *scenarios.Scenario {
	t.Helper()
	s, err := scenarios.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// virtualApp measures emulated modules in virtual time.
func virtualApp(t *testing.T) *app {
	open := func(_ context.Context, url scenarios.LinkURL) (*opened, error) {
		asked, err := emulator.Parse(url.Query)
		if err != nil {
			return nil, err
		}
		link, _ := virtualLink(t, &scenarios.Rig{Module: url}, func(c *emulator.Config) {
			asked.Link, asked.Dial, asked.Listen, asked.ListenPacket, asked.Log, asked.Ether = c.Link, c.Dial, c.Listen, c.ListenPacket, c.Log, c.Ether
			*c = asked
		})
		return link, nil
	}
	return &app{in: strings.NewReader(""), out: io.Discard, errOut: io.Discard, open: open}
}

// quietly are the flags of what is measured in tests.
func quietly(t *testing.T) runFlags {
	return runFlags{out: t.TempDir(), quiet: true, trace: "reference", traceLimit: "1MiB", seed: 67}
}

// virtualAB measures in virtual time what a command line of ab says, the scenario beside.
func virtualAB(t *testing.T, text string, f abFlags) (pair [2]*results.Run, c *compare.Comparison) {
	t.Helper()
	f.runFlags = quietly(t)
	file := write(t, "test.yaml", text)
	synctest.Test(t, func(t *testing.T) {
		d, err := virtualApp(t).planAB(file, f)
		if err != nil {
			t.Fatal(err)
		}
		measured, err := d.measured(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		base, new := d.compared(measured)
		if c, err = judge(base, new, nil); err != nil {
			t.Fatal(err)
		}
		for i, dir := range d.dirs() {
			if pair[i], err = results.Open(dir); err != nil {
				t.Fatal(err)
			}
		}
	})
	return pair, c
}

// checkPair says that both runs are the sides of one A/B run: session, roles, and a boot of each in every block.
func checkPair(t *testing.T, pair [2]*results.Run, subject string, boots int) {
	t.Helper()
	a, b := pair[0], pair[1]
	if a.Session == "" || a.Session != b.Session || a.Role != results.RoleReference || b.Role != results.RoleCandidate || a.Subject != subject || b.Subject != subject {
		t.Errorf("A is %q %q %q, B is %q %q %q", a.Session, a.Role, a.Subject, b.Session, b.Role, b.Subject)
	}
	if !a.Start.Equal(b.Start) || a.Identity["scenario"] != b.Identity["scenario"] || !slices.EqualFunc(a.Cases, b.Cases, func(x, y results.CaseInfo) bool { return x.Hash == y.Hash && x.Key == y.Key }) {
		t.Errorf("A has %v %v, B %v %v", a.Start, a.Cases, b.Start, b.Cases)
	}
	first := 0
	for block := 1; block <= boots; block++ {
		var begin [2]time.Duration
		for i, run := range pair {
			of := slices.DeleteFunc(slices.Clone(run.Results), func(r results.Result) bool { return r.Block != block })
			if len(of) == 0 {
				t.Fatalf("%s has no block %d", run.Variant, block)
			}
			for _, r := range of {
				if r.Boot != block || r.Outcome != results.Pass {
					t.Errorf("%s %s: boot %d in block %d, %s %s", run.Variant, r.Case, r.Boot, block, r.Outcome, r.Err)
				}
			}
			begin[i] = of[0].Marks[0].T
		}
		if begin[1] < begin[0] {
			first++
		}
	}
	if first != boots/2 {
		t.Errorf("B is first in %d of %d blocks", first, boots)
	}
}

// goodputs are those of a case, which are equal in virtual time.
func goodputs(run *results.Run, key string) (all []float64) {
	for _, r := range run.Results {
		if r.Case == key {
			all = append(all, r.Metrics["goodput"])
		}
	}
	return all
}

// An A/B run of two firmwares: the module is flashed for each turn, both sides measure what each measures by itself, and the first
// firmware is there again at the end.
func TestABFirmwares(t *testing.T) {
	t.Parallel()
	slow := slowProfile(t)
	pair, c := virtualAB(t, pairedScenario, abFlags{a: "2.0.106", b: slow, boots: 6})
	checkPair(t, pair, ofFirmware, 6)
	if c.Verdict != compare.Fail || c.Exit != exitFail || c.Base.Name != "2.0.106" || c.New.Name != slow {
		t.Errorf("%s, exit %d, %s against %s", c.Verdict, c.Exit, c.New.Name, c.Base.Name)
	}
	level := map[string][]float64{}
	for i, profile := range []string{"t01-2.0.106", slow} {
		alone, _, err := virtualRun(t, parsed(t, pairedScenario), func(c *emulator.Config) { byProfile(c); c.Profile = profile })
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"length=512", "length=1460"} {
			want := goodputs(alone, key)[0]
			level[key] = append(level[key], want)
			for _, got := range goodputs(pair[i], key) {
				if math.Abs(got/want-1) > 1e-6 {
					t.Errorf("%s, %s: %v, alone it is %v", profile, key, got, want)
				}
			}
		}
		if pair[i].Release != []string{"2.0.106", "slow"}[i] || pair[i].Conditions["hook_flash_end"] != "put back to 2.0.106" {
			t.Errorf("%s is release %q, at the end %q", profile, pair[i].Release, pair[i].Conditions["hook_flash_end"])
		}
	}
	for _, row := range c.Comparisons {
		want := level[row.Case]
		if row.Metric == "goodput" && (row.Verdict != compare.Regressed || !row.Paired || row.N.New != 6 || math.Abs(*row.Change-(want[1]/want[0]-1)) > 1e-6) {
			t.Errorf("%s: %s by %v, paired %v, %d boots; alone they are %v", row.Case, row.Verdict, *row.Change, row.Paired, row.N.New, want)
		}
	}
}

// The same firmware twice is no change.
func TestABSame(t *testing.T) {
	t.Parallel()
	_, c := virtualAB(t, pairedScenario, abFlags{a: "firmware:2.0.106", b: "2.0.106", boots: 5})
	if c.Verdict != compare.Pass || len(c.Regressions()) != 0 {
		t.Errorf("%s: %s", c.Verdict, c.Text)
	}
	for _, row := range c.Comparisons {
		if row.Verdict != compare.Equivalent && row.Verdict != compare.NonInferior {
			t.Errorf("%s %s: %s", row.Case, row.Metric, row.Verdict)
		}
	}
}

// Settings are the subject: keys and hashes are those of the scenario without, and a link that one side opens in another way is
// opened as the rig has it for the other.
func TestABSettings(t *testing.T) {
	t.Parallel()
	pair, _ := virtualAB(t, pairedScenario, abFlags{a: "length=1000", b: "length=1000,link.speed=0.5", boots: 2})
	checkPair(t, pair, ofSettings, 2)
	for i, baud := range []string{"2000000", "1000000"} {
		run := pair[i]
		if len(run.Cases) != 1 || run.Cases[0].Key != "cipsend" || run.Identity["baud"] != "" {
			t.Errorf("cases %v, identity %v", run.Cases, run.Identity)
		}
		for _, r := range run.Results {
			if r.Conditions["link_baud"] != baud && (i == 1 || r.Conditions["link_baud"] != "") {
				t.Errorf("side %d: link at %s", i, r.Conditions["link_baud"])
			}
		}
	}
	a, b := goodputs(pair[0], "cipsend")[0], goodputs(pair[1], "cipsend")[0]
	if b > 0.8*a {
		t.Errorf("at half the rate %v, before %v", b, a)
	}
}

// Two rigs are open at once.
func TestABRigs(t *testing.T) {
	t.Parallel()
	pair, _ := virtualAB(t, pairedScenario, abFlags{a: "emulated?link=memory", b: "rig:emulated?link=memory&latency=600us", boots: 2})
	checkPair(t, pair, ofRig, 2)
	if a, b := goodputs(pair[0], "length=512")[3], goodputs(pair[1], "length=512")[3]; b >= a {
		t.Errorf("the later rig has %v, the other %v", b, a)
	}
}

// The current of each side is in its own directory, with the idle power of its own firmware.
func TestABCurrent(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("name: pair", "name: pair\nneeds: [meter]", "512, ", "").Replace(pairedScenario)
	pair, _ := virtualAB(t, text, abFlags{a: "2.0.106", b: slowProfile(t), boots: 2})
	checkPair(t, pair, ofFirmware, 2)
	for i, run := range pair {
		for _, r := range run.Results {
			if _, err := os.Stat(filepath.Join(run.Dir, filepath.FromSlash(r.Power))); r.Power == "" || err != nil || r.Metrics["energy_per_bit_net"] <= 0 {
				t.Errorf("side %d, boot %d: trace %q (%v), %v", i, r.Boot, r.Power, err, r.Metrics)
			}
		}
		if _, err := os.Stat(filepath.Join(run.Dir, powerFolder, restTrace+"-"+[]string{"A", "B"}[i]+".ppk2")); err != nil {
			t.Error(err)
		}
	}
}

func TestVariants(t *testing.T) {
	rig := write(t, "rig.yaml", "name: bench\nmodule: uart:/dev/ttyUSB0\n")
	for arg, want := range map[string]string{
		"length=1460":            ofSettings,
		"length=1460,links=2":    ofSettings,
		"link.flow=rtscts":       ofSettings,
		"emulated?link=memory":   ofRig,
		"uart:/dev/x?baud=9600":  ofRig,
		rig:                      ofRig,
		slowProfile(t):           ofFirmware,
		"2.0.97":                 ofFirmware,
		"builds/fw=2.bin":        ofFirmware,
		"firmware:emulated":      ofFirmware,
		"firmware:" + rig:        ofFirmware,
		"rig:bench-a":            ofRig,
		"settings:length=5":      ofSettings,
		"none/such/file.yaml":    ofFirmware,
		"spi:/dev/spidev0.0?a=b": ofRig,
	} {
		if v, err := parseVariant(arg); err != nil || v.kind != want {
			t.Errorf("%s is %q (%v), want %s", arg, v.kind, err, want)
		}
	}
}

// What cannot be measured is refused before anything is opened.
func TestABRefuses(t *testing.T) {
	rig := write(t, "rig.yaml", "name: bench\nmodule: uart:/dev/none\n")
	for _, tt := range []struct{ args, says string }{
		{"--a 2.0.97 --b 2.0.106 --rig " + rig, "rig bench has no flash hook"},
		{"--a 2.0.97 --b 9.9.9", "firmware 9.9.9 of an emulated module"},
		{"--a 2.0.97 --b length=5", "--a 2.0.97 is a firmware and --b length=5 is settings; both must be the same"},
		{"--a emulated --b emulated --rig " + rig, "--rig is of no use"},
		{"--a length=5", "--b: it is empty"},
		{"--a length=5 --b length=99999", "1..8192 B"},
		{"--a lenght=5 --b lenght=6", `did you mean "length"?`},
		{"--a length=5,length=6 --b length=7", "length is set twice"},
		{"--a length=5 --b length=7 --boots 0", "outside 1..1000"},
	} {
		code, out, errOut := cli(t, append([]string{"ab", "cipsend-quick"}, strings.Fields(tt.args)...)...)
		if code != exitUsage || !strings.Contains(errOut, tt.says) || out != "" {
			t.Errorf("%s: exit %d, %q %q; want %q", tt.args, code, out, errOut, tt.says)
		}
	}
}

// A hook that loads something else ends the run, and both directories say so.
func TestABFlashIsChecked(t *testing.T) {
	skipWithoutPTY(t)
	t.Parallel()
	hook := script(t, "echo loaded\n")
	rig := write(t, "rig.yaml", "name: bench\nmodule: emulated?link=memory&boot=1ms\nhooks: {flash: '"+hook+" {firmware}'}\n")
	out := t.TempDir()
	code, _, errOut := cli(t, "ab", write(t, "pair.yaml", strings.NewReplacer("512, ", "", "min: 2, max: 2", "min: 1, max: 1").Replace(pairedScenario)), "--rig", rig, "--out", out, "-q", "--boots", "2", "--a", "2.0.106", "--b", "2.0.97")
	if code != exitError || !strings.Contains(errOut, "side B: flash 2.0.97: the module says that its firmware is 2.0.106: the hook loaded something else") {
		t.Errorf("exit %d: %s", code, errOut)
	}
	checkAborted(t, out)
}

// checkAborted says that both sides can be read and tell that they are not whole.
func checkAborted(t *testing.T, out string) {
	t.Helper()
	runs, err := results.List(out)
	if err != nil || len(runs) != 2 {
		t.Fatalf("%d runs: %v", len(runs), err)
	}
	for _, r := range runs {
		run, err := results.Open(r.Dir)
		if err != nil || len(run.Warnings) > 0 || len(run.Results) == 0 || run.Results[len(run.Results)-1].Outcome != results.Aborted {
			t.Errorf("%s: %v, %v, %d results", r.Dir, err, run.Warnings, len(run.Results))
		}
	}
}

// Ctrl-C keeps both directories readable.
func TestABInterrupted(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	file := write(t, "long.yaml", strings.Replace(pairedScenario, "sends: 40", "duration: 60s", 1))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	var o, e bytes.Buffer
	code := execute(ctx, []string{"ab", file, "-q", "--rig", "emulated?link=memory&boot=1ms", "--out", out, "--a", "links=1", "--b", "links=2"}, strings.NewReader(""), &o, &e)
	if code != exitError || strings.Count(o.String(), out+string(filepath.Separator)) != 2 {
		t.Errorf("exit %d: %s %s", code, o.String(), e.String())
	}
	checkAborted(t, out)
}
