package trace

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// file puts a text into a folder of the test.
func file(t interface {
	Helper()
	TempDir() string
	Fatal(...any)
}, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// imported imports a text, and reads what was made of it.
func imported(t *testing.T, name, text string, o Options) (Side, Block) {
	t.Helper()
	path := file(t, name, text)
	out := beside(path, ".out.ppk2")
	side, err := Import(t.Context(), path, out, o)
	if err != nil {
		t.Fatalf("%v", err)
	}
	f := openFile(t, out)
	if err := f.Verify(); err != nil {
		t.Error(err)
	}
	return side, collect(t, f)
}

// Tables as different programs write them, and what is to be read of each.
func TestImportCSV(t *testing.T) {
	lost := notANumber
	for _, tt := range []struct {
		name, text string
		o          Options
		rate       float64
		amps       []float32
		volts      []float32
		digital    []byte
	}{
		{name: "Latin-1", text: "Zeit [\xb5s];Strom [\xb5A]\n0;1,5\n10;2,5\n", rate: 100000, amps: []float32{1.5e-6, 2.5e-6}},
		{name: "Power Profiler", rate: 100000,
			text: "Timestamp(ms),Current(uA),D0-D7,D0,D1,D2,D3,D4,D5,D6,D7\n0,1.000,10000001,1,0,0,0,0,0,0,1\n0.01,2.500,01------,0,1,-,-,-,-,-,-\n0.03,4.000,X0000000,X,0,0,0,0,0,0,0\n",
			amps: []float32{1e-6, 2.5e-6, lost, 4e-6}, digital: []byte{0x81, 2, 0, 1}},
		{name: "Power Profiler without digital", rate: 100000, text: "Timestamp(ms),Current(uA)\n0,1.000\n0.01,2.500\n0.02,4.000\n",
			amps: []float32{1e-6, 2.5e-6, 4e-6}},
		{name: "Power Profiler without times", o: Options{Rate: 1000}, rate: 1000, text: "Current(uA),D0,D1\n1,0,1\n2,1,1\n", amps: []float32{1e-6, 2e-6}, digital: []byte{2, 3}},
		{name: "Monsoon Power Tool", rate: 5000,
			text: "Time (s),Main Avg Current (mA),Main Avg Power (mW),Main Avg Voltage (V)\n0.0002,10,37,3.7\n0.0004,20,74,3.7\n0.0006,30,111,3.7\n",
			amps: []float32{0.01, 0.02, 0.03}, volts: []float32{3.7, 3.7, 3.7}},
		{name: "Monsoon library", rate: 5000,
			text: "Time(ms),Main(mA),USB(mA),Aux(mA),Main Voltage(V),USB Voltage(V),\n1.7,10,0,0,3.7,0,\n1.7,20,0,0,3.8,0,\n9.2,30,0,0,3.9,0,\n",
			amps: []float32{0.01, 0.02, 0.03}, volts: []float32{3.7, 3.8, 3.9}},
		{name: "Otii", o: Options{Unit: "A", TimeUnit: "s", Current: "Value"}, rate: 4000, text: "Timestamp,Value\n0.00025,1e-3\n0.0005,2e-3\n0.00075,3e-3\n0.001,4e-3\n",
			amps: []float32{1e-3, 2e-3, 3e-3, 4e-3}},
		{name: "byte order mark, CRLF, decimal comma, quotes, comments", rate: 1000,
			text: "\ufeff# made by hand\r\n\"Zeit (ms)\";\"Strom [mA]\"\r\n0,0;\"1,5\"\r\n# between\r\n1,0;2,5\r\n\r\n2,0;3,5\r\n", amps: []float32{1.5e-3, 2.5e-3, 3.5e-3}},
		{name: "no heading", o: Options{Current: "2", Time: "1", Unit: "uA", TimeUnit: "us"}, rate: 10000, text: "100 , 7\n200 , 8\n300 , 9\n", amps: []float32{7e-6, 8e-6, 9e-6}},
		{name: "tabs", text: "t_s\ti_mA\n0\t1\n0.1\t2\n", rate: 10, amps: []float32{1e-3, 2e-3}},
		{name: "a decimal comma after a row of whole numbers", rate: 1000,
			text: "Zeit (s);Strom (mA)\n0;38\n0,001;38,5\n0,002;39\n", amps: []float32{0.038, 0.0385, 0.039}},
		{name: "one column, decimal comma", o: Options{Decimal: ',', Rate: 50}, rate: 50, text: "current (A)\n0,5\n0,25\n", amps: []float32{0.5, 0.25}},
		{name: "lost values", text: "time (s),current (A)\n0,1\n1,NaN\n2,\n3,-2\n", rate: 1, amps: []float32{1, lost, lost, -2}},
		{name: "times not wanted", o: Options{Time: None, Rate: 10}, text: "time (s),current (A)\n0,1\n0,2\n7,3\n", rate: 10, amps: []float32{1, 2, 3}},
		{name: "microvolts do not exist, millivolts do", text: "time (s),current (nA),supply (mV)\n0,100,3300\n1,200,3299\n", rate: 1, amps: []float32{1e-7, 2e-7}, volts: []float32{3.3, 3.299}},
		{name: "no line end at the end", text: "time (s),current (A)\n0,1\n1,2", rate: 1, amps: []float32{1, 2}},
		{name: "hole that is no multiple of the period", text: "time (s),current (A)\n0,1\n1,2\n2,3\n5.3,4\n6.3,5\n", rate: 1, amps: []float32{1, 2, 3, lost, lost, 4, 5}},
		{name: "times of few digits", text: "time (ms),current (A)\n0.0,1\n0.2,2\n0.4,3\n0.8,4\n", rate: 5000, amps: []float32{1, 2, 3, lost, 4}},
		{name: "nanoseconds since 1970", text: "t_ns,i_mA\n1764370800000000000,1\n1764370800000010000,2\n1764370800000020000,3\n", rate: 100000, amps: []float32{1e-3, 2e-3, 3e-3}},
		{name: "dates that are not wanted, without a heading", o: Options{Current: "2", Time: None, Unit: "A", Rate: 10}, rate: 10,
			text: "2026-11-28T23:00:00.0Z,1\n2026-11-28T23:00:00.1Z,2\n", amps: []float32{1, 2}},
		{name: "more than the headings name, but empty", text: "time (s),current (A)\n0,1,\n1,2,\n", rate: 1, amps: []float32{1, 2}},
		{name: "102.4 us", text: "time (s),current (A)\n0,1\n0.0001024,2\n0.0002048,3\n0.0003072,4\n", rate: 9765.625, amps: []float32{1, 2, 3, 4}},
	} {
		side, got := imported(t, "a.csv", tt.text, tt.o)
		if math.Abs(side.Header.Rate/tt.rate-1) > 1e-12 {
			t.Errorf("%s: rate %v, want %v", tt.name, side.Header.Rate, tt.rate)
		}
		if err := nearAll(got.Amps, tt.amps); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if !slices.Equal(got.Volts, tt.volts) {
			t.Errorf("%s: volts %v, want %v", tt.name, got.Volts, tt.volts)
		}
		if !slices.Equal(got.Digital, tt.digital) {
			t.Errorf("%s: states %b, want %b", tt.name, got.Digital, tt.digital)
		}
	}
}

// What is wrong is said at its place, with what to do; and nothing is left behind.
func TestImportMistakes(t *testing.T) {
	const head = "time (s),current (A)\n"
	for _, tt := range []struct {
		text string
		o    Options
		says string
	}{
		{"", Options{Format: CSV}, "there is no row"},
		{"# nothing\n", Options{}, "there is no row"},
		{head, Options{}, "there is no row"},
		{head + "0,1\n1,x\n", Options{}, `a.csv:3:3: "x" is no number`},
		{"time (s);current (A)\n0;1\n1;1,5\n", Options{Decimal: '.'}, `a.csv:3:3: "1,5" is no number; --decimal ,`},
		{head + "0,1\n1\n", Options{}, "a.csv:3:2: a row of 1 columns, where column 2 is needed"},
		{head + "0,1\n1,\"2\n", Options{}, "a.csv:3:3: a quote that does not end"},
		{head + "0,1\n1,inf\n", Options{}, `"inf" is no number`},
		{head + "0,1\n1,1e999\n", Options{}, `"1e999" is no number`},
		{head + "0,1\n1,123456\n", Options{}, "a.csv:3:3: 1.235e+05 A; is the unit right?"},
		{head + "0,1\n1,2\n1.5,3\n2.5,4\n", Options{}, "a.csv:4:1: 0.5 s after the sample before it, where 1 s is the period"},
		{head + "0,1\n1,2\n0.5,3\n", Options{}, "a.csv:4:1: its times go back or stand still"},
		{head + "0,1\n1,2\n1,3\n2,4\n", Options{}, "a.csv:4:1: its times go back or stand still"},
		{"time (ms),current (A)\n0.0,1\n0.2,2\n0.5,3\n0.7,4\n1.0,5\n", Options{}, "a.csv:4:1: 0.0003 s after the sample before it, where 0.0002 s"},
		{head + "0,1\n1,2\n,3\n", Options{}, "a row without a time"},
		{head + "0,1\n1,2\n1e30,3\n", Options{}, "a hole of 1e+30 s"},
		{head + "0,1\n0.001,2\n0.002,3\n1e5,3\n", Options{}, "a.csv:5:1: a hole of 1e+05 s in its times; more than an hour"},
		{"time (s),current (mA)\n0,38,5\n1,38,6\n", Options{}, "a.csv:2:6: a row of 3 columns, where the first line has 2; if its decimal sign"},
		{head + "2026-11-28T23:00:00Z,1\n", Options{}, `a.csv:2:1: "2026-11-28T23:00:00Z" is no number; dates are not read: --time none --rate N`},
		{"time (s),current (A),volts (V)\n0,1,3.3\n1,2,1e300\n", Options{}, "a.csv:3:5: 1e+300 V; is it the voltage?"},
		{"Program 3.1\n" + head + "0,1\n", Options{}, `of "Program 3.1"; where the headings stand further below, put # before the lines above them`},
		{"time (s),current (A)\r0,1\r1,2\r", Options{}, "a.csv:1:1: lines that end in CR alone"},
		{head + "0,1\n", Options{}, "give the rate: --rate"},
		// 1.5 ms, rounded to ms: evenly spaced, or 1 ms with every third sample lost.
		{"time (ms),current (A)\n0,1\n2,1\n3,1\n5,1\n6,1\n8,1\n9,1\n11,1\n12,1\n14,1\n15,1\n17,1\n18,1\n20,1\n21,1\n23,1\n24,1\n", Options{},
			"Even: --time none --rate 666.667; lost: --rate 1000"},
		{head + "0,1\n0.1,2\n", Options{Rate: 1000}, "its times say 10 samples/s, --rate 1000"},
		{"current (A)\n1\n2\n", Options{}, "no column of times; give the rate"},
		{"time (s),current\n0,1\n1,2\n", Options{}, "unit of column 2, the current; give it"},
		{"time,current (A)\n0,1\n1,2\n", Options{}, "unit of column 1, the time; give it"},
		{"time (s),i1 (A),i2 (A)\n0,1,2\n", Options{}, `columns "i1 (A)" and "i2 (A)" are both currents; choose one: --current`},
		{"a,b\n0,1\n", Options{}, `no column looks like a current; name one`},
		{head + "0,1\n", Options{Current: "i"}, `--current i: no such column; there are "time (s)", "current (A)"`},
		{"0,1\n1,2\n", Options{Current: "3", Unit: "A"}, "--current 3: no such column; there are 1 to 2"},
		{"time (s),current (A),D0\n0,1,0\n1,2,2\n", Options{}, `a.csv:3:5: "2" is no state of a channel`},
		{"time (s),current (A),D0-D7\n0,1,000\n1,1,000\n", Options{}, `"000" is no state of 8 channels`},
		{"\xff\xfet\x00", Options{Format: CSV}, "UTF-16"},
		{"\xff\xfet\x00", Options{}, "UTF-16; save it as UTF-8"},
		{head + "0,1\n1,\x00\n", Options{Format: CSV}, "a byte 0; this is no text"},
		{head + strings.Repeat("1", longestLine+1), Options{}, "a line of more than"},
		{head, Options{Rate: -1}, "a rate of -1"},
		{head, Options{Rate: 1e30}, "a rate of 1e+30"},
		{head, Options{Rate: 1e-9}, "a rate of 1e-09"},
		{head, Options{Rate: math.NaN()}, "a rate of NaN"},
		{head, Options{Unit: "kA"}, `unit "kA" is not known; A, mA, uA and nA are`},
		{head, Options{Decimal: ',', Delimiter: ','}, "both the decimal sign and"},
		{head, Options{Kind: "line"}, `"line" are not known; point and average are`},
		{head, Options{Format: "xml"}, `format "xml" is not known; csv, ppk2, f32, sr are`},
	} {
		path := file(t, "a.csv", tt.text)
		_, err := Import(t.Context(), path, beside(path, ".ppk2"), tt.o)
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q %+v:\n%v, want %q", tt.text[:min(len(tt.text), 80)], tt.o, err, tt.says)
		}
		if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
			t.Errorf("%q: %d files are left", tt.text[:min(len(tt.text), 80)], len(left))
		}
	}
}

