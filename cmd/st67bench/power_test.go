package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"st67bench/results/trace"
)

// recorded is what a Power Profiler exports of four samples, of which one was lost.
const recorded = "Timestamp(ms),Current(uA),D0-D7\n0,1.000,10000000\n0.01,2.000,10000000\n0.03,4.000,00000000\n"

func TestPowerImportExport(t *testing.T) {
	file := write(t, "idle.csv", recorded)
	code, out, errOut := cli(t, "power", "import", "--supply", "3.3V", file)
	made := filepath.Join(filepath.Dir(file), "idle.ppk2")
	if code != 0 || !strings.Contains(out, "4 samples at 100000 samples/s, 4e-05 s, 1 gap with 25 % of them lost") || !strings.Contains(out, "trace     "+made) {
		t.Fatalf("exit %d: %s%s", code, out, errOut)
	}
	code, out, errOut = cli(t, "power", "export", "--out", "-", "--from", "10us", made)
	const want = "time (s),current (A),D0,D1,D2,D3,D4,D5,D6,D7\n0.000010000,2e-06,1,0,0,0,0,0,0,0\n0.000030000,4e-06,0,0,0,0,0,0,0,0\n"
	if code != 0 || out != want || errOut != "" {
		t.Errorf("exit %d: %s%s, want\n%s", code, out, errOut, want)
	}
	for format, ext := range map[string]string{"parquet": "parquet", "csv": "csv", "ppk2": "ppk2"} {
		path := filepath.Join(t.TempDir(), "part."+ext)
		code, out, errOut = cli(t, "power", "export", "--json", "--out", path, "--to", "20us", made)
		var m madeTrace
		if err := json.Unmarshal([]byte(out), &m); code != 0 || err != nil || m.Samples != 2 || m.Format != format || m.File != path || m.To != 2e-5 {
			t.Errorf("%s: exit %d, %s%s: %v", format, code, out, errOut, err)
		}
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", format, err)
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.tmp")); len(left) != 0 {
			t.Errorf("%v is left", left)
		}
	}
}

func TestPowerImportJSON(t *testing.T) {
	file := write(t, "idle.csv", "a;b\n1,5;0\n2,5;0\n")
	out := filepath.Join(t.TempDir(), "x.ppk2")
	code, stdout, errOut := cli(t, strings.Fields("power import --json --current a --unit mA --time none --volts b --rate 10 --kind average --decimal , --delimiter ; --out "+out+" "+file)...)
	var m madeTrace
	if err := json.Unmarshal([]byte(stdout), &m); code != 0 || err != nil || m.Samples != 2 || m.Rate != 10 || m.File != out || m.Gaps != 0 {
		t.Errorf("exit %d, %s%s: %v", code, stdout, errOut, err)
	}
	f, err := trace.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if h := f.Side().Header; h.Kind != trace.Average || h.VoltsFrom != "measured" {
		t.Errorf("header %+v", h)
	}
}

