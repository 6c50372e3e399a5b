package st67

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Bluetooth: connection 0, and one service with one characteristic that notifies. Event lines and final codes are those
// of the manual's chapter 6 or of the firmware, which differ.
const (
	// BLEService and BLEValue are the UUIDs of the service that BLEServe makes, and of its characteristic.
	BLEService = "5e67b000c0de4b3a9d1f0067a7000001"
	BLEValue   = "5e67b000c0de4b3a9d1f0067a7000002"

	// BLEMax is the longest notification, in bytes (manual 6.1.22.2); before BLEMTU it is 20 (Bluetooth Core 3.F.3.2.8).
	BLEMax = 244

	bleLimit = 35 * time.Second // above BLECONN's own timeout
	bleWait  = 10               // that timeout, in s (manual 6.1.11.3)
)

// Role is what a module is in Bluetooth.
type Role int

const (
	BLEClient Role = 1 // it scans, connects and subscribes
	BLEServer Role = 2 // it advertises and notifies
)

// bluetooth is what the events say.
type bluetooth struct {
	up         bool // connection 0
	subscribed bool // its client takes notifications
}

// event takes one line: +BLE:CONNECTED:0,... of the firmware, +BLEDISCONN:0,... of the manual.
func (b *bluetooth) event(line string) {
	what, rest, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(line, "+BLE"), ":"), ":")
	switch what {
	case "CONNECTED":
		b.up = true
	case "DISCONNECTED", "DISCONN":
		*b = bluetooth{}
	case "NOTIFICATION":
		b.subscribed = strings.HasPrefix(rest, "1")
	}
}

// BLERole switches Bluetooth on in a role (manual 6.1.1). Another role before it is left first, with its connections.
// Restore switches it off.
func (m *Module) BLERole(ctx context.Context, role Role) error {
	want := strconv.Itoa(int(role))
	if role != BLEClient && role != BLEServer {
		return fmt.Errorf("the Bluetooth role %s; allowed are 1 (client) and 2 (server)", want)
	}
	now, known, err := m.query(ctx, "BLEINIT")
	if err != nil {
		return err
	}
	m.on.ble = true
	if known && now == want {
		return nil
	}
	if known && now != "0" {
		if err := m.BLEOff(ctx); err != nil {
			return err
		}
	}
	m.on.ble = true
	_, err = m.exchange(ctx, networkLimit, "AT+BLEINIT="+want)
	return err
}

// BLEOff switches Bluetooth off.
func (m *Module) BLEOff(ctx context.Context) error {
	if _, err := m.exchange(ctx, networkLimit, "AT+BLEINIT=0"); err != nil {
		return err
	}
	m.seen.bleOff()
	m.on.ble = false
	return nil
}

func (s *seen) bleOff() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ble = bluetooth{}
}

// BLEAddress is the module's own (manual 6.1.2).
func (m *Module) BLEAddress(ctx context.Context) (string, error) {
	address, known, err := m.query(ctx, "BLEADDR")
	if err == nil && !known {
		err = errors.New("the module gives no Bluetooth address: call BLERole first")
	}
	return strings.ToLower(strings.Trim(address, `"`)), err
}

// BLEAdvertise starts or stops advertising, as a server (manual 6.1.9, 6.1.10).
func (m *Module) BLEAdvertise(ctx context.Context, on bool) error {
	line := "AT+BLEADVSTOP"
	if on {
		line = "AT+BLEADVSTART"
	}
	_, err := m.exchange(ctx, networkLimit, line)
	return err
}

// BLEScan starts or stops scanning, as a client (manual 6.1.5). What it finds goes to the events.
func (m *Module) BLEScan(ctx context.Context, on bool) error {
	_, err := m.exchange(ctx, networkLimit, "AT+BLESCAN="+digit(on))
	return err
}

// BLEServe makes a service with one characteristic that can be read and notifies: service 0, characteristic 0 (manual
// 6.1.17 to 6.1.21).
func (m *Module) BLEServe(ctx context.Context) error {
	const readNotify, mayRead = 2 | 16, 1
	for _, line := range []string{
		fmt.Sprintf(`AT+BLEGATTSSRVCRE=0,"%s",1,2`, BLEService),
		fmt.Sprintf(`AT+BLEGATTSCHARCRE=0,0,"%s",%d,%d,2`, BLEValue, readNotify, mayRead),
		"AT+BLEGATTSREGISTER=1",
	} {
		if _, err := m.exchange(ctx, networkLimit, line); err != nil {
			return fmt.Errorf("the Bluetooth service: %w", err)
		}
	}
	return nil
}

