package iperf

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/memnet"
)

const udpBanner = rssiLine + rule + "Server listening on UDP port 5001\nIP address : 127.67.0.2\n" + rule

// packet is a datagram as the peer got it.
type packet struct {
	at   time.Time
	id   int32
	data []byte
	from netip.AddrPort
}

// gather takes datagrams until there has been none for a second.
func gather(t *testing.T, c *memnet.PacketConn) (all []packet) {
	p := make([]byte, 2000)
	for {
		c.SetReadDeadline(time.Now().Add(time.Second))
		n, from, err := c.ReadFromUDPAddrPort(p)
		if err != nil {
			return all
		}
		id := int32(binary.BigEndian.Uint32(p))
		all = append(all, packet{time.Now(), id, append([]byte(nil), p[:n]...), from})
	}
}

// At 20 Mbit/s a datagram of 1470 bytes has 588 µs of air. 16 are queued while the
// first is on the air (58.8 µs apart); each later one when the radio has taken that
// which was queued 16 before: the k-th at 588(k-15) µs. Up to 1 s that is k = 1715.
func TestUDPUploadInTheModulesDialect(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{})
		c := b.socket()
		start := time.Now()
		b.ok(`AT+IPERF="TX","UDP","192.168.1.9",1`)
		got := gather(t, c)
		const n = 1716
		if len(got) != n+10 {
			t.Fatalf("%d datagrams came, want %d and 10 that end", len(got), n)
		}
		for k, p := range got[:n] {
			at := start.Add(time.Duration(k+1)*588*time.Microsecond + latency)
			if p.id != int32(k) || !p.at.Equal(at) || len(p.data) != 1470 || string(p.data[12:]) != string(repeat("0123456789", 1458)) {
				t.Fatalf("datagram %d: id %d, %d bytes, after %v", k, p.id, len(p.data), p.at.Sub(start))
			}
		}
		// The stamp of the 100th is the instant at which the 99th was queued.
		stamp := time.Duration(binary.BigEndian.Uint32(got[100].data[4:]))*time.Second + time.Duration(binary.BigEndian.Uint32(got[100].data[8:]))*time.Microsecond
		if want := boot + 84*588*time.Microsecond; stamp != want {
			t.Errorf("the stamp is %v after boot, want %v", stamp, want)
		}
		// The first end is queued as the 1716th datagram is, behind 15 others.
		ended := start.Add(1701 * 588 * time.Microsecond)
		for k, p := range got[n:] {
			at := ended.Add(time.Duration(k)*350*time.Millisecond + 588*time.Microsecond + latency)
			if k == 0 {
				at = at.Add(15 * 588 * time.Microsecond)
			}
			if p.id != -n || !p.at.Equal(at) {
				t.Errorf("the end, time %d: id %d, %v after the first was queued", k, p.id, p.at.Sub(ended))
			}
		}
		b.said(rssiLine, rules, rowHead, "[  0]  0.0- 1.0 sec  2.41 MByte  20.2 Mbits/sec\n")
		b.ok(`AT+IPERF="RX","UDP"`)
	})
}

func TestUDPUploadInTheCleanDialect(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{quirks: []string{"iperf-clean"}})
		c := b.socket()
		b.ok(`AT+IPERF="TX","UDP","192.168.1.9",0`)
		got := gather(t, c)
		if len(got) != 11 || got[0].id != 1 || got[10].id != -2 {
			t.Fatalf("%d datagrams, from %d to %d", len(got), got[0].id, got[len(got)-1].id)
		}
		if string(got[0].data[12:]) != strings.Repeat("\x00", 1458) || string(got[10].data[12:]) != "\xff\xff\xff\xff"+strings.Repeat("\x00", 1454) {
			t.Error("the header's last word or the payload is wrong")
		}
	})
}

