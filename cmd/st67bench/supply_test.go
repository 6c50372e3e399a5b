package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"st67bench/transport"
)

// The wires are low from before the supply goes off until after it came on, the module answers again when that is done,
// and a supply that did not go off leaves the wires where they were.
func TestSupply(t *testing.T) {
	for _, link := range []string{"emulated?link=spi", "emulated?link=memory"} {
		bubbleSession(t, link, func(t *testing.T, s *session) {
			wired := strings.HasSuffix(link, "spi")
			low := func() bool {
				if !wired {
					return true // nothing to look at
				}
				_, err := s.opened.conn.Write([]byte("AT\r\n"))
				return errors.Is(err, transport.ErrUnpowered)
			}
			switchIt := func(_ context.Context, on bool) error {
				if !low() {
					t.Errorf("%s: the wires are up while the supply changes to %v", link, on)
				}
				s.emulator.Supply(on)
				return nil
			}
			refuse := func(context.Context, bool) error { return errors.New("stuck") }
			if err := s.supply(t.Context(), false, refuse); err == nil || err.Error() != "stuck" {
				t.Errorf("%s: a switch that is stuck gives %v", link, err)
			}
			if _, err := s.module.Command(t.Context(), "AT"); err != nil {
				t.Errorf("%s: after a supply that did not go off: %v", link, err)
			}
			if err := s.supply(t.Context(), false, switchIt); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			time.Sleep(time.Second)
			if c, err := s.emulator.Charge(began, time.Now()); err != nil || c != 0 {
				t.Errorf("%s: without supply %v C flowed, %v", link, c, err)
			}
			if err := s.supply(t.Context(), true, switchIt); err != nil {
				t.Fatal(err)
			}
			if _, err := s.module.Command(t.Context(), "AT"); err != nil {
				t.Errorf("%s: after the supply came back: %v", link, err)
			}
		})
	}
}
