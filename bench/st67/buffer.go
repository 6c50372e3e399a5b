package st67

import (
	"context"
	"strconv"
)

// RestoreReceiveBuffer gives a link that is not open the receive buffer back that was found.
func (m *Module) RestoreReceiveBuffer(ctx context.Context, link int) error {
	for _, s := range m.found {
		if s.name == "CIPRECVBUF" && s.of == strconv.Itoa(link) {
			return m.put(ctx, s)
		}
	}
	return nil
}
