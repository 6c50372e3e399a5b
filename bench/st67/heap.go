package st67

import (
	"context"
	"fmt"
)

// Heap is the free heap of the system and that of the TCP/IP stack, in bytes (SYSRAM, manual 2.2.7).
func (m *Module) Heap(ctx context.Context) (free, lwip int64, err error) {
	r, err := m.exchange(ctx, systemLimit, "AT+SYSRAM?")
	if err != nil {
		return 0, 0, err
	}
	value, _ := answer(r.Lines, "SYSRAM")
	f := fields(value)
	first, ok := count([]byte(f[0]))
	second, also := count([]byte(f[len(f)-1]))
	if len(f) != 2 || !ok || !also {
		return 0, 0, fmt.Errorf("AT+SYSRAM? answers %q, in place of two lengths", r.Lines)
	}
	return int64(first), int64(second), nil
}
