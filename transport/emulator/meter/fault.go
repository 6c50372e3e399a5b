package meter

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// faultInfo describes a fault.
type faultInfo struct {
	name   string
	arg    argument
	value  float64  // of an argument that is not given
	kinds  []string // that have it; nil: those that stream samples; see fits
	always bool     // it is there all the time
}

// argument is what stands after the colon.
type argument uint8

const (
	none     argument = iota
	count             // from 1 on
	share             // above 0: 10% or 0.1
	hexByte           // a byte in hexadecimal
	word              // text that has to be there
	wordOrNo          // text that may be left out
)

var (
	everyKind = []string{}
	shields   = []string{"v3pwr", "lpm01a"}
	onlyPPK2  = []string{"ppk2"}
)

var faultTable = []faultInfo{
	{name: "gap", arg: count, value: 1, kinds: []string{"ppk2", "v3pwr", "lpm01a", "keysight-elog"}},
	{name: "compress", arg: share, kinds: []string{"ppk2", "v3pwr", "lpm01a", "keysight-elog"}},
	{name: "lost-byte"},
	{name: "odd-frame", kinds: onlyPPK2},
	{name: "storm", arg: count, value: 1000, kinds: onlyPPK2},
	{name: "metadata", arg: hexByte, value: 0xF6, kinds: shields},
	{name: "stamp-jump", arg: count, value: 100, kinds: shields},
	{name: "over-current", kinds: everyKind},
	{name: "supply-drop", kinds: everyKind},
	{name: "stall", arg: count, value: 100, kinds: everyKind},
	{name: "silent", kinds: everyKind},
	{name: "unplug", kinds: everyKind},
	{name: "refuse", arg: word, always: true, kinds: []string{"v3pwr", "lpm01a", "keysight-elog", "psu-poll"}},
	{name: "deaf", always: true, kinds: shields},
	{name: "warm-up", arg: share, value: 0.14, always: true},
	{name: "split", arg: count, value: 1, always: true, kinds: everyKind},
	{name: "no-end", always: true, kinds: onlyPPK2},
	{name: "nan", arg: word, always: true, kinds: onlyPPK2},
	{name: "missing", arg: wordOrNo, always: true, kinds: onlyPPK2},
}

// fault is one that was asked for: NAME[:ARG][@N[/EVERY]].
type fault struct {
	*faultInfo
	value float64 // of a number
	text  string  // of a word

	n, every     int64         // it hits before the n-th sample, 0 for the first; every 0: once
	after, again time.Duration // in their place, when timed
	timed, spent bool
}

func parseFault(s string) (*fault, error) {
	rest, when, timed := strings.Cut(s, "@")
	name, arg, given := strings.Cut(rest, ":")
	i := slices.IndexFunc(faultTable, func(f faultInfo) bool { return f.name == name })
	if i < 0 {
		return nil, fmt.Errorf("unknown fault %q in %q; a meter has %s", name, s, faultNames())
	}
	f := &fault{faultInfo: &faultTable[i], value: faultTable[i].value}
	err := f.argument(arg, given)
	if err == nil && timed {
		err = f.when(when)
	}
	if err != nil {
		return f, fmt.Errorf("fault %q: %w", s, err)
	}
	return f, nil
}

func (f *fault) argument(s string, given bool) (err error) {
	if !given {
		if f.arg == word || f.arg == share && f.value == 0 {
			return errors.New("it needs an argument after a colon")
		}
		return nil
	}
	switch f.arg {
	case none:
		return fmt.Errorf("it takes no argument, has %q", s)
	case count:
		var n uint64
		n, err = strconv.ParseUint(s, 10, 31)
		f.value = float64(n)
	case hexByte:
		var n uint64
		n, err = strconv.ParseUint(s, 16, 8)
		f.value = float64(n)
	case share:
		digits, percent := strings.CutSuffix(s, "%")
		f.value, err = strconv.ParseFloat(digits, 64)
		if percent {
			f.value /= 100
		}
		if math.IsNaN(f.value) || f.value > 0.9 {
			return fmt.Errorf("%q is not a share up to 0.9, such as 10%%", s)
		}
	case word, wordOrNo:
		f.text, f.value = s, 1
	}
	if err != nil || f.value <= 0 && f.arg != hexByte || f.arg >= word && s == "" {
		return fmt.Errorf("%q is not %s", s, [...]string{
			count: "a count from 1 on", share: "a share such as 10%", hexByte: "a byte in hexadecimal", word: "a word", wordOrNo: "a word"}[f.arg])
	}
	return nil
}

func (f *fault) when(s string) (err error) {
	if f.always {
		return errors.New("it is there all the time, and takes no @")
	}
	n, every, again := strings.Cut(s, "/")
	if f.after, err = time.ParseDuration(n); err == nil && f.after >= 0 && n != "0" {
		f.timed = true
		if f.again, err = time.ParseDuration(every); again && (err != nil || f.again <= 0) {
			return fmt.Errorf("%q after / is not a time such as 10s", every)
		}
		return nil
	}
	if f.n, err = strconv.ParseInt(n, 10, 62); err != nil || f.n < 1 {
		return fmt.Errorf("%q after @ is not a count from 1 on or a time such as 5s", n)
	}
	if f.every, err = strconv.ParseInt(every, 10, 62); again && (err != nil || f.every < 1) {
		return fmt.Errorf("%q after / is not a count from 1 on", every)
	}
	return nil
}

// fits says whether a kind has the fault.
func (f *fault) fits(kind string) error {
	has := f.kinds
	switch {
	case has == nil:
		has = []string{"ppk2", "v3pwr", "lpm01a"}
	case len(has) == 0:
		return nil
	}
	if !slices.Contains(has, kind) {
		return fmt.Errorf("fault %q is one of %s, not of %s", f.name, strings.Join(has, ", "), kind)
	}
	return nil
}

func faultNames() string {
	names := make([]string, 0, len(faultTable))
	for _, info := range faultTable {
		names = append(names, info.name)
	}
	return strings.Join(names, ", ")
}

// until is how many samples come before the fault hits: 0 for at once, less than that for never.
func (f *fault) until(taken int64, measured time.Duration, rate float64) int64 {
	switch {
	case f.always || f.spent:
		return -1
	case f.timed:
		return max(0, int64(math.Ceil((f.after-measured).Seconds()*rate)))
	}
	return max(0, f.n-1-taken)
}

// pass sets the fault to its next hit.
func (f *fault) pass() {
	f.n = max(f.n, 1)
	f.n += f.every
	f.after += f.again
	f.spent = f.every == 0 && f.again == 0
}
