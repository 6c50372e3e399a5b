package st67

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"st67bench/transport/at"
)

// optionFields are those of a line of CIPTCPOPT?: link, linger, nodelay, time limit of a send, keep-alive (manual 4.1.10).
const optionFields = 5

// KeepAlive is after how many s without traffic a TCP link asks for its peer, 0 for never (CIPTCPOPT, manual 4.1.10).
func (m *Module) KeepAlive(ctx context.Context, link int) (s int, err error) {
	r, err := m.exchange(ctx, networkLimit, "AT+CIPTCPOPT?")
	if refused := (*at.CommandError)(nil); err != nil && !errors.As(err, &refused) {
		return 0, err
	}
	for _, l := range r.Lines {
		value, _ := answer([][]byte{l}, "CIPTCPOPT")
		if f := fields(value); len(f) == optionFields && f[0] == strconv.Itoa(link) {
			s, _ = strconv.Atoi(f[optionFields-1]) // one that does not tell has none
		}
	}
	return s, nil
}

// SetKeepAlive sets it for connections that are opened from then on.
func (m *Module) SetKeepAlive(ctx context.Context, link, s int) error {
	_, err := m.exchange(ctx, networkLimit, fmt.Sprintf("AT+CIPTCPOPT=%d,,,,%d", link, s))
	return err
}
