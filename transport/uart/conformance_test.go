//go:build linux

package uart

import (
	"testing"

	"st67bench/transport/transporttest"
)

// The serial line is a pseudo-terminal, whose master plays the module.
func TestConformance(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) transporttest.Pair {
		master, p := openLinePair(t, Config{Baud: 2_000_000})
		return transporttest.Pair{Conn: p, Far: master}
	}, transporttest.Features{})
}

// macOS and Windows go through go.bug.st/serial; here it opens the same
// pseudo-terminals.
func TestLibraryConformance(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) transporttest.Pair {
		master, p := openLibraryPair(t)
		return transporttest.Pair{Conn: p, Far: master}
	}, transporttest.Features{})
}
