package emulator

import (
	"errors"
	"net/netip"
	"os"
	"strconv"

	"st67bench/transport/emulator/wifi"
)

// AP switches the access points with this name, or all when it is empty, on or off while the module runs.
// A station that has joined one that goes away notices it when it has missed 20
// beacons.
func (m *Module) AP(ssid string, on bool) error { return m.air.AP(ssid, on) }

// RSSI sets how strongly the module hears the access point that it has joined,
// or else the first one: -100 to 0 dBm.
func (m *Module) RSSI(dBm int) error { return m.air.RSSI(dBm) }

// Attenuate puts an attenuator of so many dB between the module and every access point, in place of the one before: what
// it hears is weaker by that, and the radio's rate is what the signal allows (core.PayloadRate), unless the rate was set.
func (m *Module) Attenuate(dB int) error { return m.air.Attenuate(dB) }

// Air is what the access point that the module has joined, or else the first one, is like now, and the attenuation
// before it in dB.
func (m *Module) Air() (point wifi.AccessPoint, attenuation int) { return m.air.Now() }

// Deauth makes the access point end the association, with a reason of +CW:ERROR
// (manual 3.1.5.5), 1 to 25; 7 is what an access point's own wish is. Without an
// association it has no effect.
func (m *Module) Deauth(reason int) error { return m.air.Deauth(reason) }

// accessPoint is the default access point, with the settings of the
// configuration.
func (c *Config) accessPoint() wifi.AccessPoint {
	return wifi.AccessPoint{
		SSID: c.SSID, Password: c.Password, BSSID: apBSSID, Channel: apChannel, RSSI: or(c.RSSI, apRSSI),
		Security: wifi.WPA2, Protocol: "ax",
		Beacon: or(c.Beacon, wifi.DefaultBeacon), DTIM: or(c.DTIM, 1), TWT: !c.NoTWT,
		Address: moduleAddress, Gateway: apGateway, Join: joinTime, DHCP: dhcpTime,
	}
}

// air is what the module hears at first.
func (c *Config) air() wifi.Air {
	if c.Air != nil {
		return *c.Air
	}
	return wifi.Air{AccessPoints: []wifi.AccessPoint{c.accessPoint()}, Hosts: map[string][]netip.Addr{
		"example.com": {netip.AddrFrom4([4]byte{192, 0, 2, 1})}, // a name and an address that are reserved (RFC 2606, RFC 5737)
	}}
}

// hosts are the names that are resolved without asking anybody.
func (c *Config) hosts() map[string][]netip.Addr { return c.air().Hosts }

// parseAir reads an air file.
func parseAir(c *Config, v string) error {
	data, err := os.ReadFile(v)
	if err != nil {
		return err
	}
	air, err := wifi.ParseAir(data, v, new(Config).accessPoint())
	if err != nil {
		return err
	}
	c.Air = &air
	return nil
}

func parseWhole(v string, to *int) error {
	n, err := strconv.Atoi(v)
	if err != nil || n == 0 {
		return errors.New("not a whole number other than 0")
	}
	*to = n
	return nil
}

func parseTWT(c *Config, v string) error {
	if v != "on" && v != "off" {
		return errors.New("not on or off")
	}
	c.NoTWT = v == "off"
	return nil
}

// Beacons changes the beacon interval, in time units of 1024 us, and the beacons per DTIM of the access points with this
// name, or of all when it is empty; 0 leaves one as it is. A station that has joined hears of it with its next association.
func (m *Module) Beacons(ssid string, interval, dtim int) error {
	return m.air.Beacons(ssid, interval, dtim)
}

// Supply switches the module's power rail off or on. Without it the module draws nothing, says nothing and hears nothing,
// while the line to its host stays; when it comes back the module starts as after a reset, with what its flash holds.
func (m *Module) Supply(on bool) { m.current().Supply(on) }

// Supplied says whether the power rail is on.
func (m *Module) Supplied() bool { return m.current().Supplied() }