// A program that is stopped leaves a part of a line, which is left out and told, wherever it breaks off.
func TestImportBrokenLine(t *testing.T) {
	const whole = "time (s),current (A),volts (V)\n0.000,1,3.3\n0.001,2,3.3\n"
	for _, last := range []string{"0", "0.0", "0.002", "0.002,", "0.002,3", "0.002,3e", "0.002,3,\""} {
		side, got := imported(t, "a.csv", whole+last, Options{})
		if len(got.Amps) != 2 || len(side.Events) != 1 || !strings.Contains(side.Events[0].Text, "its last line has no end") {
			t.Errorf("%q: %v, events %v", last, got.Amps, side.Events)
		}
	}
}

// What a Power Profiler exports below 100 kS/s are means that it made, with digital channels or without.
func TestImportProfilerKind(t *testing.T) {
	for text, want := range map[string]Kind{
		"Timestamp(ms),Current(uA)\n0,1\n1,1\n":         Average,
		"Timestamp(ms),Current(uA)\n0,1\n0.01,1\n":      Point,
		"Current(uA),D0-D7\n1,00000000\n":               Average,
		"time (ms),current (uA)\n0,1\n1,1\n":            Point,
		"Timestamp(ms),Current(uA),D0\n0,1,1\n10,1,0\n": Average,
	} {
		o := Options{}
		if !strings.Contains(text, "ms") {
			o.Rate = 1000
		}
		if side, _ := imported(t, "a.csv", text, o); side.Header.Kind != want {
			t.Errorf("%q: %v, want %v", text, side.Header.Kind, want)
		}
	}
}

