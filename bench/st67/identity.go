package st67

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"regexp"
	"strconv"
	"strings"

	"st67bench/transport/at"
)

// identify reads the versions and the MAC address. A module without CIFSR has no unit.
func (m *Module) identify(ctx context.Context) error {
	r, err := m.exchange(ctx, systemLimit, "AT+GMR")
	if err != nil {
		return err
	}
	before := m.identity
	m.identity = versions(r.Lines)
	if meaning := before[ipdKey]; meaning != "" && before["firmware"] == m.identity["firmware"] {
		m.identity[ipdKey] = meaning
	}
	r, err = m.exchange(ctx, systemLimit, "AT+CIFSR")
	var refused *at.CommandError
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	if mac := pairs(r.Lines, "CIFSR")["STAMAC"]; mac != "" {
		m.mac = strings.ToLower(mac)
	}
	return nil
}

// versions reads the lines of GMR: `AT version:1.0.0.1(Apr 30 2025 11:47:03)`,
// `component_version_sdk_2.0.75`, `lib_version_phyrf_00f7ad715`,
// `compile time:Apr 30 2025 11:46:58` (manual 2.2.2.3). A component's name may
// hold underscores, its version none. The image is T01: T02 does not get this far.
func versions(lines [][]byte) map[string]string {
	id := map[string]string{"module": "ST67W611M1", "image": "T01"}
	for _, l := range lines {
		line := strings.TrimSpace(string(l))
		if v, ok := strings.CutPrefix(line, "AT version:"); ok {
			v, _, _ = strings.Cut(v, "(")
			id["at_version"] = strings.TrimSpace(v)
		} else if v, ok := strings.CutPrefix(line, "compile time:"); ok {
			id["built"] = strings.TrimSpace(v)
		} else if _, v, ok := strings.Cut(line, "_version_"); ok {
			if cut := strings.LastIndexByte(v, '_'); cut > 0 && cut+1 < len(v) {
				id[component(v[:cut])] = v[cut+1:]
			}
		}
	}
	return id
}

// component names a component in the identity; the SDK's version is that of the firmware as ST releases it.
func component(name string) string {
	if name == "sdk" {
		return "firmware"
	}
	return name
}

// Identity is what is compared between runs: "module", "firmware" (SDK version,
// "2.0.106"), "at_version", "image" ("T01"), "built" (compile time), and the
// versions of the firmware's components by name ("macsw", "phyrf", "btble", ...), and "ipd" once DetermineIPD has
// found it.
func (m *Module) Identity() map[string]string { return maps.Clone(m.identity) }

// Unit tells modules apart without giving the MAC address: the first 8 hex
// digits of the SHA-256 of the station's MAC address as text in lower case;
// empty when the module does not tell its address.
func (m *Module) Unit() string {
	if m.mac == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(m.mac))
	return hex.EncodeToString(sum[:4])
}

// stationStates are the states of CWSTATE (manual 3.1.4.2).
var stationStates = map[string]string{
	"0": "idle", "1": "connected without address", "2": "connected", "3": "connecting", "4": "disconnected",
}

// Conditions is what is merely so: "rssi" dBm, "channel", "bssid",
// "temperature" °C, "vbat" V, "heap" and "lwip_heap" B, "state" (of the
// station, in words). What the module refuses or does not know is absent. The
// error is that of a dialog that was cut off.
func (m *Module) Conditions(ctx context.Context) (map[string]string, error) {
	c := map[string]string{}
	station, in, err := m.association(ctx)
	if err != nil {
		return c, err
	}
	if in {
		c["rssi"], c["channel"], c["bssid"] = strconv.Itoa(station.RSSI), strconv.Itoa(station.Channel), station.BSSID
	}
	for _, q := range []struct {
		name string
		read func(c map[string]string, value string)
	}{
		{"TEMP", readTemperature}, {"VBAT", readVoltage}, {"SYSRAM", readHeap}, {"CWSTATE", readState},
	} {
		value, known, err := m.query(ctx, q.name)
		if err != nil {
			return c, err
		}
		if known {
			q.read(c, value)
		}
	}
	return c, nil
}

// readTemperature reads `+TEMP:34.500000`, in °C.
func readTemperature(c map[string]string, value string) {
	if t, err := strconv.ParseFloat(value, 64); err == nil {
		c["temperature"] = strconv.FormatFloat(t, 'f', 1, 64)
	}
}

// readVoltage reads `+VBAT:3326`, in mV.
func readVoltage(c map[string]string, value string) {
	if mv, err := strconv.ParseFloat(value, 64); err == nil {
		c["vbat"] = strconv.FormatFloat(mv/1000, 'f', 3, 64)
	}
}

// readHeap reads `+SYSRAM:148408,84044`: the system's free heap and lwIP's, in B.
func readHeap(c map[string]string, value string) {
	for i, f := range fields(value) {
		if _, err := strconv.Atoi(f); err == nil && i < 2 {
			c[[]string{"heap", "lwip_heap"}[i]] = f
		}
	}
}

// readState reads `+CWSTATE:2,"ssid"[,<mode>,<auth>]`: the first field says it all.
func readState(c map[string]string, value string) {
	if words, ok := stationStates[fields(value)[0]]; ok {
		c["state"] = words
	}
}

// answer is what follows "+<name>:" in the first line that has it.
func answer(lines [][]byte, name string) (string, bool) {
	for _, l := range lines {
		if v, ok := strings.CutPrefix(strings.TrimSpace(string(l)), "+"+name+":"); ok {
			return strings.TrimSpace(v), true
		}
	}
	return "", false
}

// pairs reads lines such as `+CIFSR:STAMAC,"..."` and `+CIPSTA:ip:"..."` into key and value.
func pairs(lines [][]byte, name string) map[string]string {
	out := map[string]string{}
	for _, l := range lines {
		rest, ok := answer([][]byte{l}, name)
		if cut := strings.IndexAny(rest, ",:"); ok && cut > 0 {
			out[rest[:cut]] = strings.Trim(rest[cut+1:], `" `)
		}
	}
	return out
}

var fieldPattern = regexp.MustCompile(`\s*("(?:\\.|[^"\\])*"|[^,]*)\s*(?:,|$)`)

// fields splits at the commas outside quotes and takes quotes and escapes away; there is at least one field.
func fields(s string) []string {
	var out []string
	for _, f := range fieldPattern.FindAllStringSubmatch(s, -1) {
		out = append(out, unquoted(strings.TrimSpace(f[1])))
	}
	if out == nil {
		return []string{""}
	}
	return out
}
