package st67

import (
	"context"
	"strconv"
)

var atLine = []byte("AT")

// RoundTrip is one AT and its OK (manual 2.2.1): the shortest exchange that there is. It does not allocate.
func (m *Module) RoundTrip(ctx context.Context) (Response, error) {
	if err := m.usable(ctx); err != nil {
		return Response{}, err
	}
	r, err := m.s.Command(m.limit.start(ctx), atLine)
	m.limit.stop()
	if err != nil {
		return r, m.noted(err)
	}
	return r, nil
}

// RoundTripExchange is the sizes, in B, of the two messages of one RoundTrip: `AT` and `\r\nOK\r\n`, with their CRLF.
func RoundTripExchange() (toModule, fromModule []int) {
	return []int{len(atLine) + len("\r\n")}, []int{len("\r\nOK\r\n")}
}

// NoticeLength is the size, in B, of the `+IPD:<link>,<n>` with CRLF that tells of n bytes in passive mode.
func NoticeLength(link, n int) int {
	return len(noticeHead) + len(strconv.Itoa(link)) + len(",") + len(strconv.Itoa(n)) + len("\r\n")
}
