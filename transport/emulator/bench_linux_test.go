package emulator

import (
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkPTYSend shows by how much a CIPSEND over a PTY at 2 Mbaud is later
// than the closed form, with a raw client and a real socket in this process:
// the median and the 99th percentile in µs, and the median in per cent.
func BenchmarkPTYSend(b *testing.B) {
	for _, n := range []int{64, 1024, 6144} {
		b.Run("length="+strconv.Itoa(n), func(b *testing.B) {
			m, f := benchModule(b)
			line, data := "AT+CIPSEND=0,"+strconv.Itoa(n)+"\r\n", make([]byte, n)
			asked, reply := make([]byte, len(prompt)), make([]byte, len(taken(n)))
			form := m.Truth().Send(len(line), n)
			late := make([]time.Duration, 0, b.N)
			for b.Loop() {
				start := time.Now()
				io.WriteString(f, line)
				io.ReadFull(f, asked)
				f.Write(data)
				io.ReadFull(f, reply)
				late = append(late, time.Since(start)-form.Prompt-form.Final)
			}
			slices.Sort(late)
			p50 := late[len(late)/2]
			b.ReportMetric(float64(p50)/1e3, "µs-late/p50")
			b.ReportMetric(float64(late[len(late)*99/100])/1e3, "µs-late/p99")
			b.ReportMetric(100*float64(p50)/float64(form.Prompt+form.Final), "%-late")
		})
	}
}

// benchModule is a module behind a PTY with link 0 open to a peer that reads.
func benchModule(b *testing.B) (*Module, *os.File) {
	b.Helper()
	peers, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer peers.Close()
	m, err := New(Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { m.Close() })
	path, err := m.PTY("")
	if err != nil {
		b.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	_, port, _ := net.SplitHostPort(peers.Addr().String())
	benchDialog(b, f, [][2]string{
		{"", "\r\nready\r\n"}, {"AT+CWMODE=1,0\r\n", "\r\nOK\r\n"}, {"AT+CIPMUX=1\r\n", "\r\nOK\r\n"},
		{"AT+CWJAP=\"st67bench\",\"emulated-air\"\r\n", "+CW:CONNECTING\r\n\r\nOK\r\n+CW:CONNECTED\r\n+CW:GOTIP\r\n"},
		{"AT+CIPSTART=0,\"TCP\",\"127.0.0.1\"," + port + "\r\n", "+CIP:0,CONNECTED\r\n\r\nOK\r\n"},
	})
	peer, err := peers.Accept()
	if err != nil {
		b.Fatal(err)
	}
	go io.Copy(io.Discard, peer)
	return m, f
}

func benchDialog(b *testing.B, f *os.File, steps [][2]string) {
	b.Helper()
	f.SetReadDeadline(time.Now().Add(patience))
	defer f.SetReadDeadline(time.Time{})
	for _, step := range steps {
		io.WriteString(f, step[0])
		got := make([]byte, len(step[1]))
		if _, err := io.ReadFull(f, got); err != nil || string(got) != step[1] {
			b.Fatalf("%q gives %q, %v", step[0], got, err)
		}
	}
}
