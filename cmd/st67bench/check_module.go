package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"st67bench/bench"
	"st67bench/bench/power"
	"st67bench/bench/st67"
	"st67bench/transport/spi"
)

// overLink looks at the module and at what it reaches.
func (c *checker) overLink(ctx context.Context, link *opened, meter power.Meter) {
	s, err := openSession(ctx, link, c.rig, traceOptions{}, c.logger())
	if err != nil {
		c.noModule(link, err)
		c.report(skip, "network", "not tried: no module")
		return
	}
	defer c.leave(s, meter)
	c.withModule(ctx, s, meter)
}

// withModule looks at a module that answers, at the meter in its supply, and at its network.
func (c *checker) withModule(ctx context.Context, s *session, meter power.Meter) {
	c.report(ok, "module", "answers AT; "+moduleIdentity(s.module.Identity()))
	if !c.ready(ctx, s) {
		return
	}
	c.supply(ctx, s)
	if !c.meterWithModule(ctx, s, meter) {
		return
	}
	switch {
	case !bench.CarriesRadio(meter):
		c.report(skip, "network", "not tried: the meter does not carry a module that sends")
		return
	case s.wifi.SSID == "":
		c.report(skip, "network", "the rig names none: wifi: {ssid: …} in the rig file")
		return
	}
	c.network(ctx, s)
}

// noModule words why no module answered over a link.
func (c *checker) noModule(link *opened, err error) {
	if l, isSPI := link.link.(*spi.Link); isSPI {
		c.spiFault(l)
		c.report(wrong, "module", err.Error())
		return
	}
	c.silent(err)
}

// silent words why no module answered over a serial line.
func (c *checker) silent(err error) {
	var silent *st67.SilentError
	switch {
	case errors.As(err, &silent) && isLog(silent.Seen):
		c.report(wrong, "module", "boot log but no AT: shipped T01 images speak AT over SPI only",
			"wire SPI (docs/rig.md) or load an AT-over-UART build")
	case errors.As(err, &silent) && len(silent.Seen) == 0:
		c.report(wrong, "module", "silent: no byte came back; shipped T01 images speak AT over SPI only",
			"look at power, TX/RX and CHIP_EN; wire SPI (docs/rig.md) or load an AT-over-UART build")
	case errors.As(err, &silent):
		c.report(wrong, "module", fmt.Sprintf("no AT, but bytes that are no text: %q", silent.Seen),
			"the baud does not match the module's (2000000 for AT-over-UART builds)")
	default:
		c.report(wrong, "module", err.Error())
	}
}

// isLog says whether bytes are printable lines.
func isLog(seen []byte) bool {
	printable := 0
	for _, b := range seen {
		if b >= ' ' && b < 0x7f || b == '\r' || b == '\n' || b == '\t' || b == 0x1b {
			printable++
		}
	}
	return len(seen) > 0 && printable*10 >= len(seen)*9
}

// profiles are the firmware versions whose behaviour is known.
var profiles = []string{"2.0.75", "2.0.89", "2.0.97", "2.0.106"}

func moduleIdentity(id map[string]string) string {
	text := fmt.Sprintf("%s, %s, SDK %s", id["module"], orDash(id["image"]), orDash(id["firmware"]))
	for _, p := range profiles {
		if id["firmware"] == p {
			return text + ", profile t01-" + p
		}
	}
	return text + ", a version that this tool does not know: treated as the newest"
}

// ready resets the module and waits for its `ready`.
func (c *checker) ready(ctx context.Context, s *session) bool {
	if err := s.module.Reset(ctx); err != nil {
		c.report(wrong, "reset", err.Error(), "look at power and at the supply's current limit; a module that restarts again and again browns out")
		return false
	}
	c.report(ok, "reset", "ready seen after the reset")
	return true
}

// supply looks at VDD and at restarts that nobody asked for.
func (c *checker) supply(ctx context.Context, s *session) {
	cond, err := s.module.Conditions(ctx)
	if err != nil {
		c.report(wrong, "supply", err.Error())
		return
	}
	if n := s.module.UnaskedReady(); n > 0 {
		c.report(wrong, "supply", fmt.Sprintf("%d unasked ready: a probable brown-out", n),
			"a supply of 500 mA at 3.3 V, short wires, 10 µF at the module")
		return
	}
	vbat, err := strconv.ParseFloat(cond["vbat"], 64)
	switch {
	case err != nil:
		c.report(skip, "supply", "the module does not tell its supply")
	case vbat < 2.97 || vbat > 3.63:
		c.report(wrong, "supply", fmt.Sprintf("%.2f V is outside 2.97..3.63 V (datasheet DS14784)", vbat), "mend the supply")
	default:
		c.report(ok, "supply", fmt.Sprintf("%.2f V, %s C, heap %s B", vbat, orDash(cond["temperature"]), orDash(cond["heap"])))
	}
}

// network joins and looks at what the module reaches, from near to far.
func (c *checker) network(ctx context.Context, s *session) {
	station, err := s.module.Join(ctx, s.wifi)
	if err != nil {
		c.report(wrong, "join", err.Error())
		c.report(skip, "peer", "not tried: no network")
		return
	}
	c.report(ok, "join", fmt.Sprintf("%s, channel %d, BSSID %s", station.SSID, station.Channel, station.BSSID))
	c.rssi(station.RSSI)
	if !station.IP.IsValid() || station.IP.IsUnspecified() {
		c.report(wrong, "dhcp", "no address", "look at the access point's DHCP server, or give the module a static address")
		return
	}
	c.report(ok, "dhcp", fmt.Sprintf("address %s, gateway %s", station.IP, station.Gateway))
	c.reach(ctx, s, station)
	c.sleep(ctx, s)
}

// rssi warns outside the range where figures repeat.
func (c *checker) rssi(dbm int) {
	text := fmt.Sprintf("RSSI %d dBm", dbm)
	switch {
	case dbm > -25:
		c.report(warn, "rssi", text+": so strong that the receiver may saturate", "move the module away from the access point, or attenuate; -25 … -65 dBm")
	case dbm < -65:
		c.report(warn, "rssi", text+": so weak that the rate follows the radio", "move the module nearer to the access point; -25 … -65 dBm")
	default:
		c.report(ok, "rssi", text)
	}
}
