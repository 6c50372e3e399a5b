package core

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxDrift bounds the error of the RC clock, in parts of one: real ones are
// within 5 %.
const maxDrift = 0.2

// defaultDecay is how long a decay takes that is not told.
const defaultDecay = 10 * time.Second

// ParseFault reads NAME[:ARG][@N[/EVERY]].
func ParseFault(s string) (Fault, error) {
	f := Fault{N: 1, offset: -1, span: defaultDecay}
	rest, when, timed := strings.Cut(s, "@")
	name, argument, hasArg := strings.Cut(rest, ":")
	kind, ok := faultNamed(name)
	if !ok {
		return f, fmt.Errorf("unknown fault %q in %q; there are %s", name, s, faultNames())
	}
	f.Name, f.kind = name, kind
	if err := f.argument(argument, hasArg); err != nil {
		return f, fmt.Errorf("fault %q: %w", s, err)
	}
	if timed {
		if err := f.when(when); err != nil {
			return f, fmt.Errorf("fault %q: %w", s, err)
		}
	}
	return f, nil
}

func faultNamed(name string) (faultKind, bool) {
	for kind, info := range faultTable {
		if info.Name == name {
			return faultKind(kind), true
		}
	}
	return 0, false
}

// argument reads ARG, which given says to be there.
func (f *Fault) argument(s string, given bool) error {
	grammar := faultTable[f.kind].Arg
	switch {
	case !given && faultTable[f.kind].on == always:
		return fmt.Errorf("%s needs an argument: %s", f.Name, grammar)
	case !given:
		return nil
	case grammar == "":
		return fmt.Errorf("%s takes no argument, has %q", f.Name, s)
	case !f.number(s) && !f.quantity(s):
		return fmt.Errorf("%q is not %s", s, grammar)
	}
	return nil
}

// number reads an argument that is a count or an offset; false when s is none of
// the kind's.
func (f *Fault) number(s string) bool {
	k, each := strings.CutPrefix(s, "every=")
	n, err := strconv.Atoi(k)
	if err != nil || n < 0 || each && (n == 0 || f.kind > duplicateByte) {
		return false
	}
	switch f.kind {
	case dropByte, flipByte, duplicateByte:
		if each {
			f.each = n
			return true
		}
		f.offset = n
	case reboot, flipBody:
		f.offset = n
	case flipHeader:
		f.offset = n
		return n < headerBytes
	case stall, shortRecv, splitOutput:
		f.count = n
		return n > 0
	case overrun, leak:
		f.count = n
	default:
		return false
	}
	return true
}

// quantity reads an argument that is a place, a probability, a time or an error
// of a clock.
func (f *Fault) quantity(s string) bool {
	var err error
	switch f.kind {
	case urc:
		i := slices.Index(places, s)
		f.where = place(max(i, 0))
		return i >= 0
	case loseBytes:
		number, percent := strings.CutSuffix(s, "%")
		f.rate, err = strconv.ParseFloat(number, 64)
		if percent {
			f.rate /= 100
		}
		return err == nil && f.rate >= 0 && f.rate <= 1
	case drift:
		f.rate, err = strconv.ParseFloat(s, 64)
		f.rate /= 1e6
		return err == nil && f.rate >= -maxDrift && f.rate <= maxDrift
	case decay:
		f.span, err = time.ParseDuration(s)
		return err == nil && f.span > 0
	}
	return false
}

// when reads N[/EVERY], both counts or both times.
func (f *Fault) when(s string) (err error) {
	info := &faultTable[f.kind]
	if info.on == always {
		return errors.New("it is there all the time, and takes no @")
	}
	n, every, again := strings.Cut(s, "/")
	if f.After, err = time.ParseDuration(n); err == nil && info.Timed && f.After >= 0 && n != "0" {
		f.timed = true
		if f.Again, err = time.ParseDuration(every); again && (err != nil || f.Again <= 0) {
			return fmt.Errorf("%q after / is not a time such as 10s", every)
		}
		return nil
	}
	what := "a count from 1 on"
	if info.Timed {
		what = "a count from 1 on or a time such as 5s"
	}
	if f.N, err = strconv.ParseUint(n, 10, 62); err != nil || f.N == 0 {
		return fmt.Errorf("%q after @ is not %s", n, what)
	}
	if again {
		if f.Every, err = strconv.ParseUint(every, 10, 62); err != nil || f.Every == 0 {
			return fmt.Errorf("%q after / is not a count from 1 on", every)
		}
	}
	return nil
}
