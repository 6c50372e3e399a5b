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

// KeepAlive sets after how many s without traffic a TCP link asks for its peer, 0 for never (CIPTCPOPT, manual 4.1.10), and
// returns what it was. It is for connections that are opened from then on.
func (m *Module) KeepAlive(ctx context.Context, link, s int) (before int, err error) {
	r, err := m.exchange(ctx, networkLimit, "AT+CIPTCPOPT?")
	if refused := (*at.CommandError)(nil); err != nil && !errors.As(err, &refused) {
		return 0, err
	}
	for _, l := range r.Lines {
		value, _ := answer([][]byte{l}, "CIPTCPOPT")
		if f := fields(value); len(f) == optionFields && f[0] == strconv.Itoa(link) {
			before, _ = strconv.Atoi(f[optionFields-1]) // one that does not tell has none
		}
	}
	_, err = m.exchange(ctx, networkLimit, fmt.Sprintf("AT+CIPTCPOPT=%d,,,,%d", link, s))
	return before, err
}
