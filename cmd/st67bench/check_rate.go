package main

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"time"

	"st67bench/transport"
	"st67bench/transport/uart"
)

// wakeTime is how long a module may take from power-up to its first answer.
const wakeTime = 5 * time.Second

// measuredRate holds the rate of a long reply on a serial line against the rate that was asked.
func (c *checker) measuredRate(link *opened) {
	p, serial := link.link.(*uart.Port)
	if !serial {
		return
	}
	asked, _ := strconv.ParseFloat(p.Identity()["baud"], 64)
	rates, err := measureRates(link.conn)
	if err != nil {
		c.report(skip, "rate", "not measured: "+err.Error())
		return
	}
	f := judgeRates(rates, asked)
	c.report(f.Status, f.Name, f.Text, f.Fix...)
}

// judgeRates holds sorted rates of long replies against the rate that was asked.
// An adapter that does not keep up is slow in every reply; a busy host reads some
// first and last bytes late, which makes those replies too fast or too slow.
func judgeRates(rates []float64, asked float64) finding {
	if len(rates) < rateRounds/2 {
		return finding{Status: skip, Name: "rate", Text: "not measured: the long reply came in one piece"}
	}
	measured := rates[len(rates)/2]
	switch {
	case measured >= 0.9*asked && measured <= 1.1*asked:
		return finding{Status: ok, Name: "rate", Text: fmt.Sprintf("a long reply came at %.3g Mbaud", measured/1e6)}
	case rates[3*len(rates)/4] < 0.9*asked:
		return finding{wrong, "rate",
			fmt.Sprintf("a long reply came at %.0f baud, not at %.0f: the adapter does not keep up or buffers", measured, asked),
			[]string{"another adapter, or a lower baud on both sides"}}
	default:
		return finding{Status: skip, Name: "rate", Text: "not measured: this host was too busy to read a long reply as it came"}
	}
}

// rateRounds is how many long replies are timed.
const rateRounds = 15

// measureRates are the rates, in bit/s and sorted, at which replies to AT+GMR came.
func measureRates(conn transport.Conn) ([]float64, error) {
	defer conn.SetReadDeadline(time.Time{})
	for end := time.Now().Add(wakeTime); ; {
		_, err := exchange(conn, "AT", 300*time.Millisecond)
		if err == nil {
			break
		}
		if time.Now().After(end) {
			return nil, err
		}
	}
	var rates []float64
	for range rateRounds {
		r, err := exchange(conn, "AT+GMR", 2*time.Second)
		if err != nil {
			return nil, err
		}
		if rate, known := r.rate(); known {
			rates = append(rates, rate)
		}
	}
	slices.Sort(rates)
	return rates, nil
}

// chunks is how a reply came in.
type chunks struct {
	n           int // reads
	first, last time.Time
	firstBytes  int
	bytes       int
}

// rate is the bytes after the first read over the time from the first read to
// the last, at 10 bit times a byte; unknown with fewer than three reads.
func (c chunks) rate() (bitsPerSecond float64, known bool) {
	if c.n < 3 || !c.last.After(c.first) {
		return 0, false
	}
	return 10 * float64(c.bytes-c.firstBytes) / c.last.Sub(c.first).Seconds(), true
}

// exchange writes a command and reads until its OK.
func exchange(conn transport.Conn, command string, limit time.Duration) (chunks, error) {
	var c chunks
	if _, err := conn.Write([]byte(command + "\r\n")); err != nil {
		return c, err
	}
	if err := conn.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return c, err
	}
	var seen []byte
	buf := make([]byte, 4096)
	for !bytes.HasSuffix(seen, []byte("\r\nOK\r\n")) {
		n, err := conn.Read(buf)
		now := time.Now()
		if err != nil {
			return c, fmt.Errorf("%s: %w; %d bytes seen: %q", command, err, len(seen), seen)
		}
		if c.n++; c.n == 1 {
			c.first, c.firstBytes = now, n
		}
		c.last = now
		c.bytes += n
		seen = append(seen, buf[:n]...)
	}
	return c, nil
}