// A clock that is off shows in the times, and becomes the trace's clock.
func TestImportClock(t *testing.T) {
	var text strings.Builder
	text.WriteString("time (s),current (A)\n")
	const n, period = 30000, 1.00005e-3 // 50 ppm slow
	for i := range n {
		text.WriteString(formatFloat(5+float64(i)*period) + ",1\n")
	}
	side, _ := imported(t, "a.csv", text.String(), Options{})
	// Two times with six digits over 30 s: a period within 1e-6/30 s of itself.
	if off := side.Clock.Period/period - 1; math.Abs(off) > 1e-7 || side.Clock.Offset != 5*time.Second || side.Samples != n || len(side.Gaps) != 0 {
		t.Errorf("clock %+v, %g off; %d samples, gaps %v", side.Clock, off, side.Samples, side.Gaps)
	}
	// A rate that changes on the way is told.
	text.Reset()
	text.WriteString("time (s),current (A)\n")
	at := 0.0
	for i := range 60000 {
		at += 1e-3
		if i > 25000 {
			at += 1e-5
		}
		text.WriteString(formatFloat(at) + ",1\n")
	}
	side, _ = imported(t, "a.csv", text.String(), Options{})
	if len(side.Events) != 1 || !strings.Contains(side.Events[0].Text, "% off that of its begin") {
		t.Errorf("events %v", side.Events)
	}
	// Times that wander off the line through the first and the last are off by as much as that.
	side, _ = imported(t, "a.csv", "time (s),current (A)\n0.0,1\n1.0,1\n2.0,1\n3.2,1\n4.0,1\n5.0,1\n", Options{})
	if math.Abs(side.Clock.Residual-0.2) > 1e-9 {
		t.Errorf("residual %v, want 0.2", side.Clock.Residual)
	}
	// Times since 1970 tell the day.
	side, _ = imported(t, "a.csv", "time (s),current (A)\n1700000000.5,1\n1700000001.5,1\n", Options{})
	if !side.Header.Start.Equal(time.UnixMilli(1700000000500)) || side.Clock.Offset != 0 {
		t.Errorf("start %v, offset %v", side.Header.Start, side.Clock.Offset)
	}
}

