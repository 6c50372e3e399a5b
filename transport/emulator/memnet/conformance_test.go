package memnet

import (
	"testing"

	"st67bench/transport/transporttest"
)

// named gives an end of a pipe the one method that a Conn has beyond net.Conn.
type named struct{ *Conn }

func (c named) String() string { return c.RemoteAddr().String() }

func TestConformance(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) transporttest.Pair {
		near, far := Pipe("module", 0)
		return transporttest.Pair{Conn: named{near}, Far: far}
	}, transporttest.Features{})
}
