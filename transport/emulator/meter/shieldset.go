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

// shieldFreqs are the sample rates that can be set.
var shieldFreqs = []int{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000}

var (
	errCommand = errors.New("command not recognized")
	errValue   = errors.New("parameter not allowed")
)

// shieldFree are the commands that need no control.
var shieldFree = []string{"powershield", "version", "echo", "status", "htc", "hrc", "power_monitor", "temp", "psrst"}

// carryOut does what a command asks for; answer is what is said in place of its acknowledgement, if anything.
func (s *shield) carryOut(name string, args []string) (answer string, err error) {
	if !slices.Contains(shieldFree, name) && !s.controlled {
		return "", fmt.Errorf("%s refused without %s", name, s.control)
	}
	if s.m.run.on && !slices.Contains([]string{"stop", "pwr", "targrst", "echo"}, name) {
		return "", fmt.Errorf("%s refused during an acquisition", name)
	}
	first, last := "", ""
	if len(args) > 0 {
		first, last = args[0], args[len(args)-1]
	}
	switch name {
	case "powershield":
		return "ack " + s.id, nil
	case "version":
		return "ack version " + s.version, nil
	case "echo", "status", "calib", "autotest", "acqmode", "funcmode", "output", "targrst", "trigdelay":
		return "", nil
	case "temp":
		return "ack temp 25", nil
	case "htc":
		return "", s.takeControl()
	case "hrc":
		s.controlled = false
		return "", nil
	case "power_monitor":
		if !s.profile.bare {
			return "", errCommand
		}
		s.bare, s.controlled = true, true
		return "", nil
	case "psrst":
		s.m.fail(ErrUnplugged)
		return "", nil
	case "pwr":
		return "ack pwr " + last, s.setPower(last)
	case "pwrend":
		s.keep = first == "on"
		return "", nil
	case "start":
		return "", s.ready()
	case "stop":
		s.stop()
		return "", nil
	}
	return s.set(name, first, last)
}

// takeControl is htc; the LPM01A does not understand the first one of a host.
func (s *shield) takeControl() error {
	if !s.refusedHTC && s.control == "htc" {
		s.refusedHTC = true
		return errCommand
	}
	s.controlled = true
	return nil
}

// set carries out the commands that have a value.
func (s *shield) set(name, first, last string) (answer string, err error) {
	switch name {
	case "volt":
		if last == "get" {
			return fmt.Sprintf("ack volt get %04d-03", s.milliNow()), nil
		}
		return "", s.setVolts(last)
	case "freq":
		digits, kilo := strings.CutSuffix(first, "k")
		f, err := strconv.Atoi(digits)
		if kilo {
			f *= 1000
		}
		if err != nil || !slices.Contains(shieldFreqs, f) {
			return "", errValue
		}
		s.freq = f
	case "format":
		if !slices.Contains(s.formats, first) {
			return "", errValue
		}
		s.format = first
	case "acqtime":
		d, err := shieldTime(first)
		if err != nil || d > s.longest {
			return "", errValue
		}
		s.length = d
	case "trigsrc":
		if !slices.Contains([]string{"sw", "hw", "d7"}, first) {
			return "", errValue
		}
		s.trigger = first
	default:
		return "", errCommand
	}
	return "", nil
}

// milliNow is the measured output in mV: somewhat less than what is set.
func (s *shield) milliNow() int {
	if !s.m.conf.Source.Supplied() {
		return 0
	}
	return int(math.Round(float64(s.milli) * 0.9975))
}

func (s *shield) setVolts(v string) error {
	milli, ok := strings.CutSuffix(v, "m")
	n, err := strconv.Atoi(milli)
	if !ok || err != nil || n < shieldMinMilli || n > s.maxMilli {
		return errValue
	}
	s.milli, s.settled = n, time.Now().Add(s.settle)
	return nil
}

// setPower is pwr auto, on or off.
func (s *shield) setPower(to string) error {
	switch to {
	case "on", "off":
		s.m.conf.Source.Supply(to == "on")
	case "auto":
		if s.m.run.on {
			s.m.conf.Source.Supply(true)
		}
	default:
		return errValue
	}
	s.power = to
	return nil
}

// shieldTime reads a time: 10, 10s, 250m, 500u, 250-3; inf and 0 are endless.
func shieldTime(v string) (time.Duration, error) {
	if v == "inf" {
		return endless, nil
	}
	mantissa, exponent, _ := strings.Cut(strings.TrimRight(v, "smu"), "-")
	n, err := strconv.ParseUint(mantissa, 10, 31)
	if err != nil {
		return 0, errValue
	}
	scale := 1.0
	switch {
	case exponent != "":
		e, err := strconv.ParseUint(exponent, 10, 3)
		if err != nil {
			return 0, errValue
		}
		scale = math.Pow10(-int(e))
	case strings.HasSuffix(v, "m"):
		scale = 1e-3
	case strings.HasSuffix(v, "u"):
		scale = 1e-6
	}
	return time.Duration(math.Round(float64(n) * scale * 1e9)), nil
}