func formatFloat(v float64) string { return strconv.FormatFloat(v, 'f', 6, 64) }

// Floats are what jsdrv and others write: no header, so rate and unit are asked for.
func TestImportFloat(t *testing.T) {
	raw := appendFloats(nil, []float32{1, 2.5, notANumber, -3})
	volts := file(t, "v.f32", string(appendFloats(nil, []float32{3.3, 3.2, 3.1, 3})))
	side, got := imported(t, "a.f32", string(raw), Options{Rate: 1e6, Unit: "mA", Volts: volts, Supply: 3.3, Kind: Average})
	if err := nearAll(got.Amps, []float32{1e-3, 2.5e-3, notANumber, -3e-3}); err != nil {
		t.Error(err)
	}
	if got.Volts[3] != 3 || side.Header.Volts != 3.3 || side.Header.VoltsFrom != "set" || side.Header.Kind != Average || side.Clock.Period != 1e-6 {
		t.Errorf("volts %v, side %+v", got.Volts, side)
	}
	for _, tt := range []struct {
		text string
		o    Options
		says string
	}{
		{string(raw), Options{Unit: "A"}, "give rate and unit"},
		{string(raw), Options{Rate: 1}, "give rate and unit"},
		{string(raw[:7]), Options{Rate: 1, Unit: "A"}, "7 bytes, which is no whole number"},
		{string(binary.BigEndian.AppendUint32(raw, math.Float32bits(-123.5))) + "\x00\x00\x00\x7f", Options{Rate: 1, Unit: "A"}, "value 6, at byte 20, is 1.701e+38 A"},
		{string(raw[:8]), Options{Rate: 1, Unit: "A", Volts: volts}, "has 4 values"},
		{"", Options{Format: Float, Rate: 1, Unit: "A"}, "there is no sample"},
		{"", Options{}, "nothing to import"},
		{string(appendFloats(nil, []float32{notANumber})), Options{Rate: 1, Unit: "A"}, ""},
	} {
		path := file(t, "a.f32", tt.text)
		_, err := Import(t.Context(), path, beside(path, ".ppk2"), tt.o)
		if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%v, want %q", err, tt.says)
		}
	}
}

