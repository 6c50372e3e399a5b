package peer

import (
	"encoding/binary"
	"net"
	"runtime"
	"testing"
	"time"
)

// benchTurn is how long one end runs before the other has its turn.
const benchTurn = 200 * time.Millisecond

// BenchmarkIperfSink receives over loopback with the native sink and with a plain loop of reads, by turns; "ratio" is the sink's
// rate over that of the loop, and "allocs/block" what the sink's turn allocates for each of its blocks: 64 KiB over TCP, a datagram over
// UDP.
func BenchmarkIperfSink(b *testing.B) {
	b.Run("tcp", func(b *testing.B) { compare(b, sinkTCP, plainSinkTCP) })
	b.Run("udp", func(b *testing.B) { compare(b, sinkUDP, plainSinkUDP) })
}

// BenchmarkIperfSource is the same for the end that sends.
func BenchmarkIperfSource(b *testing.B) {
	b.Run("tcp", func(b *testing.B) { compare(b, sourceTCP, plainSourceTCP) })
	b.Run("udp", func(b *testing.B) { compare(b, sourceUDP, plainSourceUDP) })
}

// compare runs both by turns, and holds the blocks that they carried against each other.
func compare(b *testing.B, ours, plain func(b *testing.B) (blocks int64)) {
	var a, p int64
	var allocs uint64
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		a += ours(b)
		runtime.ReadMemStats(&after)
		allocs += after.Mallocs - before.Mallocs
		p += plain(b)
	}
	b.ReportMetric(float64(a)/float64(p), "ratio")
	b.ReportMetric(float64(allocs)/float64(a), "allocs/block")
	b.ReportMetric(float64(a)/float64(b.N)/benchTurn.Seconds(), "blocks/s")
}

// pour writes blocks for a turn, and closes.
func pour(c net.Conn) (blocks int64) {
	defer c.Close()
	p := make([]byte, iperfChunk)
	noise(p[iperfHeader:], 0, 0)
	_ = c.SetWriteDeadline(time.Now().Add(benchTurn))
	for {
		n, err := c.Write(p)
		blocks += int64(n)
		if err != nil {
			return blocks / iperfChunk
		}
	}
}

// drain reads to the end.
func drain(c net.Conn) (blocks int64) {
	defer c.Close()
	p := make([]byte, iperfChunk)
	for {
		n, err := c.Read(p)
		blocks += int64(n)
		if err != nil {
			return blocks / iperfChunk
		}
	}
}

func dialTCP(b *testing.B, to string) net.Conn {
	c, err := net.Dial("tcp", to)
	if err != nil {
		b.Fatal(err)
	}
	return c
}

// listened is a listening socket whose first connection is handed to take.
func listened(b *testing.B, take func(net.Conn)) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() {
		defer ln.Close()
		if c, err := ln.Accept(); err == nil {
			take(c)
		}
	}()
	return ln.Addr().String()
}

func sinkTCP(b *testing.B) int64 {
	k := iperfSink(b, IperfOptions{Address: loopback, Time: time.Minute})
	pour(dialTCP(b, k.Addr().String()))
	return result(b, k).Bytes / iperfChunk
}

func plainSinkTCP(b *testing.B) int64 {
	got := make(chan int64)
	pour(dialTCP(b, listened(b, func(c net.Conn) { got <- drain(c) })))
	return <-got
}

func sourceTCP(b *testing.B) int64 {
	got := make(chan int64)
	to, _ := net.ResolveTCPAddr("tcp", listened(b, func(c net.Conn) { got <- drain(c) }))
	k := iperfSource(b, IperfOptions{Address: to.AddrPort(), Time: benchTurn})
	n := <-got
	result(b, k)
	return n
}

func plainSourceTCP(b *testing.B) int64 {
	got := make(chan int64)
	c := dialTCP(b, listened(b, func(c net.Conn) { got <- drain(c) }))
	_ = c.(*net.TCPConn).SetWriteBuffer(iperfQueue)
	pour(c)
	return <-got
}

// flood sends datagrams of a test for a turn, and then its end.
func flood(b *testing.B, to string) {
	c, err := net.Dial("udp", to)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	p := make([]byte, iperfDatagram)
	id := int32(0)
	for end := time.Now().Add(benchTurn); time.Now().Before(end); id++ {
		binary.BigEndian.PutUint32(p, uint32(id))
		_, _ = c.Write(p)
	}
	binary.BigEndian.PutUint32(p, uint32(-id))
	for range 5 { // some may find no room
		time.Sleep(5 * time.Millisecond)
		_, _ = c.Write(p)
	}
}

func sinkUDP(b *testing.B) int64 {
	k := iperfSink(b, IperfOptions{Protocol: UDP, Address: loopback, Time: time.Minute})
	flood(b, k.Addr().String())
	return result(b, k).Bytes / iperfDatagram
}

func plainSinkUDP(b *testing.B) int64 {
	c := socket(b)
	got := make(chan int64)
	go func() { got <- datagramsOf(c) }()
	flood(b, c.LocalAddr().String())
	return <-got
}

// socket is a UDP socket as that of a sink.
func socket(b *testing.B) *net.UDPConn {
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	_ = c.SetReadBuffer(receiveBuffer)
	return c
}

// datagramsOf counts datagrams up to the ending one, or until no more come.
func datagramsOf(c *net.UDPConn) (n int64) {
	defer c.Close()
	p := make([]byte, maxDatagram)
	_ = c.SetReadDeadline(time.Now().Add(10 * benchTurn))
	for {
		_, _, err := c.ReadFromUDPAddrPort(p)
		if err != nil || p[0] >= 0x80 {
			return n
		}
		n++
	}
}

func sourceUDP(b *testing.B) int64 {
	c := socket(b)
	go datagramsOf(c)
	to := c.LocalAddr().(*net.UDPAddr).AddrPort()
	k := iperfSource(b, IperfOptions{Protocol: UDP, Address: to, Time: benchTurn})
	r, _ := k.Wait(b.Context()) // nobody answers its end
	return r.Sent / iperfDatagram
}

func plainSourceUDP(b *testing.B) (n int64) {
	in := socket(b)
	defer in.Close()
	go datagramsOf(in)
	c, err := net.Dial("udp", in.LocalAddr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	p := make([]byte, iperfDatagram)
	for end := time.Now().Add(benchTurn); time.Now().Before(end); n++ {
		binary.BigEndian.PutUint32(p, uint32(n))
		_, _ = c.Write(p)
	}
	return n
}
