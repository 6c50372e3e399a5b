package st67

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// AccessPoint is what a scan has found.
type AccessPoint struct {
	SSID     string // empty: hidden
	BSSID    string // in lower case
	Channel  int
	RSSI     int // dBm
	Security int // 0 open, 1 WEP, 2 WPA, 3 WPA2, 4 WPA and WPA2, 5 enterprise, 6 WPA3, 7 WPA2 and WPA3 (manual 3.1.8.3)
}

const (
	scanHead = "+CWLAP:"
	scanDone = "+CW:SCAN_DONE"
)

// Scan looks for access points on all channels, which takes some seconds (manual 3.1.8). By the manual the results come
// before OK, by the firmware after it; both are taken. It needs the fields that AT+CWLAPOPT shows by default.
func (m *Module) Scan(ctx context.Context) ([]AccessPoint, error) {
	events := m.seen.listen("+CW")
	defer events.stop()
	ctx, cancel := context.WithTimeout(ctx, longestLimit)
	defer cancel()
	r, err := m.exchange(ctx, longestLimit, "AT+CWLAP")
	if err != nil {
		return nil, err
	}
	var found []AccessPoint
	for _, l := range r.Lines {
		found = appendFound(found, string(l))
	}
	for wait := ctx; ; {
		if len(found) > 0 && wait == ctx { // the results came first: its end may come or not
			limited, stop := context.WithTimeout(ctx, eventLimit)
			defer stop()
			wait = limited
		}
		line, err := events.next(wait)
		switch {
		case err == nil && line == scanDone, err != nil && len(r.Lines) > 0 && ctx.Err() == nil:
			return found, nil
		case err != nil:
			return found, fmt.Errorf("scan: no %s: %w", scanDone, err)
		}
		found = appendFound(found, line)
	}
}

// foundPattern is `(<ecn>,"<ssid>",<rssi>,"<mac>",<channel>,...)`, with brackets or without. The MAC address anchors it,
// so that an SSID may hold anything.
var foundPattern = regexp.MustCompile(`^\(?\s*(\d+)\s*,\s*(.*?)\s*,\s*(-?\d+)\s*,\s*"?((?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2})"?\s*,\s*(\d+)`)

// appendFound takes a line of a scan.
func appendFound(found []AccessPoint, line string) []AccessPoint {
	value, is := strings.CutPrefix(line, scanHead)
	f := foundPattern.FindStringSubmatch(value)
	if !is || f == nil {
		return found
	}
	a := AccessPoint{SSID: unquoted(f[2]), BSSID: strings.ToLower(f[4])}
	a.Security, _ = strconv.Atoi(f[1]) // digits by the pattern
	a.RSSI, _ = strconv.Atoi(f[3])
	a.Channel, _ = strconv.Atoi(f[5])
	return append(found, a)
}