// session is a .sr with two logic channels of three and two analog ones, in parts as sigrok writes them.
func sr(t *testing.T, change func(map[string]string)) string {
	all := map[string]string{
		"version": "2",
		"metadata": "[global]\nsigrok version=0.6.0\n\n[device 1]\ncapturefile=logic-1\ntotal probes=10\nsamplerate=100 kHz\ntotal analog=2\n" +
			"probe1=CHIP_EN\nprobe10=RDY\nanalog11=CH1\nanalog12=CH2\nunitsize=2\n",
		"logic-1-1":     "\x01\x00\x00\x02", // little-endian: CHIP_EN, then RDY, which is bit 9
		"logic-1-2":     "\x01\x02",
		"analog-1-11-1": string(appendFloats(nil, []float32{1, 2})),
		"analog-1-11-2": string(appendFloats(nil, []float32{3})),
		"analog-1-12-1": string(appendFloats(nil, []float32{3.3, 3.2, 3.1})),
	}
	if change != nil {
		change(all)
	}
	var list []string
	for name, text := range all {
		list = append(list, name, text)
	}
	return entries(t, filepath.Join(t.TempDir(), "a.sr"), list...)
}

func TestImportSigrok(t *testing.T) {
	path := sr(t, nil)
	out := beside(path, ".ppk2")
	side, err := Import(t.Context(), path, out, Options{Current: "CH1", Volts: "CH2", Unit: "mA"})
	if err != nil {
		t.Fatal(err)
	}
	if side.Header.Rate != 100000 || !slices.Equal(side.Header.Digital, []string{"CHIP_EN", "RDY"}) || len(side.Events) != 0 {
		t.Errorf("side %+v", side)
	}
	got := collect(t, openFile(t, out))
	if err := nearAll(got.Amps, []float32{1e-3, 2e-3, 3e-3}); err != nil {
		t.Error(err)
	}
	if !slices.Equal(got.Volts, []float32{3.3, 3.2, 3.1}) || !slices.Equal(got.Digital, []byte{1, 2, 3}) {
		t.Errorf("volts %v, states %b", got.Volts, got.Digital)
	}
}

