package emulator

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"st67bench/transport/emulator/core"
)

// Wire sets the line to the next host: rate in bit/s (Unpaced for none) and flow control in memory and over TCP, which a
// PTY's host sets itself, and the SPI clock in Hz, at once. Zero values leave a setting as it is.
func (m *Module) Wire(baud int, flow string, speed int) error {
	m.conf.Lock()
	c := m.config
	c.Baud, c.Flow, c.Speed = or(baud, c.Baud), or(flow, c.Flow), or(speed, c.Speed)
	if _, _, err := c.check(); err != nil {
		m.conf.Unlock()
		return err
	}
	m.config = c
	m.conf.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.wires != nil {
		m.wires.SetSpeed(c.Speed)
	}
	return nil
}

// releasePattern is an SDK version; the profile of a release is named after it.
var releasePattern = regexp.MustCompile(`^\d+\.\d+\.\d+$`)

// Flash loads another firmware into the module, which restarts with it: a profile by its name or path, or the profile of
// an SDK version such as 2.0.97. What flash holds of settings stays, and so do faults, air and currents; quirks are
// those of the profile and of the configuration.
func (m *Module) Flash(firmware string) error {
	if releasePattern.MatchString(firmware) {
		firmware = "t01-" + firmware
	}
	m.conf.Lock()
	next := m.asked
	next.Profile = firmware
	next = next.withDefaults()
	quirks, _, err := next.check()
	if err != nil {
		m.conf.Unlock()
		return err
	}
	next.Baud, next.Flow, next.Speed = m.config.Baud, m.config.Flow, m.config.Speed
	next.Loss = m.config.Loss
	if m.config.fixedRate {
		next.RadioRate, next.fixedRate = m.config.RadioRate, true
	}
	m.config = next
	m.conf.Unlock()
	m.quirks.Set(quirks)
	m.load(&next)
	return nil
}

// load gives the firmware of c to the machine that runs, or makes a new one.
func (m *Module) load(c *Config) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.spent {
		return // the next switching on has it
	}
	running := m.machine.Load(core.Firmware{
		Version: c.release.Version, Latency: c.CommandLatency, Boot: c.Boot,
		Families: func(machine *core.Machine) {
			machine.Radio.Tune(c.RadioRate, c.fixedRate, c.Loss)
			machine.Radio.Latency, machine.Radio.Wake = c.RadioLatency, c.Wake
			m.addFamilies(machine)
		},
	})
	if !running {
		m.machine = m.newMachine()
	}
}

// Firmware is what Flash takes to load the present firmware again: the SDK version of a release, or the name or path of another
// profile.
func (m *Module) Firmware() string {
	profile := m.settings().Profile
	if version, ok := strings.CutPrefix(profile, "t01-"); ok && releasePattern.MatchString(version) {
		return version
	}
	return profile
}

// Radio is the rate of payload in bit/s and the share of frames that are lost.
func (m *Module) Radio() (rate, loss float64) {
	c := m.settings()
	return c.RadioRate, c.Loss
}

// SetRadio changes the radio's payload rate, in bit/s from 1000 on and +Inf for no limit, which then holds whatever the
// air is like, and the share of frames that are lost, 0 to 0.9.
func (m *Module) SetRadio(rate, loss float64) error {
	if !(rate >= 1000) || !(loss >= 0 && loss <= 0.9) {
		return fmt.Errorf("radio rate %g bit/s, loss %g; allowed are 1000 bit/s and more, and 0 to 0.9", rate, loss)
	}
	m.conf.Lock()
	m.config.fixedRate = m.config.fixedRate || rate != m.config.RadioRate
	m.config.RadioRate, m.config.Loss = rate, loss
	fixed := m.config.fixedRate
	m.conf.Unlock()
	m.current().Radio.Tune(rate, fixed, loss)
	return nil
}

// Outage stops the radio for d from now on: nothing passes, and the association stays. What is on its way at that moment
// arrives. It takes the place of another one that Outage began; 0 ends that.
func (m *Module) Outage(d time.Duration) error {
	if d < 0 || d > math.MaxInt64/4 {
		return fmt.Errorf("an outage of %v; allowed are 0 and more", d)
	}
	m.current().Radio.Interrupt(m.clock.Now(), d)
	return nil
}

// OutageLeft is how long the radio still stands still by Outage.
func (m *Module) OutageLeft() time.Duration {
	return m.current().Radio.Interrupted(m.clock.Now())
}