// A radio that is faster gets 200 Mbit/s: 17006 datagrams 58.8 µs apart from 0 to
// the first after 1 s.
func TestUDPUploadIsPaced(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{rate: 1e9})
		c := b.socket()
		b.ok(`AT+IPERF="TX","UDP","192.168.1.9",1`)
		got := gather(t, c)
		if n := len(got) - 10; n != 17007 {
			t.Errorf("%d datagrams", n)
		}
		if d := got[17000].at.Sub(got[0].at); d != 17000*58800*time.Nanosecond {
			t.Errorf("17000 datagrams take %v", d)
		}
	})
}

func TestUDPUploadPrintsTheServersReport(t *testing.T) {
	for _, quirk := range []string{"", "iperf-clean"} {
		bubble(t, func(t *testing.T) {
			s, header := setup{}, 12
			if quirk != "" {
				s.quirks, header = []string{quirk}, 16
			}
			b := open(t, s)
			c := b.socket()
			b.ok(`AT+IPERF="TX","UDP","192.168.1.9",0`)
			p := make([]byte, 2000)
			for int32(binary.BigEndian.Uint32(p)) >= 0 {
				if _, _, err := c.ReadFromUDPAddrPort(p); err != nil {
					t.Fatal(err)
				}
			}
			_, from, _ := c.ReadFromUDPAddrPort(p) // the second of them
			report := p[header : header+40]
			for i, v := range []uint32{0x80000000, 0, 1312710, 1, 2000, 3, 0, 893, 0, 812} {
				binary.BigEndian.PutUint32(report[4*i:], v)
			}
			stranger, _ := b.net.ListenPacket("udp", "192.168.1.10:5001")
			defer stranger.Close()
			stranger.(*memnet.PacketConn).WriteToUDPAddrPort(p[:100], from)
			c.WriteToUDPAddrPort(p[:header+40], from)
			time.Sleep(10 * time.Millisecond)
			synctest.Wait()
			// 1312710 bytes in 1.002 s.
			if log := b.logged(); !strings.HasSuffix(log, "Server report:\n"+udpHead+"[  0]  0.0- 1.0 sec  1.25 MByte  10.5 Mbits/sec  0.812 ms   3/893 (0.3%)\n") {
				t.Errorf("the log has %q", log)
			}
			b.ok(`AT+IPERF="RX","UDP"`)
		})
	}
}

// shoot sends datagrams with these ids to the module's server, a millisecond apart.
func (b *bench) shoot(c *memnet.PacketConn, ids ...int32) {
	p := make([]byte, 1470)
	synctest.Wait()
	for _, id := range ids {
		now := time.Now()
		binary.BigEndian.PutUint32(p, uint32(id))
		binary.BigEndian.PutUint32(p[4:], uint32(now.Unix()))
		binary.BigEndian.PutUint32(p[8:], uint32(now.Nanosecond()/1000))
		c.WriteToUDPAddrPort(p, netip.MustParseAddrPort(module+":5001"))
		time.Sleep(time.Millisecond)
	}
}

func count(from, to int32) (ids []int32) {
	for id := from; id <= to; id++ {
		ids = append(ids, id)
	}
	return ids
}

func TestUDPDownload(t *testing.T) {
	const local = "local 127.67.0.2 port 5001 connected with 192.168.1.9 port 5001\n"
	for _, c := range []struct {
		name string
		ids  []int32
		row  string
	}{
		{"ids from 0", append(count(0, 499), -500), "[  0]  0.0- 0.5 sec   718 KByte  11.8 Mbits/sec  0.000 ms   0/500 (0.0%)\n"},
		{"ids from 1", append(count(1, 500), -501), "[  0]  0.0- 0.5 sec   719 KByte  11.8 Mbits/sec  0.000 ms   1/501 (0.2%)\n"},
		{"some lost", append(append(count(0, 99), count(110, 499)...), -500), "[  0]  0.0- 0.5 sec   703 KByte  11.8 Mbits/sec  0.000 ms   10/500 (2.0%)\n"},
		{"one late", append(append([]int32{0, 1, 3, 4, 2}, count(5, 499)...), -500), "[  0]  0.0- 0.5 sec   718 KByte  11.8 Mbits/sec  0.000 ms   1/500 (0.2%)\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				b := open(t, setup{})
				b.ok(`AT+IPERF="RX","UDP"`)
				b.shoot(b.socket(), c.ids...)
				time.Sleep(100 * time.Millisecond)
				b.said(udpBanner, local, udpHead, c.row, "\n")
				b.ok(`AT+IPERF="RX","UDP"`)
				b.ok("AT+IPERFSTOP")
				b.said(udpBanner, "\n", closeLine)
			})
		})
	}
}

