package meter

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// profile is in what the two PowerShield instruments differ.
type profile struct {
	id, version string
	prompt      string // before each answer
	banner      string // when a host comes
	bare        bool   // power_monitor takes the prompt away, and is asked for before anything is set
	control     string // what has to come before anything is set
	formats     []string
	maxMilli    int           // mV of the output
	settle      time.Duration // calibration after volt
	notice      string        // what it says after that
	longest     time.Duration // of a finite acquisition
	overCurrent int           // bytes of the record F5
	tripAt      float64       // A, above which it trips at once
	tripHeld    float64       // A, above which it trips after tripAfter
}

const tripAfter = 5 * time.Millisecond

var v3pwr = profile{
	id: "STLINK-V3PWR 003500253133510F37363734", version: "PowerShield V4.J2.B2.P4", prompt: "PowerShield > ",
	bare: true, control: "power_monitor", formats: []string{"bin_hexa", "bin_hex", "ascii_dec"},
	maxMilli: 3600, settle: 800 * time.Millisecond, longest: 100 * time.Second, overCurrent: 8, tripAt: 0.5, tripHeld: 0.5,
}

// The calibration notice of the LPM01A is one of the service lines that its users report between answers.
var lpm01a = profile{
	id: "powershield 0036002A3137510A33363634", version: "PowerShield 1.0.6", prompt: "\r\nPowerShield > ",
	banner: "\r\nX-NUCLEO-LPM01A\r\n\r\nPowerShield > ", control: "htc", formats: []string{"bin_hexa", "ascii_dec"},
	maxMilli: 3300, settle: 1300 * time.Millisecond, notice: "calibration request handled",
	longest: 10 * time.Second, overCurrent: 4, tripAt: 75e-3, tripHeld: 59e-3,
}

const (
	shieldMinMilli = 1600 // mV
	longestLine    = 256
	asciiRate      = 10_000 // samples/s at most
	endless        = 0
)

// shield is a PowerShield instrument.
type shield struct {
	m *Meter
	*profile
	line       []byte
	controlled bool // the host has taken control
	refusedHTC bool // the first htc of a host is not understood
	bare       bool
	settled    time.Time // when the calibration has ended; zero: it has

	milli   int // mV
	format  string
	freq    int
	length  time.Duration // of an acquisition; endless
	trigger string
	power   string // auto, on, off
	keep    bool   // pwrend on: power stays after an acquisition

	ahead    time.Duration // of the time stamps, by the fault
	over     int           // samples above tripHeld, in a row
	overflow bool          // samples were lost for want of room; the next stamp says so
	out      []byte
}

func newShield(m *Meter, p *profile) instrument {
	s := &shield{m: m, profile: p, milli: 3300, format: "ascii_dec", freq: 100, length: 10 * time.Second,
		trigger: "sw", power: "auto", keep: true, out: make([]byte, 0, 4*piece)}
	if p.bare {
		s.power = "off"
	}
	return s
}

func (s *shield) queue(fifo time.Duration) int {
	return max(4096, int(fifo.Seconds()*2*float64(shieldFreqs[len(shieldFreqs)-1])))
}

func (s *shield) hello() {
	s.line, s.controlled, s.refusedHTC, s.bare = s.line[:0], false, false, false
	s.m.say([]byte(s.banner))
}

func (s *shield) bye() {}

// tick ends the calibration.
func (s *shield) tick(now time.Time) {
	if s.settled.IsZero() || now.Before(s.settled) {
		return
	}
	s.settled = time.Time{}
	if s.notice != "" && !s.m.run.on {
		s.say(s.notice)
	}
}

func (s *shield) input(p []byte) {
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			s.line = append(s.line, p[:min(len(p), longestLine-len(s.line))]...)
			return
		}
		s.line = append(s.line, p[:min(i, longestLine-len(s.line))]...)
		p = p[i+1:]
		line := strings.TrimSpace(string(s.line))
		s.line = s.line[:0]
		if line != "" {
			s.obey(line)
		}
	}
}

// obey answers a line.
func (s *shield) obey(line string) {
	words := strings.Fields(strings.ToLower(line))
	if s.m.run.on && words[0] != "stop" && s.m.standing("deaf") != nil {
		return
	}
	answer := "ack " + line
	err := s.refused(line)
	if err == nil {
		var own string
		if own, err = s.carryOut(words[0], words[1:]); own != "" {
			answer = own
		}
	}
	if err != nil {
		answer = "error: " + err.Error()
	}
	s.say(answer)
	if err == nil && words[0] == "start" {
		s.begin()
	}
}

func (s *shield) refused(line string) error {
	if f := s.m.standing("refuse"); f != nil && strings.Contains(line, f.text) {
		return fmt.Errorf("%s is not supported", f.text)
	}
	return nil
}

// say sends an answer; during a binary acquisition as a record, so that samples can be told from it.
func (s *shield) say(text string) {
	if s.m.run.on && s.format != "ascii_dec" {
		id := byte(recordInfo)
		if strings.HasPrefix(text, "error") {
			id = recordError
		}
		s.m.say(append(append([]byte{marker, id}, text...), "\r\n\xFF\xFF"...))
		return
	}
	prompt := s.prompt
	if s.bare {
		prompt = ""
	}
	s.m.say([]byte(prompt + text + "\r\n\r\n"))
}
