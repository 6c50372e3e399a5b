package st67

import (
	"context"
	"errors"
	"fmt"
	"time"

	"st67bench/transport/at"
)

// spiPin is the pin by which the SPI link wakes the module, its CS.
const spiPin = 28

// Standby lets the module sleep between beacons or service periods (PWR=2, manual 7.1.1); with broadcast it wakes for
// broadcasts, too. The pin that wakes it is set before, as ST's host driver does: that of Options.Wake, or CS of the SPI
// link. A module cannot be asked for its mode. Awake and Restore undo both.
func (m *Module) Standby(ctx context.Context, broadcast bool) error {
	pin := spiPin
	if m.o.Wake.Pulse != nil {
		pin = m.o.Wake.Pin
	}
	if err := m.WakeBy(ctx, pin); err != nil {
		return err
	}
	line := "AT+PWR=2"
	if broadcast {
		line += ",1"
	}
	m.on.standby = true
	_, err := m.exchange(ctx, networkLimit, line)
	if refused := (*at.CommandError)(nil); errors.As(err, &refused) {
		m.on.standby = false
	}
	m.asleep(m.on.standby)
	return err
}

// Awake keeps the module awake (PWR=0), and takes the wake-up pin back.
func (m *Module) Awake(ctx context.Context) error {
	if _, err := m.exchange(ctx, networkLimit, "AT+PWR=0"); err != nil {
		return err
	}
	m.on.standby = false
	m.asleep(false)
	return m.NotWokenBy(ctx)
}

// WakeBy makes a high level on a pin wake the module: 16 or 28 (SLWKIO, manual 7.1.2, which says that this cannot be chosen
// in the 5-wire SPI link: a module that refuses it is woken by CS all the same).
func (m *Module) WakeBy(ctx context.Context, pin int) error {
	m.on.pin = pin
	return m.tolerated(m.exchange(ctx, networkLimit, fmt.Sprintf("AT+SLWKIO=%d,0", pin)))
}

// NotWokenBy undoes WakeBy (DEWKIO, manual 7.1.3).
func (m *Module) NotWokenBy(ctx context.Context) error {
	if m.on.pin == 0 {
		return nil
	}
	err := m.tolerated(m.exchange(ctx, networkLimit, fmt.Sprintf("AT+DEWKIO=%d", m.on.pin)))
	if err == nil {
		m.on.pin = 0
	}
	return err
}

// WakeAfter arms a wake-up timer of whole ms (SLWKTIMER, manual 7.1.4): one that ends standby, after which the module stays
// awake, or with hibernation the one that counts from Hibernate on.
func (m *Module) WakeAfter(ctx context.Context, hibernation bool, d time.Duration) error {
	if d < time.Millisecond || d.Milliseconds() > 1<<31-1 {
		return fmt.Errorf("wake-up timer of %v is outside 1 ms to 2^31-1 ms", d)
	}
	_, err := m.exchange(ctx, networkLimit, fmt.Sprintf("AT+SLWKTIMER=%s,%d", digit(hibernation), d.Milliseconds()))
	return err
}

// tolerated is the error of a command that some firmware does without: the module's own refusal is none.
func (m *Module) tolerated(_ at.Response, err error) error {
	if refused := (*at.CommandError)(nil); errors.As(err, &refused) {
		m.log.Debug("refused", "error", err)
		return nil
	}
	return err
}
