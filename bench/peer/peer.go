package peer

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// Listen opens a listening socket, as net.Listen does. Virtual-time tests hand
// in an in-memory network.
type Listen func(network, address string) (net.Listener, error)

// Peer is the network end of a measurement.
type Peer interface {
	// Sink opens the peer's end of one connection that carries stream s. Every byte that arrives is checked.
	// ctx bounds the opening alone; the sink lives until it is closed.
	Sink(ctx context.Context, s Stream, o Options) (Sink, error)
	// Source is Sink for a stream that the peer sends.
	Source(ctx context.Context, s Stream, o SourceOptions) (Source, error)
	// Echo answers requests of the stream s.
	Echo(ctx context.Context, s Stream, o EchoOptions) (Echo, error)
	// Kind says what the peer is, for Identity: "in-process".
	Kind() string
}

// Sink is the receiving end of one stream. It may be used by several goroutines at a time.
type Sink interface {
	// Addr is where the module has to connect to.
	Addr() netip.AddrPort
	// Arrived has the time of arrival of the last byte of each block, in block order, from block number from on,
	// and returns how many were copied into t: none yet of a block whose end the stream has not passed. A block whose
	// last byte was lost has the zero time, until that byte comes late.
	Arrived(from int64, t []time.Time) int
	// Forget drops the arrivals before block n, so that memory does not grow with the run. Without it the latest
	// 2^20 blocks are kept. A dropped block has the zero time.
	Forget(n int64)
	// Report is the count so far, as if the connection ended here: bytes that later ones might have placed otherwise
	// are counted as they look now.
	Report() Report
	// Wait returns nil as soon as n bytes have arrived. Before that it returns an error: when ctx ends, one that wraps
	// its cause; when the connection ends, one that wraps io.EOF if the module closed it, net.ErrClosed if the sink
	// was closed, and else the socket's error.
	Wait(ctx context.Context, n int64) error
	// Close ends the connection and the listening socket, and returns when nothing of the sink runs any more.
	// The report stays.
	Close() error
}

// Report is what a sink has seen. Bytes are payload bytes of the stream, the blocks' own headers and checksums included.
//
// Each byte is one of four: Bytes = Good + Duplicate + Corrupt + Foreign.
type Report struct {
	Bytes     int64 // all that arrived, foreign bytes included
	Good      int64 // distinct bytes of the stream that arrived right
	Lost      int64 // bytes of the stream that are missing before the last one that arrived
	Duplicate int64 // bytes that arrived again
	Reordered int64 // bytes that arrived after later ones; they are Good as well
	Corrupt   int64 // bytes that arrived in their place with another value
	Foreign   int64 // bytes that are not of the stream
	FirstBad  int64 // the first offset at which something else arrived than the stream has there; -1 when there is none

	Blocks      int64     // blocks that arrived to their last byte
	First, Last time.Time // arrival of the last byte of the first and of the latest block; zero when there is none
	FirstBlock  int64     // good bytes that had arrived with the read of First (b1), of later blocks too
	LastBlock   int64     // good bytes that had arrived with the read of Last (B)

	Connected, Closed bool   // a connection came; it has ended
	Reset             bool   // it ended with RST instead of FIN, which is no error once a byte has arrived
	Datagrams         int64  // of UDP: how many arrived
	Err               string // what went wrong with the connection: how it ended, further ones that were refused
}

// Goodput is 8 (B - b1) / (t_last - t_1) in bit/s: what arrived between the end of the first block and the end of the
// latest one, by the receiver's clock. It is undefined, and ok is false, with fewer than two blocks or when
// one read brought both.
func (r Report) Goodput() (bitPerSecond float64, ok bool) {
	d := r.Last.Sub(r.First)
	if r.Blocks < 2 || d <= 0 {
		return 0, false
	}
	return 8 * float64(r.LastBlock-r.FirstBlock) / d.Seconds(), true
}