// BLENotify notifies the client of a characteristic's new value, 1 to BLEMax bytes (manual 6.1.22). Its end does not wait
// for the client. A client that is gone is a *PeerError.
func (m *Module) BLENotify(ctx context.Context, service, char int, payload []byte) (Response, error) {
	if len(payload) < 1 || len(payload) > BLEMax {
		return Response{}, fmt.Errorf("the Bluetooth notification of %d bytes; allowed are 1 to %d", len(payload), BLEMax)
	}
	if err := m.usable(ctx); err != nil {
		return Response{}, err
	}
	m.line = append(m.line[:0], "AT+BLEGATTSNTFY="...)
	m.line = append(strconv.AppendInt(m.line, int64(service), 10), ',')
	m.line = append(strconv.AppendInt(m.line, int64(char), 10), ',')
	m.line = strconv.AppendInt(m.line, int64(len(payload)), 10)
	r, err := m.data(ctx, payload)
	if err == nil {
		return r, nil
	}
	return r, m.bleFailed("the Bluetooth client", m.noted(err))
}

// NotifyExchange is the bytes of each message of one BLENotify of n bytes on the line, one after the other, as the firmware
// writes them.
func NotifyExchange(n int) (toModule, fromModule []int) {
	digits := strconv.Itoa(n)
	return []int{len("AT+BLEGATTSNTFY=0,0,") + len(digits) + len("\r\n"), n},
		[]int{len("\r\nOK\r\n\r\n>"), len("Recv ") + len(digits) + len(" bytes\r\n"), len("\r\nSEND OK\r\n")}
}

// bleFailed names a peer that is gone when that is why. The firmware then finds a value out of range, too.
func (m *Module) bleFailed(peer string, err error) error {
	return m.unlessGone(peer, err, func(s *seen) bool { return s.ble.up })
}

// BLEAccept waits for a client's connection.
func (m *Module) BLEAccept(ctx context.Context) error {
	if err := m.seen.await(ctx, func() bool { return m.seen.ble.up }); err != nil {
		return fmt.Errorf("wait for a Bluetooth client: %w", err)
	}
	return nil
}

// BLESubscribed waits until the client has subscribed to notifications.
func (m *Module) BLESubscribed(ctx context.Context) error {
	if err := m.seen.await(ctx, func() bool { return m.seen.ble.subscribed }); err != nil {
		return fmt.Errorf("wait for a Bluetooth client to subscribe: %w", err)
	}
	return nil
}

// BLEMTU has both ends take the longest packets (manual 6.1.15) and waits until the peer has answered.
func (m *Module) BLEMTU(ctx context.Context) error {
	events := m.seen.listen("+BLE:MTUSIZE")
	defer events.stop()
	if _, err := m.exchange(ctx, networkLimit, "AT+BLEEXCHANGEMTU=0"); err != nil {
		return m.bleFailed("the Bluetooth peer", err)
	}
	wait, cancel := context.WithTimeout(ctx, networkLimit)
	defer cancel()
	if _, err := events.next(wait); err != nil {
		return fmt.Errorf("the Bluetooth MTU: %w", err)
	}
	return nil
}

// OnBLE gives what notifications bring to f, on the reader's goroutine; the payload is valid during the call. It stays
// over a Reset; nil ends it.
func (m *Module) OnBLE(f func(payload []byte, t time.Time)) {
	next := m.mode
	next.notes = f != nil
	n := &notes{give: f}
	m.collect(next, f != nil, headBLE, n.begin, noteLink, n.take)
}

// notes puts notifications together again.
type notes struct {
	give   func(payload []byte, t time.Time)
	length int
	got    []byte
}

// begin takes a head: `+BLE:NOTIDATA:<connection>,<handle>,<length>,`.
func (n *notes) begin(line []byte, _ time.Time) {
	line = bytes.TrimSuffix(line, comma)
	n.length, _ = count(line[bytes.LastIndexByte(line, ',')+1:])
	n.got = n.got[:0]
}

func (n *notes) take(p []byte, t time.Time) {
	if n.got = append(n.got, p...); len(n.got) >= n.length {
		n.give(n.got, t)
	}
}
