package core

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// State is what the module does, as far as its supply current goes.
type State uint8

// The states. StateBeacon is the low-power firmware that listens, for a beacon or
// in a TWT service period; StateWake leads from sleep to a running application.
const (
	StateShutdown  State = iota // CHIP_EN is low
	StateHibernate              // AT+PWR=1
	StateStandby                // AT+PWR=2 without an access point
	StateSleep                  // AT+PWR=2 with one
	StateBeacon
	StateWake
	StateIdle // awake, and the radio listens
	StateReceive
	StateTransmit
	StateUnsupplied // there is no supply, and no current
	states
)

var stateNames = [states]string{
	"shutdown", "hibernate", "standby", "sleep", "beacon", "wake", "idle", "receive", "transmit", "unsupplied",
}

func (s State) String() string { return stateNames[s] }

// Currents are the supply currents of the states, in A. What is zero is the
// default:
//
//	Shutdown    0.2 µA   datasheet, as quoted in ST's community
//	Hibernate   2.5 µA   HBN2, the firmware's published key figures
//	Standby     90 µA    the same
//	Sleep       78.6 µA  fit of the published BL616 table, below
//	Beacon      38 mA    the firmware's own model, low-power firmware
//	Wake        38 mA    assumed to be as Beacon
//	Idle        57 mA    the firmware's own model, application active
//	Receive     65 mA    assumption; nothing is published
//	TransmitB   377 mA   datasheet DS14784, 802.11b 11 Mbit/s at 22 dBm
//	TransmitG   330 mA   assumption, as the two below: OFDM is sent with less power
//	TransmitN   310 mA
//	TransmitAX  290 mA
//
// BeaconCharge is what one wake for a beacon costs above Sleep, in C; default
// 74.8 µC. With Sleep it is the least-squares fit I(n) = Sleep + BeaconCharge/(n x 102.4 ms)
// of what is published of the BL616, the same silicon: 810, 319 and 154 µA at DTIM
// 1, 3 and 10.
type Currents struct {
	Shutdown, Hibernate, Standby, Sleep, Beacon, Wake, Idle, Receive float64

	TransmitB, TransmitG, TransmitN, TransmitAX float64

	BeaconCharge float64
}

var defaultCurrents = Currents{
	Shutdown: 0.2e-6, Hibernate: 2.5e-6, Standby: 90e-6, Sleep: 78.6e-6,
	Beacon: 38e-3, Wake: 38e-3, Idle: 57e-3, Receive: 65e-3,
	TransmitB: 377e-3, TransmitG: 330e-3, TransmitN: 310e-3, TransmitAX: 290e-3,
	BeaconCharge: 74.8e-6,
}

// currentNames are the names by which Set knows the fields, in their order.
var currentNames = []string{"shutdown", "hibernate", "standby", "sleep", "beacon", "wake", "idle", "receive",
	"transmit-b", "transmit-g", "transmit-n", "transmit-ax", "beacon-charge"}

func (c *Currents) fields() []*float64 {
	return []*float64{&c.Shutdown, &c.Hibernate, &c.Standby, &c.Sleep, &c.Beacon, &c.Wake, &c.Idle,
		&c.Receive, &c.TransmitB, &c.TransmitG, &c.TransmitN, &c.TransmitAX, &c.BeaconCharge}
}

// Set changes the current of that name, in A: shutdown, hibernate, standby, sleep,
// beacon, wake, idle, receive, transmit-b, -g, -n or -ax; or beacon-charge, in C.
func (c *Currents) Set(name string, v float64) error {
	i := slices.Index(currentNames, name)
	if i < 0 {
		return fmt.Errorf("%q is not one of %s", name, strings.Join(currentNames, ", "))
	}
	*c.fields()[i] = v
	return nil
}

// List is what is not zero, as NAME:VALUE in A or C.
func (c Currents) List() []string {
	var list []string
	for i, f := range c.fields() {
		if *f != 0 {
			list = append(list, currentNames[i]+":"+strconv.FormatFloat(*f, 'g', -1, 64))
		}
	}
	return list
}

// WithDefaults fills what is zero.
func (c Currents) WithDefaults() Currents { return c.Or(defaultCurrents) }

// Or fills what is zero from d.
func (c Currents) Or(d Currents) Currents {
	for i, f := range c.fields() {
		if *f == 0 {
			*f = *d.fields()[i]
		}
	}
	return c
}

// Check returns what is wrong with currents that have their defaults.
func (c Currents) Check() error {
	for i, f := range c.fields() {
		if !(*f > 0) || *f > 10 {
			return fmt.Errorf("current %s=%v is outside 0..10", currentNames[i], *f)
		}
	}
	if c.Beacon <= c.Sleep {
		return errors.New("the current of a beacon is not above that of sleep")
	}
	return nil
}

// BeaconTime is how long one wake for a beacon lasts, to the nanosecond.
func (c *Currents) BeaconTime() time.Duration {
	return time.Duration(math.Round(c.BeaconCharge / (c.Beacon - c.Sleep) * 1e9))
}

// of is the current of a state; transmit is that of sending.
func (c *Currents) of(s State, transmit float64) float64 {
	switch s {
	case StateShutdown:
		return c.Shutdown
	case StateHibernate:
		return c.Hibernate
	case StateStandby:
		return c.Standby
	case StateSleep:
		return c.Sleep
	case StateBeacon:
		return c.Beacon
	case StateWake:
		return c.Wake
	case StateReceive:
		return c.Receive
	case StateTransmit:
		return transmit
	case StateUnsupplied:
		return 0
	default:
		return c.Idle
	}
}

// transmit is the current of sending by a protocol.
func (c *Currents) transmit(protocol string) float64 {
	switch protocol {
	case "b":
		return c.TransmitB
	case "g":
		return c.TransmitG
	case "n":
		return c.TransmitN
	default:
		return c.TransmitAX
	}
}
