package wifi

import (
	"fmt"
	"sync"
)

// Live is an air that changes while the module runs. Its methods may be called
// from any goroutine.
type Live struct {
	mu       sync.Mutex
	air      Air
	damping  int // dB between every access point and the module, which their RSSI has in it
	listener *Family
}

// NewLive returns the air as it is at first; changes do not reach air itself.
func NewLive(air Air) *Live {
	l := &Live{air: air.Clone()}
	for i := range l.air.AccessPoints {
		l.air.AccessPoints[i].complete()
	}
	return l
}

// AP switches the access points with this SSID on or off, with none all of them. A
// station that has joined one that goes away notices it when it has missed 20 beacons.
func (l *Live) AP(ssid string, on bool) error {
	found := false
	l.mu.Lock()
	for i := range l.air.AccessPoints {
		if ap := &l.air.AccessPoints[i]; ssid == "" || ap.SSID == ssid {
			ap.Off, found = !on, true
		}
	}
	f := l.listener
	l.mu.Unlock()
	if !found {
		return fmt.Errorf("no access point %q is in the air", ssid)
	}
	if f != nil {
		f.changed()
	}
	return nil
}

// RSSI sets how strongly the module hears, in dBm, the access point that it has
// joined, or else the first one.
func (l *Live) RSSI(dBm int) error {
	if dBm < minRSSI || dBm > 0 {
		return fmt.Errorf("a signal of %d dBm is outside %d..0 dBm", dBm, minRSSI)
	}
	f, bssid := l.station()
	l.mu.Lock()
	if i := l.chosen(bssid); i >= 0 {
		l.air.AccessPoints[i].RSSI = dBm
	}
	l.mu.Unlock()
	if f != nil {
		f.changed()
	}
	return nil
}

// Attenuate puts so many dB between every access point and the module, in place
// of those that were there. The one that it has joined, or else the first one,
// must still be heard with the least signal that there is.
func (l *Live) Attenuate(dB int) error {
	f, bssid := l.station()
	l.mu.Lock()
	more := dB - l.damping
	if i := l.chosen(bssid); i >= 0 {
		if left := l.air.AccessPoints[i].RSSI - more; dB < 0 || left < minRSSI || left > 0 {
			l.mu.Unlock()
			return fmt.Errorf("attenuation of %d dB leaves a signal of %d dBm; allowed are 0 dB and more, and a signal of %d..0 dBm", dB, left, minRSSI)
		}
	}
	l.damping = dB
	for i := range l.air.AccessPoints {
		l.air.AccessPoints[i].RSSI -= more
	}
	l.mu.Unlock()
	if f != nil {
		f.changed()
	}
	return nil
}

// Now is the access point that the module has joined, or else the first one, as it
// is, and the dB before it.
func (l *Live) Now() (point AccessPoint, attenuation int) {
	_, bssid := l.station()
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := l.chosen(bssid); i >= 0 {
		point = l.air.AccessPoints[i]
	}
	return point, l.damping
}

// station is who hears the air, and the BSSID that it has joined, if any.
func (l *Live) station() (f *Family, bssid string) {
	l.mu.Lock()
	f = l.listener
	l.mu.Unlock()
	if f != nil {
		bssid = f.joinedTo()
	}
	return f, bssid
}

// chosen is the index of the access point with this BSSID, or else of the first
// one, -1 when there is none; the caller holds mu.
func (l *Live) chosen(bssid string) int {
	for i := range l.air.AccessPoints {
		if bssid == "" || l.air.AccessPoints[i].BSSID == bssid {
			return i
		}
	}
	return -1
}

// Deauth makes the station lose its association now, with a reason of +CW:ERROR
// (manual 3.1.5.5), 1 to 25. Without an association it has no effect.
func (l *Live) Deauth(reason int) error {
	if reason < 1 || reason > maxReason {
		return fmt.Errorf("reason %d is outside 1..%d", reason, maxReason)
	}
	l.mu.Lock()
	f := l.listener
	l.mu.Unlock()
	if f != nil {
		f.Deauth(reason)
	}
	return nil
}

// listen makes f the family that hears of changes.
func (l *Live) listen(f *Family) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listener = f
}

// now is the air as it is.
func (l *Live) now() Air {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.air.Clone()
}

// point is the access point with this BSSID, if it is on the air.
func (l *Live) point(bssid string) (AccessPoint, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, ap := range l.air.AccessPoints {
		if ap.BSSID == bssid && !ap.Off {
			return ap, true
		}
	}
	return AccessPoint{}, false
}

// RSSIHeard is how strongly the module hears, in dBm, the access point that it
// has joined; 0 without an association.
func (l *Live) RSSIHeard() int {
	l.mu.Lock()
	f := l.listener
	l.mu.Unlock()
	if f == nil {
		return 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.associated() {
		return 0
	}
	return f.point.RSSI
}

// Beacons changes the beacon interval, in TU, and the beacons per DTIM of the access points with this SSID, with
// none of all of them; 0 leaves one as it is. A station that has joined goes by what it heard when it joined.
func (l *Live) Beacons(ssid string, interval, dtim int) error {
	if interval < 0 || interval > 65535 || dtim < 0 || dtim > 255 {
		return fmt.Errorf("beacon interval %d TU, DTIM %d; allowed are up to 65535 and 255", interval, dtim)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	found := false
	for i := range l.air.AccessPoints {
		ap := &l.air.AccessPoints[i]
		if ssid != "" && ap.SSID != ssid {
			continue
		}
		found = true
		if interval > 0 {
			ap.Beacon = interval
		}
		if dtim > 0 {
			ap.DTIM = dtim
		}
	}
	if !found {
		return fmt.Errorf("no access point %q is in the air", ssid)
	}
	return nil
}
