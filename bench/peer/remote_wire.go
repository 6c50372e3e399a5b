package peer

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// protocolVersion is that of the control protocol. Both sides have to speak the same one.
const protocolVersion = 1

// Bounds of messages, in bytes, and of how many blocks one answer tells the times of.
const (
	maxRequest = 64 << 10
	maxAnswer  = 1 << 20
	maxTimes   = 16 << 10
)

// writeTime is how long a message may take to go out. What the other side does not take by then, it will never take.
const writeTime = 10 * time.Second

// request is what the harness asks of the remote peer. End is what it is about, where it is about one.
type request struct {
	ID   uint64          `json:"id"`
	Op   string          `json:"op"`
	End  int64           `json:"end,omitempty"`
	Args json.RawMessage `json:"args,omitempty"`
}

// answer is that to the request of the same ID.
type answer struct {
	ID     uint64          `json:"id"`
	Error  *wireError      `json:"error,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
}

// The arguments and results of requests. Times are stamps; see remoteTime.
type (
	helloMessage struct {
		Version int        `json:"version"`
		Host    netip.Addr `json:"host"` // what the module connects to; none leaves it to the server
	}
	helloResult struct {
		Host netip.Addr `json:"host"` // what it connects to
	}
	cancelArgs struct {
		Request uint64 `json:"request"`
	}
	clockResult struct {
		Received int64 `json:"received"`
		Sent     int64 `json:"sent"`
	}
	sinkArgs struct {
		Stream  Stream  `json:"stream"`
		Options Options `json:"options"`
	}
	sourceArgs struct {
		Stream  Stream        `json:"stream"`
		Options SourceOptions `json:"options"`
	}
	echoArgs struct {
		Stream  Stream      `json:"stream"`
		Options EchoOptions `json:"options"`
	}
	iperfArgs struct {
		End      IperfEnd       `json:"end"`
		Protocol string         `json:"protocol"`
		Address  netip.AddrPort `json:"address"`
		Time     time.Duration  `json:"time"`
		Rate     float64        `json:"rate"`
		Datagram int            `json:"datagram"`
	}
	openResult struct {
		End  int64          `json:"end"`
		Addr netip.AddrPort `json:"addr"`
	}
	waitArgs struct {
		Bytes int64 `json:"bytes"`
	}
	timesArgs struct {
		From   int64 `json:"from"`
		Forget int64 `json:"forget"` // of a sink: drop what is before this block
	}
	timesResult struct {
		Times []int64 `json:"times"`
		Sent  []int64 `json:"sent,omitempty"` // of an echo: of the answers
	}
	reportResult struct {
		Report
		First int64 // in place of the report's own
		Last  int64
	}
	stateResult struct {
		Bytes   int64         `json:"bytes"` // of a source; requests of an echo
		Blocked time.Duration `json:"blocked"`
		Err     *wireError    `json:"err,omitempty"`
	}
	rowsResult struct {
		Rows   []IperfRow      `json:"rows"`
		Ended  bool            `json:"ended"`
		Result json.RawMessage `json:"result,omitempty"` // with Ended
		Err    *wireError      `json:"err,omitempty"`
	}
)

// messages are length-bounded JSON documents over a connection: four bytes of length, most significant byte first, and the
// document. One goroutine may receive; any may send.
type messages struct {
	conn net.Conn
	max  int // bytes of one that is received
	in   []byte

	mu sync.Mutex
}

func (m *messages) send(v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	p := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(body)), uint32(len(body)))
	p = append(p, body...)
	m.mu.Lock()
	defer m.mu.Unlock()
	_ = m.conn.SetWriteDeadline(time.Now().Add(writeTime))
	_, err = m.conn.Write(p)
	return err
}

// receive reads the next message into v, and says when all of it had come.
func (m *messages) receive(v any) (time.Time, error) {
	var head [4]byte
	if _, err := io.ReadFull(m.conn, head[:]); err != nil {
		return time.Time{}, err
	}
	n := int64(binary.BigEndian.Uint32(head[:]))
	if n > int64(m.max) {
		return time.Time{}, fmt.Errorf("peer: a message of %d bytes; %d are allowed", n, m.max)
	}
	if int64(cap(m.in)) < n {
		m.in = make([]byte, n)
	}
	m.in = m.in[:n]
	_, err := io.ReadFull(m.conn, m.in)
	now := time.Now()
	if err != nil {
		return now, err
	}
	if err := json.Unmarshal(m.in, v); err != nil {
		return now, fmt.Errorf("peer: a message that cannot be read: %w", err)
	}
	return now, nil
}
