package wifi

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"st67bench/transport/emulator/core"
)

// watching says whether the monitor is on.
func (f *Family) watching() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.monitor != nil
}

// setMonitor takes 0, or 1 with channel and optional least and greatest length.
// Station and SoftAP stop, as in the firmware.
func (f *Family) setMonitor(c *core.Call) error {
	on := c.Args.Int(0, 0, 1) == 1
	channel := c.Args.IntOr(1, 0, 1, 14)
	least, most := c.Args.IntOr(2, 0, 0, 65535), c.Args.IntOr(3, 0, 0, 65535)
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	outside := channel > int64(f.channels())
	if !on {
		f.end(&f.monitor)
	}
	f.mu.Unlock()
	switch {
	case !on:
		f.startSoftAP(c.At())
		return nil
	case channel == 0:
		return core.BadCount
	case outside:
		return core.BadValue
	case f.set.Off:
		return core.NotAllowed
	}
	f.stopSoftAP(c.At())
	f.quit(c)
	at := c.At()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.start(&f.monitor, func(t *task) { f.watch(at, t, channel, least, most) })
	return nil
}

// sender is an access point and when it sends its next beacon.
type sender struct {
	bssid string
	next  time.Time
	count uint16
}

// watch reports the beacons of a channel until the task is ended. A host that
// does not read its link misses some.
func (f *Family) watch(at time.Time, t *task, channel, least, most int64) {
	var senders []*sender
	for i, ap := range f.air.now().AccessPoints {
		if int64(ap.Channel) == channel {
			// The access points are not in step: each begins one TU later.
			senders = append(senders, &sender{bssid: ap.BSSID, next: at.Add(time.Duration(ap.Beacon+i%ap.Beacon) * TU)})
		}
	}
	if len(senders) == 0 {
		<-t.stop
		return
	}
	for {
		s := slices.MinFunc(senders, func(a, b *sender) int { return a.next.Compare(b.next) })
		now := s.next
		if !f.m.Clock.Near(now, t.stop) {
			return
		}
		ap, here := f.air.point(s.bssid)
		interval := time.Duration(max(ap.Beacon, 1)) * TU
		if !here {
			interval = DefaultBeacon * TU
		}
		if late := f.m.Clock.Now().Sub(now); late > interval {
			s.next = now.Add(late)
		}
		s.next, s.count = s.next.Add(interval), s.count+1
		if !here {
			continue
		}
		frame := beacon(&ap, s.count)
		if n := int64(len(frame)); n >= least && (most == 0 || n <= most) {
			f.m.Event(now, fmt.Appendf(nil, "+CWMONITOR,%d,%d:%x\r\n", channel, n, frame))
		}
	}
}

// beacon is a beacon frame without its check sequence (IEEE 802.11, 9.3.3.2):
// header, time stamp, interval, capabilities, SSID, channel and DTIM.
func beacon(ap *AccessPoint, n uint16) []byte {
	bssid, _ := parseMAC([]byte(ap.BSSID))
	p := []byte{0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	p = append(append(p, bssid[:]...), bssid[:]...)
	p = binary.LittleEndian.AppendUint16(p, n<<4)
	p = binary.LittleEndian.AppendUint64(p, uint64(n)*uint64(ap.Beacon)*1024)
	p = binary.LittleEndian.AppendUint16(p, uint16(ap.Beacon))
	capability := uint16(0x0401)
	if ap.Security != Open {
		capability |= 0x0010
	}
	p = binary.LittleEndian.AppendUint16(p, capability)
	ssid := ap.SSID
	if ap.Hidden {
		ssid = ""
	}
	p = append(append(p, 0, byte(len(ssid))), ssid...)
	p = append(p, 3, 1, byte(ap.Channel))
	return append(p, 5, 4, byte(int(n)%ap.DTIM), byte(ap.DTIM), 0, 0)
}
