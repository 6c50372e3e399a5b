package page_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"testing"

	"st67bench/analysis/report/page"
	"st67bench/analysis/report/reporttest"
	"st67bench/results"
)

// options evaluates an expression with what options.js defines, as JSON.
func options(t *testing.T, b *reporttest.Tab, expression string, into any) {
	t.Helper()
	text := b.Eval("(() => {" + page.OptionsJS + "\nreturn JSON.stringify(" + expression + ");})()")
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

// Quantities in charts are written as those in tables are.
func TestQuantitiesReadAlike(t *testing.T) {
	type quantity struct {
		V    float64
		Unit string
	}
	var all []quantity
	for _, unit := range []string{"bit/s", "s", "B", "1/s", "A", "V", "C", "J", "W", "J/bit", ""} {
		for _, v := range []float64{0, 1, 2.5, 9.994, 9.996, 12, 59.94, 59.96, 90, 999.4, 999.6, 3600, 7500, 6144, 14300, 999400, 999900, 143e6, 2e10,
			0.41, 0.024, 0.0994, 0.0996, 0.0995, 0.0004, 0.0016, 120e-6, 31.2e-9, 5e-10, 7.3e-13, 4e-17, 0.99} {
			all = append(all, quantity{v, unit}, quantity{-v, unit})
		}
	}
	asked, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	options(t, reporttest.Open(t), string(asked)+".map((q) => st67options.prefixed(q.V, q.Unit))", &got)
	for i, q := range all {
		if want := results.FormatQuantity(q.V, q.Unit); got[i] != want && !(q.V == 0 && got[i] == results.FormatQuantity(0, q.Unit)) {
			t.Errorf("%v %q is written %q in charts and %q elsewhere", q.V, q.Unit, got[i], want)
		}
	}
}

// The marks of an axis have the digits that tell them apart, and no more.
func TestTicks(t *testing.T) {
	var got []string
	options(t, reporttest.Open(t), `[["bitrate", 1.2e6], ["bitrate", 0], ["seconds", 0.001353], ["seconds", 0.01], ["seconds", 12.345], ["bytes", 148100], ["in A", 1e-5], ["percent", 0.999], ["percent", 0.2]]
		.map(([name, v]) => st67options.functions[name](v))`, &got)
	if text := fmt.Sprint(got); text != "[1.2 Mbit/s 0 1.353 ms 10 ms 12.345 s 148.1 kB 10 µA 99.9 % 20 %]" {
		t.Error(text)
	}
}

type theme struct {
	Ink, MutedInk, Ground string
	Distinct, Ascending   []string
}

// Lines and text stand out from their ground: 3:1 and 4.5:1 (WCAG 2.2, 1.4.11 and 1.4.3). Distinct colours are told apart
// with every common colour vision, by 12 units of CIELAB at least.
func TestPalettes(t *testing.T) {
	var themes map[string]theme
	b := reporttest.Open(t)
	options(t, b, "st67options.themes", &themes)
	for name, th := range themes {
		ground := parse(t, th.Ground)
		for _, c := range append(th.Distinct, th.Ascending...) {
			if got := contrast(parse(t, c), ground); got < 3 {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want 3", name, c, th.Ground, got)
			}
		}
		for _, c := range []string{th.Ink, th.MutedInk} {
			if got := contrast(parse(t, c), ground); got < 4.5 {
				t.Errorf("%s: text of %s has a contrast of %.2f, want 4.5", name, c, got)
			}
		}
		for vision, m := range visions {
			for i, one := range th.Distinct {
				for _, other := range th.Distinct[:i] {
					if d := distance(seen(parse(t, one), m), seen(parse(t, other), m)); d < 12 {
						t.Errorf("%s, %s: %s and %s are %.1f apart, want 12", name, vision, one, other, d)
					}
				}
			}
		}
	}
	if len(themes) != 2 || len(themes["light"].Distinct) != 7 {
		t.Fatalf("%d themes: %+v", len(themes), themes)
	}
}

// visions are those of Machado, Oliveira and Fernandes 2009, "A physiologically-based model for simulation of color vision deficiency",
// severity 1.0, on linear RGB.
var visions = map[string][3][3]float64{
	"all cones":    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// parse is a colour as linear RGB.
func parse(t *testing.T, hex string) (rgb [3]float64) {
	t.Helper()
	for i := range rgb {
		v, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(v) / 255
		if rgb[i] = c / 12.92; c > 0.04045 {
			rgb[i] = math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return rgb
}

func luminance(c [3]float64) float64 { return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2] }

func contrast(a, b [3]float64) float64 {
	high, low := max(luminance(a), luminance(b)), min(luminance(a), luminance(b))
	return (high + 0.05) / (low + 0.05)
}

func seen(c [3]float64, m [3][3]float64) (out [3]float64) {
	for i := range out {
		out[i] = min(max(m[i][0]*c[0]+m[i][1]*c[1]+m[i][2]*c[2], 0), 1)
	}
	return out
}

// distance is that of CIELAB 1976, white D65.
func distance(a, b [3]float64) float64 {
	lab := func(c [3]float64) [3]float64 {
		f := func(t float64) float64 {
			if t > 216.0/24389 {
				return math.Cbrt(t)
			}
			return (24389.0/27*t + 16) / 116
		}
		x := f((0.4124*c[0] + 0.3576*c[1] + 0.1805*c[2]) / 0.9505)
		y := f(luminance(c))
		z := f((0.0193*c[0] + 0.1192*c[1] + 0.9505*c[2]) / 1.089)
		return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
	}
	p, q := lab(a), lab(b)
	return math.Sqrt((p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2]))
}
