package peer

import (
	"hash/crc32"
	"io"
	"net"
	"testing"
	"time"
)

const benchBytes = 16 << 20

// BenchmarkSink receives the same bytes over loopback with the sink and with a
// plain loop of read and CRC-32C, by turns; "ratio" is the sink's rate over that of the loop.
func BenchmarkSink(b *testing.B) {
	for name, s := range benchStreams {
		b.Run(name, func(b *testing.B) {
			wire := make([]byte, benchBytes)
			s.Fill(wire, 0)
			b.SetBytes(benchBytes)
			var checked, plain time.Duration
			for b.Loop() {
				checked += receiveChecked(b, s, wire)
				plain += receivePlain(b, wire)
			}
			b.ReportMetric(plain.Seconds()/checked.Seconds(), "ratio")
			b.ReportMetric(8*benchBytes*float64(b.N)/checked.Seconds()/1e9, "Gbit/s")
		})
	}
}

var benchStreams = map[string]Stream{
	"implicit/16": {Seed: 1, Block: 16},
	"framed/64":   {Seed: 1, Block: 64},
	"framed/6144": {Seed: 1, Block: 6144},
	"final/1460":  {Seed: 1, Block: 1460, Pattern: "final"},
}

func receiveChecked(b *testing.B, s Stream, wire []byte) time.Duration {
	k := open(b, nil, s)
	defer k.Close()
	start := sendAll(b, k.Addr().String(), wire)
	for n := int64(1 << 20); n <= benchBytes; n += 1 << 20 {
		if err := k.Wait(b.Context(), n); err != nil {
			b.Fatal(err)
		}
		k.Forget(n / int64(s.Block))
	}
	if r := k.Report(); r.Good != benchBytes {
		b.Fatalf("%+v", r)
	}
	return time.Since(start)
}

func receivePlain(b *testing.B, wire []byte) time.Duration {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	start := sendAll(b, ln.Addr().String(), wire)
	c, err := ln.Accept()
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	_ = c.(*net.TCPConn).SetReadBuffer(receiveBuffer)
	buf, sum := make([]byte, readSize), uint32(0)
	for {
		n, err := c.Read(buf)
		sum = crc32.Update(sum, castagnoli, buf[:n])
		if err == io.EOF {
			break
		}
	}
	if sum != crc32.Checksum(wire, castagnoli) {
		b.Fatal("other bytes arrived")
	}
	return time.Since(start)
}

func sendAll(b *testing.B, addr string, wire []byte) time.Time {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	go func() {
		defer c.Close()
		_, _ = c.Write(wire)
	}()
	return start
}

// BenchmarkChecker is the same without the network.
func BenchmarkChecker(b *testing.B) {
	for name, s := range benchStreams {
		b.Run(name, func(b *testing.B) {
			wire, buf := make([]byte, benchBytes), make([]byte, readSize)
			s.Fill(wire, 0)
			b.SetBytes(benchBytes)
			var checked, plain time.Duration
			for b.Loop() {
				start, c := time.Now(), newChecker(s)
				for p := wire; len(p) > 0; p = p[readSize:] {
					c.feed(buf[:copy(buf, p)], 1)
					c.ring.forget(c.next / int64(s.Block))
				}
				checked += time.Since(start)
				start, sum := time.Now(), uint32(0)
				for p := wire; len(p) > 0; p = p[readSize:] {
					sum = crc32.Update(sum, castagnoli, buf[:copy(buf, p)])
				}
				plain += time.Since(start)
			}
			b.ReportMetric(plain.Seconds()/checked.Seconds(), "ratio")
			b.ReportMetric(benchBytes*float64(b.N)/checked.Seconds()/1e9, "GB/s")
		})
	}
}

// BenchmarkDamaged checks streams in which hardly anything is right.
func BenchmarkDamaged(b *testing.B) {
	s := Stream{Seed: 1, Block: 1460}
	for name, damage := range map[string]func(p []byte){
		"other stream":       func(p []byte) { Stream{Seed: 2, Block: 1460}.Fill(p, 0) },
		"one byte in 16":     func(p []byte) { flipEvery(p, 16) },
		"one byte in 7":      func(p []byte) { flipEvery(p, 7) },
		"zeros":              func(p []byte) { clear(p) },
		"one block in 3 out": func(p []byte) { copyBlocks(s, p, func(n int64) int64 { return n * 3 / 2 }) },
		"backwards":          func(p []byte) { copyBlocks(s, p, func(n int64) int64 { return n ^ 63 }) },
	} {
		b.Run(name, func(b *testing.B) {
			wire := make([]byte, 1<<20)
			s.Fill(wire, 0)
			damage(wire)
			b.SetBytes(int64(len(wire)))
			for b.Loop() {
				c := newChecker(s)
				c.feed(wire, 1)
				c.finish()
			}
		})
	}
}

func flipEvery(p []byte, n int) {
	for i := 0; i < len(p); i += n {
		p[i] ^= 1
	}
}

func copyBlocks(s Stream, p []byte, from func(int64) int64) {
	size := int64(s.Block)
	for n := range int64(len(p)) / size {
		s.Fill(p[n*size:(n+1)*size], from(n)*size)
	}
}

// BenchmarkFill makes whole blocks, as a sender does.
func BenchmarkFill(b *testing.B) {
	for name, s := range benchStreams {
		b.Run(name, func(b *testing.B) {
			p := make([]byte, 6144)
			b.SetBytes(int64(len(p)))
			for at := int64(0); b.Loop(); at += int64(len(p)) {
				s.Fill(p, at)
			}
		})
	}
}