func TestImportSigrokMistakes(t *testing.T) {
	set := func(name, text string) func(map[string]string) {
		return func(all map[string]string) { all[name] = text }
	}
	meta := func(from, to string) func(map[string]string) {
		return func(all map[string]string) { all["metadata"] = strings.Replace(all["metadata"], from, to, 1) }
	}
	good := Options{Format: Sigrok, Current: "CH1", Unit: "A"}
	for _, tt := range []struct {
		change func(map[string]string)
		o      Options
		says   string
	}{
		{nil, Options{Format: Sigrok, Current: "CH1"}, "--unit A"},
		{nil, Options{Format: Sigrok, Unit: "A"}, `which analog channel? --current with one of "CH1", "CH2"`},
		{set("version", "3"), good, `version "3"; 2 is known`},
		{meta("100 kHz", "0 Hz"), good, "give it: --rate"},
		{meta("100 kHz", "-5"), good, `metadata:7: "-5" is no rate`},
		{meta("100 kHz", "1e300 GHz"), good, "is no rate"},
		{meta("unitsize=2", "unitsize=0"), good, "10 logic channels in samples of 0 bytes"},
		{meta("unitsize=2", "unitsize=x"), good, "metadata:13"},
		{meta("total probes=10", "total probes=9999"), good, "9999 logic channels"},
		{set("analog-1-11-2", "abc"), good, "no whole samples of 4"},
		{func(all map[string]string) { delete(all, "analog-1-11-1") }, good, "no entry analog-1-11"},
		{func(all map[string]string) { delete(all, "logic-1-1") }, good, "no entry logic-1"},
		{set("analog-1-11-4", ""), good, "no entry analog-1-11-3, but analog-1-11-4: a part is missing"},
		{set("logic-1-4", ""), good, "no entry logic-1-3, but logic-1-4"},
	} {
		path := sr(t, tt.change)
		_, err := Import(t.Context(), path, beside(path, ".ppk2"), tt.o)
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%v, want %q", err, tt.says)
		}
	}
	// Channels that do not end together are no mistake, but told.
	path := sr(t, set("logic-1-2", ""))
	side, err := Import(t.Context(), path, beside(path, ".ppk2"), good)
	if err != nil || side.Samples != 2 || len(side.Events) != 1 || !strings.Contains(side.Events[0].Text, "1 samples that not all") {
		t.Errorf("%+v, %v", side, err)
	}
}