// What was damaged since it was written is not exported.
func TestPowerExportDamaged(t *testing.T) {
	file := write(t, "idle.csv", recorded)
	made := beside(file, ".ppk2")
	if code, out, errOut := cli(t, "power", "import", file); code != 0 {
		t.Fatal(out, errOut)
	}
	f, err := os.OpenFile(made, os.O_RDWR, 0)
	if err == nil {
		_, err = f.WriteAt([]byte{0x7f}, 70)
		f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := cli(t, "power", "export", "--out", "-", made); code != exitError || !strings.Contains(errOut, "idle.ppk2 has changed since it was written") {
		t.Errorf("exit %d: %s", code, errOut)
	}
}

// Whoever reads a trace that was not finished is told so.
func TestPowerUnfinished(t *testing.T) {
	made := filepath.Join(t.TempDir(), "killed.ppk2")
	h := trace.Header{Instrument: "ppk2", Kind: trace.Point, Rate: 1000}
	w, err := trace.Create(made, h)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close(trace.Nominal(h), 0)
	if err := w.Write(trace.Block{Amps: make([]float32, 200_000)}); err != nil { // more than is buffered
		t.Fatal(err)
	}
	for _, args := range []string{"power analyze " + made, "power analyze --json " + made, "power export --to 1s --out - " + made, "power export --json " + made} {
		if _, out, errOut := cli(t, strings.Fields(args)...); !strings.Contains(out+errOut, "this trace was not finished") {
			t.Errorf("st67bench %s: %s%s", args, out, errOut)
		}
	}
}

func TestPowerMistakes(t *testing.T) {
	file := write(t, "idle.csv", recorded)
	if code, out, errOut := cli(t, "power", "import", file); code != 0 {
		t.Fatal(out, errOut)
	}
	made := beside(file, ".ppk2")
	for _, tt := range []struct {
		args string
		code int
		says string
	}{
		{"power impor", exitUsage, `unknown verb "impor"; did you mean "import"?; see st67bench power --help`},
		{"power import", exitUsage, "accepts 1 arg(s)"},
		{"power import " + file, exitUsage, "a trace is never overwritten: name another with --out"},
		{"power import " + made, exitUsage, "FILE has the name that its trace would get"},
		{"power import --supply 3.3 " + file, exitUsage, `--supply: cannot read "3.3"; allowed: uV, mV, V, kV`},
		{"power import --delimiter ab " + file, exitUsage, `--delimiter "ab" is not one character`},
		{"power import --unit kA " + file, exitUsage, `unit "kA" is not known; A, mA, uA and nA are; see st67bench power import --help`},
		{"power import --format xml " + file, exitUsage, `format "xml" is not known; csv, ppk2, f32, sr are; see st67bench power import --help`},
		{"power import --rate x " + file, exitUsage, "--rate"},
		{"power import --out a.csv " + file, exitError, "the name of a trace ends in .ppk2"},
		{"power import --format sr --out " + file + ".ppk2 " + file, exitError, "zip"},
		{"power import none.csv", exitError, "none.csv"},
		{"power export", exitUsage, "accepts 1 arg(s)"},
		{"power export --format xls " + made, exitUsage, "--format xls is not known; parquet, csv, ppk2 are"},
		{"power export --format ppk2 " + made, exitUsage, "idle.ppk2 would be written over, which belongs to FILE"},
		{"power export --format parquet --out " + filepath.Dir(made) + "/./idle.ppk2 " + made, exitUsage, "idle.ppk2 would be written over"},
		{"power export --out " + beside(file, ".json") + " " + made, exitUsage, "idle.json would be written over"},
		{"power export " + made, exitUsage, "idle.csv is there already; write over it with --out"}, // what the trace was made of
		{"power export --format parquet --out - " + made, exitUsage, "--out - is for csv"},
		{"power export --json --out - " + made, exitUsage, "both want stdout"},
		{"power export --out x.csv --from 1 " + made, exitUsage, "--from: cannot read"},
		{"power export --out x.csv --from 1s " + made, exitUsage, "the trace is from 0.000000 s to 0.000040 s"},
		{"power export --out x.csv " + file, exitError, "no .ppk2"},
	} {
		code, out, errOut := cli(t, strings.Fields(tt.args)...)
		if code != tt.code || !strings.Contains(errOut, tt.says) || out != "" {
			t.Errorf("st67bench %s: exit %d, stdout %q, stderr %q; want exit %d and %q", tt.args, code, out, errOut, tt.code, tt.says)
		}
	}
}

// The shell is offered files and values.
func TestPowerCompletion(t *testing.T) {
	for args, want := range map[string]string{
		"power import ": "ppk2", "power export ": "ppk2", "power export --format ": "parquet", "power import --kind ": "average", "power ": "import",
		"emulate --meter ": "keysight-elog",
	} {
		words := strings.Split("__complete "+args, " ")
		if code, out, errOut := cli(t, words...); code != 0 || !strings.Contains(out, want) {
			t.Errorf("%q: exit %d, %q %s, want %q in it", args, code, out, errOut, want)
		}
	}
}
