package trace

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// columns says what stands where in a table. A column that there is not is -1.
type columns struct {
	time, current, volts      int
	timeUnit, unit, voltsUnit float64
	digital                   [8]int   // one channel each
	all                       int      // eight channels as a text of 0, 1, X and -
	names                     []string // of the digital channels; nil when there are none
	last                      int      // the largest of all
	n                         int      // how many there are in the first line
	monsoon                   bool     // it is a table of Monsoon's own library
	profiler                  bool     // it is a table of a Power Profiler
}

// title is a column's heading.
type title struct {
	text string // as it stands there
	name string // in lower case, without its unit
	unit string
}

var titleUnit = regexp.MustCompile(`^(.*?)[ _]*[(\[ _]([numµμ]?[AVs])[)\]]?$`)

func newTitle(text string) title {
	if !utf8.ValidString(text) { // the µ of Latin-1, as spreadsheets write it
		text = strings.ReplaceAll(text, "\xb5", "µ")
	}
	t := title{text: text, name: strings.ToLower(text)}
	if m := titleUnit.FindStringSubmatch(text); m != nil {
		t.name, t.unit = strings.ToLower(m[1]), m[2]
	}
	return t
}

// finder finds columns by their titles, or by their numbers in a table without.
type finder struct {
	titles []title // nil when there are none
	n      int     // columns
	o      Options
}

// kind is what a column may hold.
type kind struct {
	flag, word string // for messages
	units      map[string]float64
	says       *regexp.Regexp // of its name
}

var (
	timeKind    = kind{"time", "times", timeUnits, regexp.MustCompile(`time|zeit|^t$`)}
	currentKind = kind{"current", "currents", ampUnits, regexp.MustCompile(`curr|amp|strom|^i$`)}
	voltsKind   = kind{"volts", "voltages", voltUnits, regexp.MustCompile(`volt|spannung|^[vu]$`)}
)

// find says what stands where.
func (f finder) find() (c columns, err error) {
	c.n, c.monsoon = f.n, f.has("Main(mA)")
	if c.current, err = f.column(currentKind, f.o.Current); err != nil {
		return c, err
	}
	if c.current < 0 {
		return c, fmt.Errorf("no column looks like a current; name one: --current COLUMN --unit uA, of %s%s", f.list(), f.below())
	}
	if c.time, err = f.column(timeKind, f.o.Time); err != nil {
		return c, err
	}
	if c.monsoon && f.o.Time == "" {
		c.time = -1 // when packets came to the host, not when they were sampled
	}
	if c.volts, err = f.column(voltsKind, f.o.Volts); err != nil {
		return c, err
	}
	if c.unit, err = f.unitOf(c.current, f.o.Unit, currentKind, "unit uA"); err != nil {
		return c, err
	}
	if c.time >= 0 {
		if c.timeUnit, err = f.unitOf(c.time, f.o.TimeUnit, timeKind, "time-unit ms"); err != nil {
			return c, err
		}
	}
	c.voltsUnit = 1
	if c.volts >= 0 && f.titles != nil && voltUnits[f.titles[c.volts].unit] != 0 {
		c.voltsUnit = voltUnits[f.titles[c.volts].unit]
	}
	f.digital(&c)
	c.profiler = c.all >= 0 || f.has("Timestamp(ms)") && f.has("Current(uA)")
	c.last = max(c.time, c.current, c.volts, c.all)
	for _, d := range c.digital {
		c.last = max(c.last, d)
	}
	return c, nil
}

// column finds the one of a kind: that which was asked for, or the only one that looks like it.
func (f finder) column(k kind, asked string) (int, error) {
	if asked == None {
		return -1, nil
	}
	if asked != "" {
		return f.named(k, asked)
	}
	best, found := 0, []int(nil)
	for i, t := range f.titles {
		score := k.score(t)
		if score > best {
			best, found = score, nil
		}
		if score > 0 && score == best {
			found = append(found, i)
		}
	}
	switch len(found) {
	case 0:
		return -1, nil
	case 1:
		return found[0], nil
	}
	return 0, fmt.Errorf("columns %q and %q are both %s; choose one: --%s COLUMN", f.titles[found[0]].text, f.titles[found[1]].text, k.word, k.flag)
}

// score is how much a title looks like a kind. Of a supply's several currents the main one is the module's, of what was measured
// in an interval the mean.
func (k kind) score(t title) int {
	score := 0
	switch {
	case k.units[t.unit] != 0:
		score = 4
	case t.unit == "" && k.says.MatchString(t.name):
		score = 4
	default:
		return 0
	}
	if strings.Contains(t.name, "main") {
		score += 2
	}
	if strings.Contains(t.name, "avg") || strings.Contains(t.name, "average") || strings.Contains(t.name, "mean") {
		score++
	}
	return score
}

func (f finder) named(k kind, asked string) (int, error) {
	for i, t := range f.titles {
		if strings.EqualFold(t.text, asked) || t.name == strings.ToLower(asked) {
			return i, nil
		}
	}
	n, err := strconv.Atoi(asked)
	if err != nil || n < 1 || n > f.n {
		return 0, fmt.Errorf("--%s %s: no such column; there are %s", k.flag, asked, f.list())
	}
	return n - 1, nil
}

// unitOf is the unit that was asked for, or that of the title. Without either it is not guessed.
func (f finder) unitOf(column int, asked string, k kind, example string) (float64, error) {
	if asked != "" {
		return k.units[asked], nil
	}
	if f.titles != nil && k.units[f.titles[column].unit] != 0 {
		return k.units[f.titles[column].unit], nil
	}
	return 0, fmt.Errorf("nothing tells the unit of column %d, the %s; give it, such as --%s", column+1, k.flag, example)
}

// list names the columns there are.
func (f finder) list() string {
	if f.titles == nil {
		return fmt.Sprintf("1 to %d", f.n)
	}
	var all []string
	for _, t := range f.titles[:min(len(f.titles), 12)] {
		all = append(all, strconv.Quote(t.text))
	}
	return strings.Join(all, ", ")
}

var channelTitle = regexp.MustCompile(`^D([0-7])(?: (.*))?$`)

// digital finds digital channels: a Power Profiler's, and those that Export writes.
func (f finder) digital(c *columns) {
	c.all = -1
	for i := range c.digital {
		c.digital[i] = -1
	}
	for i, t := range f.titles {
		if t.text == "D0-D7" {
			c.all = i
			c.names = append(c.names, make([]string, 8-len(c.names))...)
		}
		if m := channelTitle.FindStringSubmatch(t.text); m != nil {
			d, _ := strconv.Atoi(m[1]) // one digit
			c.digital[d] = i
			c.names = append(c.names, make([]string, max(0, d+1-len(c.names)))...)
			c.names[d] = m[2]
		}
	}
}

// has is whether there is a column of this heading.
func (f finder) has(text string) bool {
	return slices.ContainsFunc(f.titles, func(t title) bool { return t.text == text })
}

// below says what to do where headings are not in the first line.
func (f finder) below() string {
	if f.titles == nil {
		return ""
	}
	return "; where the headings stand further below, put # before the lines above them"
}
