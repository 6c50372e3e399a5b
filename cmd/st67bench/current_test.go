package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"st67bench/results"
	"st67bench/results/trace"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
)

// idleAmps is the emulator's current of a module that is awake and has nothing to do (the firmware's own model).
const idleAmps = 57e-3

const meteredUpload = "name: metered\nneeds: [meter]\nworkload: {kind: cipsend, length: 1460, duration: 2s}\nsweep:\n  rate: [200kbit/s, 800kbit/s]\nrepeats: {min: 1, max: 1}\nwarmup: 0\n"

// TestMeteredRun: a run with a meter keeps the traces of its session and of each repeat, with the repeat's marks, and its
// figures are the emulator's own: 57 mA at 3.3 V without load, and energy that is the same by every figure.
func TestMeteredRun(t *testing.T) {
	s, err := scenarios.Parse("metered.yaml", []byte(meteredUpload))
	if err != nil {
		t.Fatal(err)
	}
	run, _, err := virtualRun(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"begin", "idle", "end"} {
		side := sideOf(t, run, "power/"+name+".ppk2")
		if len(side.Marks) != 2 || side.Samples == 0 || len(side.Gaps) > 0 {
			t.Errorf("%s: %d marks, %d samples, gaps %v", name, len(side.Marks), side.Samples, side.Gaps)
		}
	}
	if run.Identity["meter"] != "sim" {
		t.Errorf("identity %v", run.Identity)
	}
	for _, r := range run.Results {
		if r.Outcome != results.Pass {
			t.Fatalf("%s: %s %s", r.Case, r.Outcome, r.Err)
		}
		side := sideOf(t, run, r.Power)
		for i, m := range r.Marks {
			if side.Marks[i] != (trace.Mark{Name: m.Name, T: m.T}) {
				t.Errorf("%s: mark %v in the trace, %v in the result", r.Case, side.Marks[i], m)
			}
		}
		if got, most := r.Metrics["alignment"], 2e-3; got <= 0 || got > most {
			t.Errorf("%s: alignment %v s, want at most %v", r.Case, got, most)
		}
		span := (r.Marks[1].T - r.Marks[0].T).Seconds()
		within(t, r, "energy", r.Metrics["power"]*span, 1e-6)
		within(t, r, "energy_per_bit", r.Metrics["energy"]/(8*r.Metrics["received"]), 1e-6)
		within(t, r, "energy_per_bit_net", (r.Metrics["power"]-3.3*idleAmps)*span/(8*r.Metrics["received"]), 1e-3)
		if r.Metrics["current"] <= idleAmps {
			t.Errorf("%s: current %v is not above that without load, %v", r.Case, r.Metrics["current"], idleAmps)
		}
	}
}

