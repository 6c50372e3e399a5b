package results

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// suffix is one way to end a quantity: the text after the number, the power of
// ten and the factor that turn the number into the base unit.
type suffix struct {
	text   string
	exp    int
	factor float64
}

// prefix is an SI prefix (SI brochure, table 7) as written and as also read.
type prefix struct {
	text string
	also []string
	exp  int
}

var prefixes = []prefix{
	{"p", nil, -12},
	{"n", nil, -9},
	{"µ", []string{"μ", "u"}, -6}, // U+00B5 is written; U+03BC and u are read too
	{"m", nil, -3},
	{"", nil, 0},
	{"k", nil, 3},
	{"M", nil, 6},
	{"G", nil, 9},
}

// unit is one row of the unit table.
type unit struct {
	name     string
	low, top int      // exponents of the smallest and the largest SI prefix
	plain    bool     // a number without a unit is this unit
	more     []suffix // endings besides name with an SI prefix
	allowed  string   // for error messages
}

var units = []unit{
	{"bit/s", 0, 9, true, nil, "bit/s, kbit/s, Mbit/s, Gbit/s or a plain number of bit/s"},
	{"s", -9, 0, false, []suffix{{"m", 0, 60}, {"h", 0, 3600}}, "ns, us, ms, s, m, h and sums of them such as 1m30s"},
	{"B", 0, 9, true, []suffix{{"KiB", 0, 1 << 10}, {"MiB", 0, 1 << 20}, {"GiB", 0, 1 << 30}},
		"B, kB, MB, GB, KiB, MiB, GiB or a plain number of bytes"},
	{"1/s", 0, 9, true, nil, "a plain number of events a second"},
	{"A", -12, 3, false, nil, "nA, uA, mA, A"},
	{"V", -9, 3, false, nil, "uV, mV, V, kV"},
	{"C", -12, 3, false, nil, "nC, uC, mC, C"},
	{"J", -12, 6, false, nil, "nJ, uJ, mJ, J, kJ"},
	{"W", -9, 3, false, nil, "nW, uW, mW, W, kW"},
	{"J/bit", -12, 0, false, nil, "pJ/bit, nJ/bit, uJ/bit, mJ/bit, J/bit"},
	{"", 0, 0, true, []suffix{{"%", -2, 1}}, "a plain number or a percentage such as 2%"},
	{"1", 0, 0, true, []suffix{{"", 0, 1}}, "a plain number"},
}

func lookupUnit(name string) (unit, bool) {
	for _, u := range units {
		if u.name == name {
			return u, true
		}
	}
	return unit{}, false
}

// ParseQuantity reads a number with its unit, as people write it in scenario
// files and flags, and returns it in the base unit. unit is a unit of the
// metric table: "bit/s", "s", "B", "A", "V", "C", "J", "W", "J/bit", "1/s", "" (a fraction:
// "2%" is 0.02) or "1" (a count).
//
// A space may stand between number and unit. SI prefixes are read for every
// unit, KiB, MiB and GiB for bytes, and for s also h, m and sums such as
// "1m30s". A plain number is the base unit for bit/s, B, "" and "1"; other
// units must be written, because a bare 10 could be seconds or milliseconds; 0
// needs no unit. The error says what was read and what is allowed.
func ParseQuantity(s, unit string) (float64, error) {
	u, ok := lookupUnit(unit)
	if !ok {
		return 0, fmt.Errorf("unknown unit %q of a quantity", unit)
	}
	text := strings.TrimSpace(s)
	number, rest := splitNumber(text)
	v, ok := u.value(number, strings.TrimSpace(rest))
	if !ok && unit == "s" {
		v, ok = parseSum(text)
	}
	if !ok || math.IsInf(v, 0) {
		return 0, fmt.Errorf("cannot read %q; allowed: %s", s, u.allowed)
	}
	return v, nil
}

// value is number times the suffix named by text.
func (u unit) value(number, text string) (float64, bool) {
	if text == "" && (u.plain || isZero(number)) {
		return scale(number, suffix{"", 0, 1})
	}
	if x, ok := u.suffix(text); ok {
		return scale(number, x)
	}
	return 0, false
}

func (u unit) suffix(text string) (suffix, bool) {
	for _, x := range u.more {
		if x.text == text {
			return x, true
		}
	}
	head, ok := strings.CutSuffix(text, u.name)
	if !ok || u.name == "" {
		return suffix{}, false
	}
	for _, p := range prefixes {
		if p.exp < u.low || p.exp > u.top {
			continue
		}
		for _, form := range append([]string{p.text}, p.also...) {
			if form == head {
				return suffix{text, p.exp, 1}, true
			}
		}
	}
	return suffix{}, false
}

