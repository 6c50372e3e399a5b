package wifi

import (
	"fmt"
	"slices"
	"time"

	"st67bench/transport/emulator/core"
)

// Times of a scan in ms for each channel: when none is given, and when
// scan_time_max is 0 (manual 3.1.8.3).
const (
	dwell        = 220
	dwellActive  = 120
	dwellPassive = 360
)

var scanDoneText = []byte("+CW:SCAN_DONE\r\n")

// request is what AT+CWLAP asks for.
type request struct {
	passive bool
	ssid    string
	bssid   string
	channel int64 // 0: all
	dwell   int64 // ms
}

func (f *Family) queryScan(c *core.Call) error {
	s := f.set.Scan
	c.Line("+CWLAPOPT:%d,%d,%d,%d,%d", s.Sort, s.Print, s.RSSI, s.Auth, s.Max)
	return nil
}

func (f *Family) setScan(c *core.Call) error {
	s := f.set.Scan
	s.Sort, s.Print = c.Args.Int(0, 0, 1), c.Args.Int(1, 0, 0x7ff)
	s.RSSI = c.Args.IntOr(2, s.RSSI, -100, 40)
	s.Auth = c.Args.IntOr(3, s.Auth, 0, 0xffff)
	s.Max = c.Args.IntOr(4, s.Max, 1, maxResults)
	if err := c.Args.Err(); err != nil {
		return err
	}
	change(f, keyScan, &f.set.Scan, s)
	return nil
}

func (f *Family) scanAll(c *core.Call) error { return f.look(c, request{dwell: dwell}) }

// scanFor takes scan_type, ssid, mac, channel, scan_time_min and scan_time_max,
// each of which may be left out.
func (f *Family) scanFor(c *core.Call) error {
	r := request{passive: c.Args.IntOr(0, 0, 0, 1) == 1, ssid: c.Args.TextOr(1, "", maxSSID)}
	if c.Args.Has(2) {
		m, err := macAt(c, 2)
		if err != nil {
			return err
		}
		r.bssid = m.String()
	}
	r.channel = c.Args.IntOr(3, 0, 0, 14)
	r.dwell = dwellOf(r.passive, c.Args.IntOr(4, 0, 0, 1500), c.Args.IntOr(5, -1, 0, 1500))
	if err := c.Args.Err(); err != nil {
		return err
	}
	return f.look(c, r)
}

// dwellOf is the time for each channel, in ms, as the firmware makes it from
// scan_time_min and scan_time_max; -1 is one that is not given.
func dwellOf(passive bool, least, most int64) int64 {
	switch {
	case most == 0 && passive:
		return dwellPassive
	case most == 0:
		return dwellActive
	case most > 0 && least > 0:
		return (least + most) / 2
	case most > 0:
		return most
	case least > 0:
		return least
	}
	return dwell
}

// look scans. With the quirk scan-later OK comes at once and the results when the
// scan is over, else the results come first.
func (f *Family) look(c *core.Call, r request) error {
	f.mu.Lock()
	channels := int64(f.channels())
	refused := f.set.Off || f.set.Mode&station == 0 || f.scan != nil || f.monitor != nil
	f.mu.Unlock()
	switch {
	case refused:
		return core.NotAllowed
	case r.channel > channels:
		return core.BadValue
	case r.channel > 0:
		channels = 1
	}
	end := c.At().Add(time.Duration(channels*r.dwell) * time.Millisecond)
	if !f.m.Quirks.Has(core.ScanLater) {
		return f.lookNow(c, r, end)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.start(&f.scan, func(t *task) {
		if !f.m.Clock.Near(end, t.stop) {
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.scan != t {
			return
		}
		f.scan = nil
		f.m.Event(end, f.results(r)...)
		f.say(end, scanDoneText)
	})
	return nil
}

// lookNow scans before it answers.
func (f *Family) lookNow(c *core.Call, r request, end time.Time) error {
	if !c.Wait(end) {
		return core.Silent
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c.Say(f.results(r)...)
	c.OK()
	f.say(c.At(), scanDoneText)
	return core.Silent
}

// results are the lines of a scan. The caller holds mu.
func (f *Family) results(r request) [][]byte {
	o := f.set.Scan
	var found []AccessPoint
	for _, ap := range f.air.now().AccessPoints {
		if ap.Hidden && (r.passive || r.ssid != ap.SSID) {
			ap.SSID = ""
		}
		if f.heard(r, ap) && int64(ap.RSSI) >= o.RSSI && o.Auth&(1<<ap.Security) != 0 {
			found = append(found, ap)
		}
	}
	if o.Sort == 1 {
		slices.SortStableFunc(found, func(a, b AccessPoint) int { return b.RSSI - a.RSSI })
	}
	lines := make([][]byte, 0, len(found))
	for _, ap := range found[:min(len(found), int(o.Max))] {
		lines = append(lines, f.result(ap, o.Print))
	}
	return lines
}

// heard says whether a scan finds an access point. The caller holds mu.
func (f *Family) heard(r request, ap AccessPoint) bool {
	return !ap.Off && ap.Channel <= f.channels() &&
		(r.ssid == "" || r.ssid == ap.SSID) &&
		(r.bssid == "" || r.bssid == ap.BSSID) &&
		(r.channel == 0 || r.channel == int64(ap.Channel))
}

// result is one line of a scan with the fields whose bits are set. The firmware
// knows neither frequency offset, which is -1, nor (quirk scan-brackets) the group
// cipher.
func (f *Family) result(ap AccessPoint, print int64) []byte {
	brackets := f.m.Quirks.Has(core.ScanBrackets)
	line := []byte("+CWLAP:")
	if brackets {
		line = append(line, '(')
	}
	fields := [...]string{
		fmt.Sprint(int(ap.Security)), `"` + ap.SSID + `"`, fmt.Sprint(ap.RSSI), `"` + ap.BSSID + `"`, fmt.Sprint(ap.Channel),
		"-1", "-1", fmt.Sprint(ap.Security.cipher()), fmt.Sprint(ap.Security.group()),
		fmt.Sprint(protocolBits(ap.Protocol)), fmt.Sprint(number(ap.WPS)),
	}
	first := true
	for bit, field := range fields {
		if print&(1<<bit) == 0 || brackets && bit == 8 {
			continue
		}
		if !first {
			line = append(line, ',')
		}
		line, first = append(line, field...), false
	}
	if brackets {
		line = append(line, ')')
	}
	return append(line, '\r', '\n')
}
