package results

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The values are those of the SI and IEC 80000-13 prefixes.
func TestParseQuantity(t *testing.T) {
	for _, c := range []struct {
		text, unit string
		want       float64
	}{
		{"2Mbit/s", "bit/s", 2e6},
		{"2.5 Gbit/s", "bit/s", 2.5e9},
		{"115200", "bit/s", 115200},
		{"10s", "s", 10},
		{"500ms", "s", 0.5},
		{"1.6 ms", "s", 0.0016},
		{"120us", "s", 120e-6},
		{"120 µs", "s", 120e-6},
		{"120 \u03bcs", "s", 120e-6},
		{"1m30s", "s", 90},
		{"2h", "s", 7200},
		{"1.5 m", "s", 90},
		{"0", "s", 0},
		{"512KiB", "B", 524288},
		{"1MiB", "B", 1048576},
		{"2GiB", "B", 2147483648},
		{"2kB", "B", 2000},
		{"64", "B", 64},
		{"1e3", "B", 1000},
		{" 6144 B ", "B", 6144},
		{"350mA", "A", 0.35},
		{"-5 uA", "A", -5e-6},
		{"3.3V", "V", 3.3},
		{"12 mC", "C", 0.012},
		{"1.5kJ", "J", 1500},
		{"31.2nJ/bit", "J/bit", 31.2e-9},
		{"2%", "", 0.02},
		{"2.4 %", "", 0.024},
		{"0.41", "", 0.41},
		{"400", "1", 400},
	} {
		got, err := ParseQuantity(c.text, c.unit)
		if err != nil || got != c.want {
			t.Errorf("ParseQuantity(%q, %q) = %v, %v; want %v", c.text, c.unit, got, err, c.want)
		}
	}
}

func TestParseQuantityRefuses(t *testing.T) {
	for _, c := range []struct{ text, unit, says string }{
		{"", "s", "1m30s"},
		{"10", "s", "ms"},
		{"10 MB", "s", "ms"},
		{"3", "A", "mA"},
		{"2KB", "B", "KiB"},
		{"2mbit/s", "bit/s", "Mbit/s"},
		{"1mB", "B", "kB"},
		{"0x10", "B", "plain number"},
		{"1_000", "B", "plain number"},
		{"inf", "", "plain number"},
		{"NaN", "", "plain number"},
		{"1e400", "B", "plain number"},
		{"1e99999999999999999999", "B", "plain number"},
		{"2%", "1", "plain number"},
		{"%", "", "2%"},
		{"s", "s", "ms"},
		{"5 parsecs", "parsec", "unknown unit"},
	} {
		_, err := ParseQuantity(c.text, c.unit)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("ParseQuantity(%q, %q): error %v; want one that says %q", c.text, c.unit, err, c.says)
		}
	}
}

func TestFormatQuantity(t *testing.T) {
	for _, c := range []struct {
		v    float64
		unit string
		want string
	}{
		{7.1e6, "bit/s", "7.10 Mbit/s"},
		{999_900, "bit/s", "1.00 Mbit/s"},
		{999_400, "bit/s", "999 kbit/s"},
		{12, "bit/s", "12.0 bit/s"},
		{0.0016, "s", "1.60 ms"},
		{120e-6, "s", "120 µs"},
		{5e-10, "s", "0.500 ns"},
		{0, "s", "0 s"},
		{59.94, "s", "59.9 s"},
		{59.96, "s", "1m"},
		{90, "s", "1m30s"},
		{7500, "s", "2h5m"},
		{7200, "s", "2h"},
		{-90, "s", "-1m30s"},
		{6144, "B", "6144 B"},
		{14300, "B", "14.3 kB"},
		{143e6, "B", "143 MB"},
		{1.5, "B", "1.50 B"},
		{0.0355, "A", "35.5 mA"},
		{-2e-6, "A", "-2.00 µA"},
		{31.2e-9, "J/bit", "31.2 nJ/bit"},
		{0.41, "", "41 %"},
		{0.024, "", "2.4 %"},
		{-0.051, "", "-5.1 %"},
		{0.0994, "", "9.9 %"},
		{0.0996, "", "10 %"},
		{0.0004, "", "0.04 %"},
		{1e-12, "", "1e-10 %"},
		{5.551115123125783e-17, "", "0 %"}, // 0.1 + 0.2 - 0.3
		{0, "", "0 %"},
		{1, "", "100 %"},
		{281, "1", "281"},
		{math.NaN(), "s", "-"},
		{math.Inf(1), "bit/s", "-"},
	} {
		if got := FormatQuantity(c.v, c.unit); got != c.want {
			t.Errorf("FormatQuantity(%v, %q) = %q, want %q", c.v, c.unit, got, c.want)
		}
	}
}

// What is written is read back within the half of its last digit.
func TestQuantityRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := rapid.SampledFrom(units).Draw(t, "unit")
		exp := rapid.Float64Range(-15, 12).Draw(t, "exponent")
		v := math.Pow(10, exp)
		if rapid.Bool().Draw(t, "negative") {
			v = -v
		}
		text := FormatQuantity(v, u.name)
		got, err := ParseQuantity(text, u.name)
		if err != nil {
			t.Fatalf("%v %q is written %q: %v", v, u.name, text, err)
		}
		allowed := 0.0051 * math.Abs(v)
		switch {
		case u.name == "":
			allowed = 0.5 * math.Abs(v) // percentages keep one digit at least
		case u.name == "s" && math.Abs(v) > 59:
			allowed = max(0.51, allowed) // whole seconds
		}
		if math.Abs(got-v) > max(allowed, 1e-300) {
			t.Fatalf("%v %q is written %q and read back as %v", v, u.name, text, got)
		}
	})
}

func FuzzParseQuantity(f *testing.F) {
	for _, seed := range []string{"1m30s", "2%", "512KiB", "1e-3 s", "-.5mA", "e", "1e", "."} {
		f.Add(seed, "s")
		f.Add(seed, "B")
		f.Add(seed, "")
	}
	f.Fuzz(func(t *testing.T, text, unit string) {
		v, err := ParseQuantity(text, unit)
		if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
			t.Errorf("ParseQuantity(%q, %q) = %v", text, unit, v)
		}
	})
}

func TestMetricTable(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Metrics() {
		if seen[m.Name] {
			t.Errorf("%s is in the table twice", m.Name)
		}
		seen[m.Name] = true
		if _, ok := lookupUnit(m.Unit); !ok {
			t.Errorf("%s has the unit %q, which quantities do not know", m.Name, m.Unit)
		}
		if m.Title == "" || m.Better < -1 || m.Better > 1 || m.Margin < 0 || m.Margin >= 1 {
			t.Errorf("row is not complete: %+v", m)
		}
		if got, ok := LookupMetric(m.Name); !ok || got != m {
			t.Errorf("LookupMetric(%q) = %+v, %t", m.Name, got, ok)
		}
	}
	if _, ok := LookupMetric("lenght"); ok {
		t.Error("an unknown name is found")
	}
}
