package st67

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"st67bench/transport/at"
)

// Ping has the module send echo requests of 64 B to a host, 200 ms apart, and
// returns the round trips of those that were answered, with a resolution of
// 1 ms. The firmware gives them after the command's OK, as `+PING:<n>ms`; by
// manual 4.1.29 they come before it, without unit, and a timeout ends in ERROR.
func (m *Module) Ping(ctx context.Context, host string, count int) ([]time.Duration, error) {
	if host == "" || strings.ContainsAny(host, "\"\\,\r\n") {
		return nil, fmt.Errorf("ping: %q is neither a name nor an address", host)
	}
	if count < 1 {
		return nil, fmt.Errorf("ping %s: a count of %d", host, count)
	}
	events := m.seen.listen("+PING:")
	defer events.stop()
	// An echo may take 1 s (manual 4.1.29.2).
	total := networkLimit + time.Duration(count)*(time.Second+pingInterval)
	ctx, cancel := context.WithTimeout(ctx, total)
	defer cancel()
	_, err := m.exchange(ctx, total, fmt.Sprintf(`AT+PING="%s",64,%d,%d`, host, count, pingInterval.Milliseconds()))
	var refused *at.CommandError
	if err != nil && !errors.As(err, &refused) {
		return nil, err
	}
	var trips []time.Duration
	for range count {
		wait, cancel := context.WithTimeout(ctx, 2*time.Second)
		line, end := events.next(wait)
		cancel()
		if end != nil {
			return trips, err // a refusal, or fewer answers than asked for
		}
		err = nil
		text := strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(line, "+PING:")), "ms")
		if ms, bad := strconv.ParseFloat(text, 64); bad == nil {
			trips = append(trips, time.Duration(ms*float64(time.Millisecond)))
		}
	}
	return trips, nil
}

// pingInterval is the time between two echo requests.
const pingInterval = 200 * time.Millisecond
