//go:build !linux

package inet

import (
	"context"
	"net/netip"
	"time"
)

// SystemEcho is this machine's ICMP echo; here there is none without privileges.
func SystemEcho(context.Context, netip.Addr, int) (time.Duration, error) { return 0, ErrNoEcho }
