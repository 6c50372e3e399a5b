package emulator

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"testing"
)

// unlimited is a module whose line and radio take no time, in real time: what is
// left is the emulator itself.
func unlimited(build string) Config {
	return Config{Build: build, Baud: Unpaced, CommandLatency: None, RadioRate: 1e12, RadioLatency: None, Boot: None}
}

// BenchmarkCommand is a life sign and its answer.
func BenchmarkCommand(b *testing.B) {
	r := open(b, unlimited(BuildUART))
	defer r.close()
	life := lifeSign(r)
	b.ReportAllocs()
	for b.Loop() {
		life()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commands/s")
}

func lifeSign(r *rig) func() {
	line, reply := []byte("AT\r\n"), make([]byte, 6)
	return func() {
		r.Write(line)
		io.ReadFull(r, reply)
	}
}

// BenchmarkMemorySend is sends of 6144 bytes.
func BenchmarkMemorySend(b *testing.B) {
	for _, build := range []string{BuildUART, BuildSPI} {
		b.Run(build, func(b *testing.B) {
			r, sendOne := sender(b, unlimited(build))
			defer r.close()
			b.SetBytes(6144)
			b.ReportAllocs()
			for b.Loop() {
				sendOne()
			}
		})
	}
}

// BenchmarkMemorySendLong is one CIPSENDL of 1 MiB, with its reports.
func BenchmarkMemorySendLong(b *testing.B) {
	r := open(b, unlimited(BuildSPI))
	defer r.close()
	peer := r.connect()
	go io.Copy(io.Discard, peer)
	b.SetBytes(1 << 20)
	b.ReportAllocs()
	long := longSend(b, r, 1<<20)
	for b.Loop() {
		long()
	}
}

// longSend does a CIPSENDL of n bytes.
func longSend(t testing.TB, r *rig, n int) func() {
	line, data := []byte("AT+CIPSENDL=0,"+strconv.Itoa(n)+"\r\n"), make([]byte, n)
	asked, reply := make([]byte, len(prompt)), make([]byte, 4096)
	return func() {
		r.Write(line)
		if _, err := io.ReadFull(r, asked); err != nil || string(asked) != prompt {
			t.Fatalf("%q, %v", asked, err)
		}
		r.Write(data)
		if err := readUntil(r, reply, "\r\nSEND OK\r\n"); err != nil {
			t.Fatal(err)
		}
	}
}

// readUntil reads what ends in text, into p again and again.
func readUntil(r io.Reader, p []byte, text string) error {
	n := 0
	for {
		k, err := r.Read(p[n:])
		n += k
		if bytes.HasSuffix(p[:n], []byte(text)) || err != nil {
			return err
		}
		if n > len(p)/2 {
			n = copy(p, p[n-len(text):n])
		}
	}
}

// BenchmarkMemoryActiveReceive is +IPD with its data, as fast as it comes.
func BenchmarkMemoryActiveReceive(b *testing.B) {
	r := open(b, unlimited(BuildSPI))
	defer r.close()
	receiveSome := activeReceiver(b, r)
	b.SetBytes(1 << 16)
	b.ReportAllocs()
	for b.Loop() {
		receiveSome()
	}
}

// activeReceiver lets a peer send without end, and reads 64 KiB of what comes.
func activeReceiver(t testing.TB, r *rig) func() {
	flood(r.connect())
	p := make([]byte, 1<<16)
	return func() {
		if _, err := io.ReadFull(r, p); err != nil {
			t.Fatal(err)
		}
	}
}

func flood(peer net.Conn) {
	go func() {
		zeros := make([]byte, 1<<16)
		for err := error(nil); err == nil; _, err = peer.Write(zeros) {
		}
	}()
}

// BenchmarkMemoryPassiveReceive is CIPRECVDATA of up to 4608 bytes, with the
// +IPD that come between.
func BenchmarkMemoryPassiveReceive(b *testing.B) {
	r := open(b, unlimited(BuildSPI))
	defer r.close()
	readOne, total := passiveReceiver(b, r)
	b.ReportAllocs()
	*total = 0
	for b.Loop() {
		readOne()
	}
	b.ReportMetric(float64(*total)/b.Elapsed().Seconds()/1e6, "MB/s")
}

// passiveReceiver lets a peer send without end, and reads what is buffered once
// +IPD says that there is something; total counts the bytes of the replies,
// payload nearly all.
func passiveReceiver(t testing.TB, r *rig) (readOne func(), total *int) {
	r.ok("AT+CIPRECVMODE=1")
	peer := r.connect()
	flood(peer)
	line, p := []byte("AT+CIPRECVDATA=0,4608\r\n"), make([]byte, 16<<10)
	ipd, final := []byte("+IPD:0,"), []byte("\r\n\r\nOK\r\n")
	total = new(int)
	read := func(n int) int {
		k, err := r.Read(p[n:])
		if err != nil {
			t.Fatal(err)
		}
		return n + k
	}
	more := false // +IPD has come since the command before was written
	return func() {
		for n := 0; !more; more = bytes.Contains(p[:n], ipd) {
			n = read(n)
		}
		r.Write(line)
		n := 0
		for !bytes.Contains(p[:n], final) {
			n = read(n)
		}
		*total += n
		more = bytes.Contains(p[:n], ipd)
	}, total
}