func sideOf(t *testing.T, run *results.Run, name string) trace.Side {
	t.Helper()
	f, err := trace.Open(filepath.Join(run.Dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return f.Side()
}

// TestMeterOnlyWhereItIsNeeded: the emulated rig measures no current for a scenario that needs none.
func TestMeterOnlyWhereItIsNeeded(t *testing.T) {
	s, err := scenarios.Parse("plain.yaml", []byte(strings.Replace(meteredUpload, "needs: [meter]\n", "", 1)))
	if err != nil {
		t.Fatal(err)
	}
	run, _, err := virtualRun(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(run.Dir, "power")); !os.IsNotExist(err) {
		t.Errorf("there is a folder of traces: %v", err)
	}
}

// TestMeterThatIsNotThere: the error names the meter, and nobody is sent to a dialog that there was not.
func TestMeterThatIsNotThere(t *testing.T) {
	rig := write(t, "rig.yaml", "name: metered\nmodule: emulated?link=memory\nmeter: ppk2:"+filepath.Join(t.TempDir(), "nothing")+"\n")
	code, _, errOut := cli(t, "run", "-q", "--rig", rig, "--out", t.TempDir(), write(t, "metered.yaml", meteredUpload))
	if code != exitError || !strings.Contains(errOut, "nothing was measured\n") || strings.Contains(errOut, "at.log") || !strings.Contains(errOut, "meter: ") {
		t.Errorf("exit %d: %s", code, errOut)
	}
}

// TestVoidTrace: a supply that the module cannot live on makes its figures void, and with them the repeats of a scenario that is about
// the current.
func TestVoidTrace(t *testing.T) {
	s, err := scenarios.Parse("metered.yaml", []byte(meteredUpload))
	if err != nil {
		t.Fatal(err)
	}
	run, _, err := virtualRun(t, s, func(c *emulator.Config) {
		c.Currents.Idle, c.Currents.TransmitAX, c.Currents.Receive = 3e-6, 3.1e-6, 3.2e-6
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range run.Results {
		if r.Outcome != results.Error || !strings.Contains(r.Err, "void") || len(r.Metrics) > 0 {
			t.Errorf("%s: %s %q %v; a module that draws 3 µA is none", r.Case, r.Outcome, r.Err, r.Metrics)
		}
	}
}

// TestSupplyThatTrips: a repeat whose module had next to no current at its end says so, and the module is started again for the next.
func TestSupplyThatTrips(t *testing.T) {
	s, err := scenarios.Parse("metered.yaml", []byte(strings.Replace(meteredUpload, "min: 1, max: 1", "min: 2, max: 2", 1)))
	if err != nil {
		t.Fatal(err)
	}
	run, _, err := virtualRun(t, s, func(c *emulator.Config) {
		c.Currents.Idle, c.Currents.TransmitAX, c.Currents.Receive = 1e-7, 1.1e-7, 1.2e-7
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range run.Results {
		if r.Outcome != results.Error || !strings.Contains(r.Err, "100 nA flowed: the module has no supply, or CHIP_EN is low; it was given its supply anew") {
			t.Errorf("%s: %s %q", r.Case, r.Outcome, r.Err)
		}
		if r.Boot != i+1 {
			t.Errorf("repeat %d is of boot %d: each begins with a module that has started", i+1, r.Boot)
		}
	}
}

// recorder is a command that writes 1000 lines a second of 10 mA until it gets SIGINT.
const recorder = `#!/bin/sh
trap 'exit 0' INT
echo 'Time(s),Current(mA)' > "$1"
n=0
while :; do
	i=0
	while [ $i -lt 20 ]; do
		printf '%d.%06d,10\n' $((n / 1000)) $((n % 1000 * 1000)) >> "$1"
		n=$((n + 1)) i=$((i + 1))
	done
	sleep 0.02
done
`

// newRecorded is a meter whose command is a script, which gets the file's path.
func newRecorded(t *testing.T, script string) *recordedMeter {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell script")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "record.sh")
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	url, err := scenarios.ParseMeter("file:" + path + " {file}.csv?volts=3.3V")
	if err != nil {
		t.Fatal(err)
	}
	return &recordedMeter{readings: readings{dir: dir}, url: url, start: time.Now(), hide: func(s string) string { return s }}
}

// TestRecordedMeter: what a command of the rig writes while a repeat runs becomes the trace of the repeat, and ends when the command was told to.
func TestRecordedMeter(t *testing.T) {
	c := newRecorded(t, recorder)
	dir, start := c.dir, c.start
	if err := c.Begin(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	end := time.Since(start)
	name, err := c.End(t.Context(), []results.Mark{{Name: "end", T: end}})
	if err != nil || name != "power/000007.ppk2" {
		t.Fatal(name, err)
	}
	side := sideOf(t, &results.Run{Dir: dir}, name)
	last := side.Clock.Time(float64(side.Samples))
	if off := (last - end).Abs(); off.Seconds() > side.Clock.Residual {
		t.Errorf("the trace ends %v from the end of the repeat, with a residual of %v s", off, side.Clock.Residual)
	}
	if !slices.Equal(side.Marks, []trace.Mark{{Name: "end", T: end}}) || side.Header.Volts != 3.3 || side.Samples < 20 {
		t.Errorf("marks %v, %v V, %d samples", side.Marks, side.Header.Volts, side.Samples)
	}
}

// TestRecordingThatFails: what the command said is in the error.
func TestRecordingThatFails(t *testing.T) {
	c := newRecorded(t, "#!/bin/sh\necho no Joulescope found >&2\nexit 3\n")
	err := c.Begin(t.Context(), 1)
	if err == nil || !strings.Contains(err.Error(), "no Joulescope found") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("%v", err)
	}
}

// TestRecordingByAChild: what the script itself has started is ended as by Ctrl-C; the shell would wait for it without an end.
func TestRecordingByAChild(t *testing.T) {
	c := newRecorded(t, "#!/bin/sh\nprintf 'Time(s),Current(mA)\\n0,10\\n0.001,10\\n' > \"$1\"\nsleep 1000\necho slept\n")
	if err := c.Begin(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if name, err := c.End(t.Context(), nil); err != nil || name != "power/000001.ppk2" {
		t.Error(name, err)
	}
}

// TestRecordingWithNamedColumns: what a file does not tell by itself is said in the rig.
func TestRecordingWithNamedColumns(t *testing.T) {
	c := newRecorded(t, "#!/bin/sh\nprintf 'T,CH1,CH2\\n0,1,250\\n2,1,250\\n4,1,250\\n' > \"$1\"\nexec sleep 1000\n")
	url, err := scenarios.ParseMeter(c.url.String() + "&current=CH2&unit=uA&time=1&time-unit=ms&kind=average")
	if err != nil {
		t.Fatal(err)
	}
	c.url = url
	if err := c.Begin(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	name, err := c.End(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	side := sideOf(t, &results.Run{Dir: c.dir}, name)
	if side.Clock.Period != 0.002 || side.Header.Kind != trace.Average || side.Samples != 3 {
		t.Errorf("%v s, %s, %d samples", side.Clock.Period, side.Header.Kind, side.Samples)
	}
	f, err := trace.Open(filepath.Join(c.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for b, err := range f.Blocks(0, side.Samples) {
		if err != nil || !slices.Equal(b.Amps, []float32{250e-6, 250e-6, 250e-6}) {
			t.Errorf("%v A, %v", b.Amps, err)
		}
	}
}

// TestRecordingThatEndsEarly: a recorder that stops by itself has not seen the end of the repeat.
func TestRecordingThatEndsEarly(t *testing.T) {
	c := newRecorded(t, "#!/bin/sh\nprintf 'Time(s),Current(mA)\\n0,10\\n0.001,10\\n' > \"$1\"\necho unplugged\nexit 3\n")
	if err := c.Begin(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	c.ended <- <-c.ended // it has ended, whenever End looks
	if _, err := c.End(t.Context(), nil); err == nil || err.Error() != "meter: the command ended before the repeat did: exit status 3; it said: unplugged" {
		t.Error(err)
	}
}

// TestMeterOverTCP: a serial meter may be behind a socket, and one where nothing listens is told as such.
func TestMeterOverTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url, err := scenarios.ParseMeter("ppk2:tcp:" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	line, err := openMeterLine(url.Target)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(line.Close(), l.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := openMeter(t.Context(), url, nil); err == nil || !strings.Contains(err.Error(), "nothing listens there") {
		t.Error(err)
	}
}
