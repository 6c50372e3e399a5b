package peer

import (
	"encoding/binary"
	"time"
)

// Sizes of what iperf 2 puts into datagrams.
const (
	moduleHeader = 12  // number, seconds, microseconds
	udpHeader    = 16  // and the number's upper half
	udpOptions   = 128 // up to where a server of iperf 2.1 looks for options; zeros are none
	reportSize   = 40
	maxDatagram  = 65507 // of UDP over IPv4
)

// flagVersion1 marks a server's report.
const flagVersion1 = 0x80000000

// putHeader writes a datagram's header in 16 bytes: id is negative in the datagram that ends the test. The upper half
// of the number stays 0 there too: a report that repeats it then does not look like one of the other dialect.
func putHeader(p []byte, id int32, stamp time.Duration) {
	us := stamp.Microseconds()
	binary.BigEndian.PutUint32(p, uint32(id))
	binary.BigEndian.PutUint32(p[4:], uint32(us/1e6))
	binary.BigEndian.PutUint32(p[8:], uint32(us%1e6))
	clear(p[12:udpHeader])
}

// header reads a datagram's number and the sender's clock.
func header(p []byte) (id int64, stamp time.Duration) {
	sec, us := binary.BigEndian.Uint32(p[4:]), binary.BigEndian.Uint32(p[8:])
	return int64(int32(binary.BigEndian.Uint32(p))), time.Duration(sec)*time.Second + time.Duration(us)*time.Microsecond
}

// dialectOf tells the dialect from the word after the module's header, which is the number's upper half in the other
// one: zeros, or ones in the datagram that ends the test.
func dialectOf(p []byte) string {
	if len(p) >= udpHeader {
		if v := binary.BigEndian.Uint32(p[moduleHeader:]); v == 0 || v == 0xffffffff {
			return IperfClean
		}
	}
	return IperfModule
}

// reportAt is where the report begins in a dialect.
func reportAt(dialect string) int {
	if dialect == IperfModule {
		return moduleHeader
	}
	return udpHeader
}

// putReport writes the server's report of r.
func putReport(p []byte, r IperfResult) {
	us := r.Duration.Microseconds()
	jit := r.Jitter.Microseconds()
	for i, v := range [...]uint32{
		flagVersion1, uint32(r.Bytes >> 32), uint32(r.Bytes),
		uint32(us / 1e6), uint32(us % 1e6),
		uint32(r.Lost), uint32(r.Reordered), uint32(r.Datagrams),
		uint32(jit / 1e6), uint32(jit % 1e6),
	} {
		binary.BigEndian.PutUint32(p[4*i:], v)
	}
}

// parseReport finds the server's report behind its header, in either dialect. The header is that of the ending datagram
// with this number, or zeros.
func parseReport(p []byte, id int32) (IperfResult, bool) {
	if len(p) < moduleHeader {
		return IperfResult{}, false
	}
	if of := int32(binary.BigEndian.Uint32(p)); of != id && of != 0 {
		return IperfResult{}, false
	}
	for _, dialect := range [...]string{IperfModule, IperfClean} {
		size := reportAt(dialect)
		if len(p) < size+reportSize || binary.BigEndian.Uint32(p[size:])&flagVersion1 == 0 {
			continue
		}
		word := func(i int) int64 { return int64(binary.BigEndian.Uint32(p[size+4*i:])) }
		return IperfResult{
			Tool: "native", By: IperfReceiver, Dialect: dialect, Fin: true,
			Bytes: word(1)<<32 | word(2), Duration: time.Duration(word(3))*time.Second + time.Duration(word(4))*time.Microsecond,
			Lost: word(5), Reordered: word(6), Datagrams: word(7),
			Jitter: time.Duration(word(8))*time.Second + time.Duration(word(9))*time.Microsecond,
		}, true
	}
	return IperfResult{}, false
}
