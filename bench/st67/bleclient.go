package st67

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"st67bench/transport/at"
)

// BLEConnect connects to a server that advertises, as a client (manual 6.1.11): a public address such as
// "02:67:57:61:10:02". A server that is not there within 10 s is a *PeerError.
func (m *Module) BLEConnect(ctx context.Context, address string) error {
	if a, err := net.ParseMAC(address); err != nil || len(a) != 6 {
		return fmt.Errorf("the Bluetooth address %q has not the form 02:67:57:61:10:02", address)
	}
	peer := "the Bluetooth server " + address
	_, err := m.exchange(ctx, bleLimit, fmt.Sprintf(`AT+BLECONN=0,"%s",0,%d`, address, bleWait))
	var refused *at.CommandError
	if errors.As(err, &refused) && !malformed(err) {
		return &PeerError{Peer: peer, What: "no connection", Err: err}
	}
	if err != nil {
		return err
	}
	m.seen.bleConnected()
	return nil
}

// bleConnected is for a module that has no event for it (manual 6.1.11.2).
func (s *seen) bleConnected() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ble.up = true
}

// BLEDisconnect ends the connection and waits until it has ended.
func (m *Module) BLEDisconnect(ctx context.Context) error {
	if _, err := m.exchange(ctx, networkLimit, "AT+BLEDISCONN=0"); err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, networkLimit)
	defer cancel()
	if err := m.seen.await(wait, func() bool { return !m.seen.ble.up }); err != nil {
		return fmt.Errorf("wait for the end of the Bluetooth connection: %w", err)
	}
	return nil
}

// BLESubscribe finds the service of BLEServe at the server and subscribes to its notifications (manual 6.1.25 to 6.1.29).
// OnBLE takes them.
func (m *Module) BLESubscribe(ctx context.Context) error {
	service, err := m.discover(ctx, "AT+BLEGATTCSRVDIS=0", "SRV", 2, BLEService)
	if err != nil {
		return err
	}
	value, err := m.discover(ctx, "AT+BLEGATTCCHARDIS=0,"+service[1], "SRVCHAR", 3, BLEValue)
	if err != nil {
		return err
	}
	handle, err := strconv.Atoi(value[len(value)-1])
	if err != nil {
		return fmt.Errorf("the Bluetooth characteristic %q: its last field is no handle", value)
	}
	// The configuration stands behind the value (Bluetooth Core 3.G.3.3.3, as the firmware lays it out).
	_, err = m.exchange(ctx, networkLimit, fmt.Sprintf("AT+BLEGATTCSUBSCRIBE=0,%d,%d,1", handle+1, handle))
	return err
}

// discover finds the line of a UUID, which is its field at, among those that a discovery brings: `+BLE:SRV:0,1,...` of
// the firmware, unasked, and `+BLESRV=0,1,...` of the manual.
func (m *Module) discover(ctx context.Context, line, what string, at int, uuid string) ([]string, error) {
	events := m.seen.listen("+BLE")
	defer events.stop()
	r, err := m.exchange(ctx, longestLimit, line)
	if err != nil {
		return nil, m.bleFailed("the Bluetooth server", err)
	}
	for _, l := range r.Lines {
		if f := found(string(l), what, at, uuid); f != nil {
			return f, nil
		}
	}
	for {
		wait, cancel := context.WithTimeout(ctx, settled)
		l, err := events.next(wait)
		cancel()
		if err != nil {
			return nil, fmt.Errorf("the Bluetooth server has no %s in the answer to %s: call BLEServe there first", uuid, line)
		}
		if f := found(l, what, at, uuid); f != nil {
			return f, nil
		}
	}
}

// found is the fields of a line of a discovery, when it has the UUID.
func found(line, what string, at int, uuid string) []string {
	value, is := strings.CutPrefix(line, "+BLE:"+what+":")
	if !is {
		if value, is = strings.CutPrefix(line, "+BLE"+what+"="); !is {
			return nil
		}
	}
	f := fields(value)
	if len(f) <= at || !strings.EqualFold(strings.ReplaceAll(f[at], "-", ""), uuid) {
		return nil
	}
	return f
}