// A .ppk2 becomes one of ours with all that its side tells.
func TestImportPPK2(t *testing.T) {
	path := entries(t, filepath.Join(t.TempDir(), "n.ppk2"), "session.raw", nordic+"\x00\x00\xc0\x7f\x00\x00",
		"metadata.json", `{"metadata":{"samplesPerSecond":100000},"formatVersion":2}`)
	out := beside(path, ".out.ppk2")
	side, err := Import(t.Context(), path, out, Options{Supply: 3.3})
	if err != nil {
		t.Fatal(err)
	}
	if side.Samples != 4 || !slices.Equal(side.Gaps, []Span{{1, 2}, {3, 4}}) || side.Header.Volts != 3.3 || side.Header.Kind != Point {
		t.Errorf("side %+v", side)
	}
	if got := collect(t, openFile(t, out)); !slices.Equal(got.Digital, []byte{1, 0, 0x80, 0}) {
		t.Errorf("states %b", got.Digital)
	}
}

// An import that is interrupted leaves nothing.
func TestImportInterrupted(t *testing.T) {
	path := file(t, "a.csv", "time (s),current (A)\n0,1\n1,2\n")
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	cancel(why)
	if _, err := Import(ctx, path, beside(path, ".ppk2"), Options{}); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("%d files are left", len(left))
	}
}

// importAny is the fuzz target of each format: whatever the bytes are, there are samples in order or an error.
func importAny(t *testing.T, format Format, text []byte, o Options) {
	path := filepath.Join(t.TempDir(), "a.x")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	o.Format, o.Progress = format, func(float64) {}
	src, err := open(path, o)
	if err != nil {
		return
	}
	defer src.Close()
	if err := src.header().check(); err != nil {
		t.Fatalf("header %+v: %v", src.header(), err)
	}
	next := int64(0)
	err = src.each(func(b Block) error {
		if b.Index < next || len(b.Amps) == 0 || b.Digital != nil && len(b.Digital) != len(b.Amps) || b.Volts != nil && len(b.Volts) != len(b.Amps) {
			t.Fatalf("a block at %d of %d samples, %d states, %d voltages after %d", b.Index, len(b.Amps), len(b.Digital), len(b.Volts), next)
		}
		next = b.End()
		return nil
	})
	if p := src.about().Clock.Period; err == nil && !(p > 0) {
		t.Fatalf("a period of %v s", p)
	}
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("Timestamp(ms),Current(uA),D0-D7\n0,1,10000001\n0.01,2,0X------\n"), byte(0))
	f.Add([]byte("\ufefft_s;i_mA;v_V\r\n\"0,5\";1;3,3\r\n1,5;;\r\n"), byte(','))
	f.Add([]byte("1\t2\n2\t3\n"), byte('.'))
	f.Fuzz(func(t *testing.T, text []byte, decimal byte) {
		o := Options{Decimal: decimal}
		if o.Check() != nil {
			o.Decimal = 0
		}
		importAny(t, CSV, text, o)
		o.Current, o.Unit, o.Rate, o.Time = "1", "mA", 10, None
		importAny(t, CSV, text, o)
	})
}

func FuzzFloat(f *testing.F) {
	f.Add([]byte("\x00\x00\x80\x3f"))
	f.Fuzz(func(t *testing.T, raw []byte) { importAny(t, Float, raw, Options{Rate: 10, Unit: "A"}) })
}

func FuzzSession(f *testing.F) {
	f.Add([]byte("[device 1]\ncapturefile=logic-1\ntotal probes=3\nunitsize=1\nsamplerate=1 MHz\nanalog4=I\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, err := parseSession(text); err == nil && (s.rate < 0 || s.logic != "" && (s.unit < 1 || s.probes > 8*s.unit)) {
			t.Fatalf("%+v", s)
		}
	})
}

func FuzzSigrok(f *testing.F) {
	path := entries(f, filepath.Join(f.TempDir(), "a.sr"), "version", "2", "metadata", "[device 1]\nsamplerate=1 kHz\nanalog1=I\n", "analog-1-1-1", "\x00\x00\x80\x3f")
	text, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) { importAny(t, Sigrok, text, Options{Unit: "A", Rate: 10}) })
}
