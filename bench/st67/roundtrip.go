package st67

import (
	"context"
	"strconv"
)

// RoundTrip is one AT line, without its CRLF, and its final code; AT and its OK (manual 2.2.1) are the shortest exchange that
// there is. The line must not change a setting that this package relies on, nor ask for data. It does not allocate.
func (m *Module) RoundTrip(ctx context.Context, line []byte) (Response, error) {
	if err := m.usable(ctx); err != nil {
		return Response{}, err
	}
	r, err := m.s.Command(m.limit.start(ctx), line)
	m.limit.stop()
	if err != nil {
		return r, m.noted(err)
	}
	return r, nil
}

// RoundTripExchange is the sizes, in B, of the two messages of a RoundTrip of a line of n bytes: the line with its CRLF, and
// `\r\nOK\r\n`, before which an answer may stand.
func RoundTripExchange(n int) (toModule, fromModule []int) {
	return []int{n + len("\r\n")}, []int{len("\r\nOK\r\n")}
}

// NoticeLength is the size, in B, of the `+IPD:<link>,<n>` with CRLF that tells of n bytes in passive mode.
func NoticeLength(link, n int) int {
	return len(noticeHead) + len(strconv.Itoa(link)) + len(",") + len(strconv.Itoa(n)) + len("\r\n")
}