// splitNumber cuts a decimal number off the front of s: no hexadecimal, no
// underscore, no "inf". An e counts only with digits after it.
func splitNumber(s string) (number, rest string) {
	i := 0
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	i = digits(s, i)
	if i < len(s) && s[i] == '.' {
		i = digits(s, i+1)
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		if end := digits(s, j); end > j {
			i = end
		}
	}
	return s[:i], s[i:]
}

func digits(s string, i int) int {
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i
}

func isZero(number string) bool {
	v, err := strconv.ParseFloat(number, 64)
	return err == nil && v == 0
}

// scale puts the power of ten into the text of the number, so that 1.6 ms is
// the float64 nearest to 0.0016 and not a product of two rounded numbers.
func scale(number string, x suffix) (float64, bool) {
	mantissa, exponent, found := strings.Cut(strings.ToLower(number), "e")
	exp := x.exp
	if found {
		n, err := strconv.ParseInt(exponent, 10, 16)
		if err != nil {
			return 0, false
		}
		exp += int(n)
	}
	v, err := strconv.ParseFloat(mantissa+"e"+strconv.Itoa(exp), 64)
	return v * x.factor, err == nil
}

// parseSum reads a time in the syntax of time.ParseDuration: "1m30s", "2h".
func parseSum(s string) (float64, bool) {
	d, err := time.ParseDuration(s)
	return d.Seconds(), err == nil
}

// FormatQuantity writes v, in the base unit, for people: three significant
// digits and an SI prefix ("7.10 Mbit/s", "1.60 ms", "31.2 nJ/bit"). Whole
// bytes below 10 000 are exact ("6144 B"), times of a minute and more are
// "1m30s", fractions are percentages ("41 %", "2.4 %"), and counts are numbers
// with no unit. What is not a number is "-".
//
// ParseQuantity reads every text that FormatQuantity writes except "-".
func FormatQuantity(v float64, unit string) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "-"
	case unit == "":
		return formatPercent(100 * v)
	case unit == "1":
		return formatCount(v)
	case unit == "B" && math.Abs(v) < 10_000 && v == math.Trunc(v):
		return strconv.FormatFloat(v, 'f', 0, 64) + " B"
	case unit == "s" && math.Abs(v) >= 59.95: // what would round to 60.0 s
		return formatTime(v)
	}
	return formatSI(v, unit)
}

// formatPercent keeps two digits or so: a share is rarely known better. What rounding leaves of a difference of equal
// numbers is 0 %.
func formatPercent(p float64) string {
	a := math.Abs(p)
	switch {
	case a < 1e-11:
		return "0 %"
	case a >= 9.95:
		return strconv.FormatFloat(p, 'f', 0, 64) + " %"
	case a >= 0.0995:
		return strconv.FormatFloat(p, 'f', 1, 64) + " %"
	}
	return strconv.FormatFloat(p, 'g', 1, 64) + " %"
}

func formatCount(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// formatTime writes whole seconds as 1m30s, 2h5m or 52h.
func formatTime(v float64) string {
	if math.Abs(v) > 1e9 { // beyond what time.Duration comfortably holds
		return strconv.FormatFloat(v, 'e', 2, 64) + " s"
	}
	text := (time.Duration(math.Round(v)) * time.Second).String()
	if cut, ok := strings.CutSuffix(text, "m0s"); ok {
		text = cut + "m"
	}
	if cut, ok := strings.CutSuffix(text, "h0m"); ok {
		text = cut + "h"
	}
	return text
}

// formatSI rounds first and chooses the prefix after, so that 999.9 kbit/s is
// 1.00 Mbit/s and not 1000 kbit/s.
func formatSI(v float64, unit string) string {
	if v == 0 {
		return "0 " + unit
	}
	rounded, exp := roundDigits(v)
	p := prefixFor(unit, exp)
	form, decimals := byte('f'), max(2-(exp-p.exp), 0)
	if decimals > 6 { // far below the smallest prefix
		form, decimals = 'e', 2
	}
	return strconv.FormatFloat(rounded/math.Pow10(p.exp), form, decimals, 64) + " " + p.text + unit
}

// roundDigits rounds v to three significant digits and returns the decimal
// exponent of the result.
func roundDigits(v float64) (rounded float64, exp int) {
	text := strconv.FormatFloat(v, 'e', 2, 64)
	_, e, _ := strings.Cut(text, "e")
	exp, _ = strconv.Atoi(e)                  // FormatFloat wrote it
	rounded, _ = strconv.ParseFloat(text, 64) // likewise
	return rounded, exp
}

// prefixFor is the largest prefix of the unit that leaves at least one digit
// before the point, or the smallest that it has.
func prefixFor(name string, exp int) prefix {
	u, ok := lookupUnit(name)
	best := prefix{}
	for i, p := range prefixes {
		if !ok || p.exp < u.low || p.exp > u.top {
			continue
		}
		if p.exp <= exp || i == 0 || prefixes[i-1].exp < u.low {
			best = p
		}
	}
	return best
}
