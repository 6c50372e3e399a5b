package st67

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"st67bench/transport/at"
)

// joinLimit is how long a join may take, DHCP included: CWJAP's own 15 s (manual 3.1.5.6) and as much again for an address.
const joinLimit = 30 * time.Second

// Wifi is a network to join.
type Wifi struct {
	SSID     string
	Password string // empty: open network
	BSSID    string // "aa:bb:cc:dd:ee:ff"; empty: any AP of the network
}

// Station is the module's place in a network.
type Station struct {
	SSID    string
	BSSID   string // in lower case
	Channel int
	RSSI    int // dBm
	IP      netip.Addr
	Gateway netip.Addr
	Netmask netip.Addr
	MAC     string // in lower case
}

// JoinError says why a join failed. Code is that of `+CW:ERROR,<code>`, 0 when
// there was none. Associated says that the AP took the module but that it got
// no address: DHCP failed.
type JoinError struct {
	SSID       string
	Code       int
	Reason     string // in words
	Associated bool
	Err        error // the command's own answer; nil after its OK
}

func (e *JoinError) Error() string {
	text := fmt.Sprintf("join %q: %s", e.SSID, e.Reason)
	if e.Code != 0 {
		text += fmt.Sprintf(" (+CW:ERROR,%d)", e.Code)
	}
	if mend := mends[e.Code]; mend != "" {
		text += "; " + mend
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the command's own answer, or nil.
func (e *JoinError) Unwrap() error { return e.Err }

// reasons are the codes of `+CW:ERROR,<reason_code>` (manual 3.1.5.5).
var reasons = map[int]string{
	1:  "no memory for the authentication frame",
	2:  "authentication failed",
	3:  "the AP does not take this kind of authentication",
	4:  "no memory for the association frame",
	5:  "the AP refused the association",
	6:  "the AP sent the module away before it was connected",
	7:  "the AP sent the module away",
	8:  "the 4-way handshake timed out, most likely a wrong password",
	9:  "the deauthentication frame of the 4-way handshake could not be sent",
	10: "no memory for the deauthentication frame of the 4-way handshake",
	11: "the AP did not answer the authentication or association",
	12: "the network was not found in the scan: check SSID and BSSID, range and band (the module has 2.4 GHz)",
	13: "no channel context could be made",
	14: "the network could not be joined",
	15: "the station could not be added",
	16: "the AP's beacons were lost",
	17: "the security settings differ from the AP's",
	18: "the WEP key has a wrong length",
	19: "disconnected as asked, with deauthentication",
	20: "disconnected as asked, without deauthentication",
	21: "the null frame for power save could not be sent",
	22: "traffic was lost",
	23: "the change of channel failed",
	24: "the authentication or association response could not be confirmed",
	25: "a reassociation began",
}

// mends are what helps against them.
var mends = map[int]string{
	2:  "check the password, and the AP's security setting",
	3:  "check the AP's security setting",
	5:  "its list of stations may be full, it may filter MAC addresses, or leave out the protocols that AT+CWSTAPROTO allows",
	8:  "check the password",
	11: "the signal may be too weak, or the AP may filter MAC addresses",
	16: "the signal may be too weak, or the AP is off",
	17: "check the password, and the AP's security setting: an open network has no password",
}

// leaving are the codes that a join in place of an earlier one begins with: the old association's end.
var leaving = map[int]bool{19: true, 20: true, 25: true}

// refusals are the codes of `+CWJAP:<error code>` before ERROR (manual 3.1.5.5).
var refusals = map[string]string{
	"1": "the connection timed out", "2": "wrong password", "3": "the AP was not found", "4": "the connection failed",
}

// Join enters a network and returns the module's place in it. It waits for
// `+CW:CONNECTED` and `+CW:GOTIP`, which come before or after the OK of the
// command, for 30 s at the most. A join that fails is a *JoinError.
func (m *Module) Join(ctx context.Context, w Wifi) (Station, error) {
	line, err := joinLine(w)
	if err != nil {
		return Station{}, err
	}
	m.s.Mask(w.Password)
	events := m.seen.listen("+CW") // events, and the error code of the command itself
	defer events.stop()
	ctx, cancel := context.WithTimeout(ctx, joinLimit)
	defer cancel()
	m.joined = true
	g := grammar(m.mode)
	g.Events = append(g.Events, joinCode)
	m.s.SetGrammar(g)
	_, err = m.exchange(ctx, joinLimit, line)
	m.s.SetGrammar(grammar(m.mode))
	if err != nil {
		return Station{}, joinRefused(events, w.SSID, err)
	}
	m.joinAt = m.sent
	if err := joined(ctx, events, w.SSID); err != nil {
		return Station{}, err
	}
	m.station, err = m.place(ctx)
	return m.station, err
}

// joinLine is CWJAP's set form; it stays below 256 B with the longest names.
func joinLine(w Wifi) (string, error) {
	switch {
	case w.SSID == "":
		return "", errors.New("join: no SSID is given; the rig file names the network under wifi")
	case len(w.SSID) > 32:
		return "", fmt.Errorf("join: an SSID has 32 bytes at the most, this one has %d", len(w.SSID))
	case len(w.Password) > 64:
		return "", fmt.Errorf("join %q: a password has 64 bytes at the most, this one has %d", w.SSID, len(w.Password))
	case strings.ContainsAny(w.SSID+w.Password+w.BSSID, "\r\n\x00"):
		return "", fmt.Errorf("join %q: SSID, password and BSSID cannot hold a line end or a zero byte", w.SSID)
	}
	line := "AT+CWJAP=" + quote(w.SSID) + "," + quote(w.Password)
	if w.BSSID != "" {
		line += "," + quote(w.BSSID)
	}
	return line, nil
}

// joinCode begins the line before the ERROR of CWJAP, and the answer of its query form: it is an event during a join only,
// because a command that was refused has no other lines.
const joinCode = "+CWJAP:"

// joinRefused words a CWJAP that ended in ERROR.
func joinRefused(events *watch, ssid string, err error) error {
	var refused *at.CommandError
	if !errors.As(err, &refused) {
		return fmt.Errorf("join %q: %w", ssid, err)
	}
	join := &JoinError{SSID: ssid, Reason: "the module refused", Err: err}
	wait, cancel := context.WithTimeout(context.Background(), settleTime)
	defer cancel()
	for {
		line, end := events.next(wait)
		if end != nil {
			return join
		}
		code, is := strings.CutPrefix(line, joinCode)
		if !is {
			continue
		}
		join.Reason = refusals[strings.TrimSpace(code)]
		if join.Reason == "" {
			join.Reason = "unknown error " + code
		}
		return join
	}
}

// joined waits for the end of a join.
func joined(ctx context.Context, events *watch, ssid string) error {
	begin, associated := time.Now(), false
	for {
		line, err := events.next(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			reason := "no answer from the AP"
			if associated {
				reason = "the AP took the module, but DHCP gave it no address"
			}
			reason += fmt.Sprintf(" within %v", time.Since(begin).Round(time.Second))
			if associated {
				reason += "; look at the network's DHCP server"
			}
			return &JoinError{SSID: ssid, Reason: reason, Associated: associated}
		}
		if err != nil {
			return fmt.Errorf("join %q: %w", ssid, err)
		}
		switch what, code, _ := strings.Cut(strings.TrimPrefix(line, "+CW:"), ","); what {
		case "CONNECTED":
			associated = true
		case "GOTIP":
			return nil
		case "ERROR":
			n, _ := strconv.Atoi(strings.TrimSpace(code))
			if leaving[n] && !associated {
				continue
			}
			reason, known := reasons[n]
			if !known {
				reason = "unknown reason"
			}
			return &JoinError{SSID: ssid, Code: n, Reason: reason, Associated: associated}
		}
	}
}

// Address is the module's own in the network that Join entered; the zero Addr before.
func (m *Module) Address() netip.Addr { return m.station.IP }

// place asks where the module is after a join.
func (m *Module) place(ctx context.Context) (Station, error) {
	s, _, err := m.association(ctx)
	if err != nil {
		return s, err
	}
	r, err := m.exchange(ctx, networkLimit, "AT+CIPSTA?")
	if err != nil {
		return s, err
	}
	net := pairs(r.Lines, "CIPSTA")
	s.IP, err = netip.ParseAddr(net["ip"])
	if err != nil {
		return s, fmt.Errorf("the module's own address in the answer to AT+CIPSTA?: %w; got %q", err, bytes.Join(r.Lines, []byte(" | ")))
	}
	s.Gateway, _ = netip.ParseAddr(net["gateway"]) // a network may have none: the zero address
	s.Netmask, _ = netip.ParseAddr(net["netmask"])
	s.MAC = m.mac
	return s, nil
}

// InNetwork says whether the module has an access point.
func (m *Module) InNetwork(ctx context.Context) (bool, error) {
	_, in, err := m.association(ctx)
	return in, err
}

// RadioOff leaves the network and switches Wi-Fi off (CWQAP; CWMODE=0, manual 3.1.2). RadioOn and Restore undo it.
func (m *Module) RadioOff(ctx context.Context) error {
	if err := m.tolerated(m.exchange(ctx, networkLimit, "AT+CWQAP")); err != nil {
		return err
	}
	m.joined = false
	_, err := m.Command(ctx, "AT+CWMODE=0")
	return err
}

// RadioOn makes the module a station again, which is in no network.
func (m *Module) RadioOn(ctx context.Context) error {
	_, err := m.Command(ctx, "AT+CWMODE=1,0")
	return err
}

// association asks for the AP; in is false when the module has none.
func (m *Module) association(ctx context.Context) (s Station, in bool, err error) {
	value, known, err := m.query(ctx, "CWJAP")
	if err != nil || !known {
		return Station{}, false, err
	}
	s, in = parseAssociation(value)
	return s, in, nil
}

// associationPattern is `"ssid","bssid",<channel>,<rssi>[,<wep>...]` (manual 3.1.5.1). The BSSID anchors it, so that an
// SSID may hold anything.
var associationPattern = regexp.MustCompile(`^(.*?),\s*"?((?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2})"?\s*,\s*(-?\d+)\s*,\s*(-?\d+)`)

func parseAssociation(value string) (Station, bool) {
	f := associationPattern.FindStringSubmatch(value)
	if f == nil {
		return Station{}, false
	}
	s := Station{SSID: unquoted(f[1]), BSSID: strings.ToLower(f[2])}
	s.Channel, _ = strconv.Atoi(f[3]) // digits by the pattern
	s.RSSI, _ = strconv.Atoi(f[4])
	return s, true
}

// escaper escapes a string parameter (manual 3.1.5.5: comma, quote and backslash).
var escaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `,`, `\,`)

// quote is a string parameter of a command line.
func quote(s string) string { return `"` + escaper.Replace(s) + `"` }

// unquoted takes the quotes and the escapes off a field.
func unquoted(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	s = s[1 : len(s)-1]
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// Address6 is the module's global IPv6 address; ok is false when it has none. IPv6 has to be on (UseIPv6).
func (m *Module) Address6(ctx context.Context) (a netip.Addr, ok bool, err error) {
	r, err := m.exchange(ctx, networkLimit, "AT+CIFSR")
	if err != nil {
		return a, false, err
	}
	for _, line := range r.Lines { // the firmware has a colon before an IPv6 address, the manual a comma
		_, text, found := strings.Cut(string(line), "STAIP6GL")
		if a, err := netip.ParseAddr(strings.Trim(text[min(1, len(text)):], `" `)); found && err == nil && !a.IsUnspecified() {
			return a, true, nil
		}
	}
	return a, false, nil
}
