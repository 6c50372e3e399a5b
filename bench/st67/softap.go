package st67

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
)

// guestHead begins the event of a station of the SoftAP that got an address (manual 1.1.2).
const guestHead = "+CW:DIST_STA_IP "

// SoftAP makes the module an access point beside its being a station: WPA2, or open without a password, on channel 1..13;
// a station that is in a network keeps both on its channel (manual 3.1.10). CWMODE is put back by Restore; name and
// password are not stored, so that a restart brings back what there was.
func (m *Module) SoftAP(ctx context.Context, ssid, password string, channel int) error {
	const open, wpa2 = 0, 3
	security := wpa2
	if password == "" {
		security = open
	}
	switch {
	case ssid == "" || len(ssid) > 32 || strings.ContainsAny(ssid+password, "\r\n\x00"):
		return fmt.Errorf("access point %q: a name has 1 to 32 bytes, no line end and no zero byte", ssid)
	case password != "" && (len(password) < 8 || len(password) > 64):
		return fmt.Errorf("access point %q: a password has 8 to 64 bytes, this one has %d", ssid, len(password))
	case channel < 1 || channel > 13:
		return fmt.Errorf("access point %q: channel %d is outside 1..13", ssid, channel)
	}
	m.s.Mask(password)
	if err := m.set(ctx, setting{name: "CWMODE", value: "3", extra: ",0", must: true}); err != nil {
		return err
	}
	m.seen.forgetGuest()
	_, err := m.exchange(ctx, networkLimit, fmt.Sprintf("AT+CWSAP=%s,%s,%d,%d", quote(ssid), quote(password), channel, security))
	if err != nil {
		return fmt.Errorf("access point %q: %w", ssid, err)
	}
	return nil
}

// StopSoftAP makes the module a station alone again; its association stays.
func (m *Module) StopSoftAP(ctx context.Context) error {
	return m.set(ctx, setting{name: "CWMODE", value: "1", extra: ",0", must: true})
}

// SoftAPAddress is the module's own address as an access point.
func (m *Module) SoftAPAddress(ctx context.Context) (netip.Addr, error) {
	r, err := m.exchange(ctx, networkLimit, "AT+CIPAP?")
	if err != nil {
		return netip.Addr{}, err
	}
	a, err := netip.ParseAddr(pairs(r.Lines, "CIPAP")["ip"])
	if err != nil {
		return a, fmt.Errorf("the module's address as an access point, in the answer %q to AT+CIPAP?: %w", r.Lines, err)
	}
	return a, nil
}

// AwaitGuest waits until the access point has given a station an address, which it returns, from SoftAP on.
func (m *Module) AwaitGuest(ctx context.Context) (netip.Addr, error) {
	guest := ""
	if err := m.seen.await(ctx, func() bool { guest = m.seen.guest; return guest != "" }); err != nil {
		return netip.Addr{}, fmt.Errorf("wait for a station of the module's access point: %w", err)
	}
	f := fields(guest)
	a, err := netip.ParseAddr(f[len(f)-1])
	if err != nil {
		return a, fmt.Errorf("the station's address in %s%s: %w", guestHead, guest, err)
	}
	return a, nil
}

func (s *seen) forgetGuest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.guest = ""
}