// Without an end the server waits; its rows come with the datagrams.
func TestUDPDownloadWithoutEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{})
		b.ok(`AT+IPERF="RX","UDP",,2,5001`)
		b.shoot(b.socket(), count(0, 1500)...)
		time.Sleep(time.Minute)
		b.refused(`AT+IPERF="RX","UDP"`)
		b.ok("AT+IPERFSTOP")
		b.said(udpBanner, "local 127.67.0.2 port 5001 connected with 192.168.1.9 port 5001\n", udpHead,
			"[  0]  0.0- 1.0 sec  1.40 MByte  11.8 Mbits/sec  0.000 ms   0/1000 (0.0%)\n", "\n", closeLine)
	})
}

// The radio's loss is seen by the server, and only that.
func TestUDPDownloadLosesOnTheRadio(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := open(t, setup{loss: 0.1})
		b.ok(`AT+IPERF="RX","UDP"`)
		b.shoot(b.socket(), append(count(0, 899), -900, -900, -900, -900)...)
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		_, row, _ := strings.Cut(b.logged(), " ms   ")
		lost, total := 0, 0
		if n, _ := fmt.Sscanf(row, "%d/%d", &lost, &total); n != 2 || total != 900 || lost < 60 || lost > 120 {
			t.Errorf("lost %q", row)
		}
	})
}

func TestUDPDownloadSendsItsReport(t *testing.T) {
	for _, s := range []setup{{quirks: []string{"iperf-report"}}, {quirks: []string{"iperf-report", "iperf-clean"}}} {
		bubble(t, func(t *testing.T) {
			header := []int{12, 16}[len(s.quirks)-1]
			b := open(t, s)
			b.ok(`AT+IPERF="RX","UDP"`)
			c := b.socket()
			b.shoot(c, append(count(0, 499), -500)...)
			start := time.Now()
			go func() {
				time.Sleep(100 * time.Millisecond)
				b.shoot(c, -500)
			}()
			got := gather(t, c)
			if len(got) != 2 || len(got[0].data) != header+40 {
				t.Fatalf("%d reports came", len(got))
			}
			r := got[1].data
			word := func(i int) uint32 { return binary.BigEndian.Uint32(r[header+4*i:]) }
			if got[0].id != -500 || word(0) != 0x80000000 || word(2) != 500*1470 || word(3) != 0 || word(4) != 500000 || word(5) != 0 || word(7) != 500 {
				t.Errorf("the report is % x", r)
			}
			if d := got[1].at.Sub(start); d < 100*time.Millisecond || d > 110*time.Millisecond {
				t.Errorf("the second report came after %v", d)
			}
			b.ok(`AT+IPERF="RX","UDP"`)
		})
	}
}

// One seed gives one run, losses included.
func TestSameSeedSameRun(t *testing.T) {
	var first string
	for k := range 3 {
		bubble(t, func(t *testing.T) {
			b := open(t, setup{loss: 0.2})
			c := b.socket()
			b.ok(`AT+IPERF="TX","UDP","192.168.1.9",2`)
			l := b.listen()
			all := gather(t, c)
			b.ok(`AT+IPERF="TX","TCP","192.168.1.9",2`)
			got := receive(accept(t, l))
			synctest.Wait()
			s := fmt.Sprint(b.logged(), len(all), all[len(all)-1].at, len(got.payload), got.ended)
			if k == 0 {
				first = s
			} else if s != first {
				t.Errorf("run %d gives\n%s\nafter\n%s", k, s, first)
			}
			if len(all) > 2800 || len(all) < 2100 {
				t.Errorf("%d datagrams came", len(all))
			}
		})
	}
}
