package st67

import (
	"context"
	"fmt"
	"strconv"
)

// stationDHCP is the station's bit of CWDHCP (manual 3.1.13).
const stationDHCP = 1

// FixAddress makes the address that the module has its own, without a lease (CIPSTA, which switches the station's DHCP
// off, manual 3.1.13.4). LeaseAddress and Restore undo it when there was a lease.
func (m *Module) FixAddress(ctx context.Context) error {
	s, err := m.place(ctx)
	if err != nil {
		return err
	}
	value, known, err := m.query(ctx, "CWDHCP")
	if err != nil {
		return err
	}
	bits, bad := strconv.Atoi(value)
	m.on.fixed = !known || bad != nil || bits&stationDHCP != 0
	_, err = m.exchange(ctx, networkLimit, fmt.Sprintf(`AT+CIPSTA="%s","%s","%s"`, s.IP, s.Gateway, s.Netmask))
	return err
}

// LeaseAddress switches the station's DHCP on again, where FixAddress has switched it off. The module asks for a lease when
// it joins again.
func (m *Module) LeaseAddress(ctx context.Context) error {
	if !m.on.fixed {
		return nil
	}
	if _, err := m.exchange(ctx, networkLimit, fmt.Sprintf("AT+CWDHCP=1,%d", stationDHCP)); err != nil {
		return err
	}
	m.on.fixed = false
	return nil
}
