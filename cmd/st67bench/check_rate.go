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
	measured, known, err := measureRate(link.conn)
	switch {
	case err != nil:
		c.report(skip, "rate", "not measured: "+err.Error())
	case !known:
		c.report(skip, "rate", "not measured: the long reply came in one piece")
	case measured > 1.1*asked: // no line carries bytes faster than its rate: their pieces were read late
		c.report(skip, "rate", "not measured: this host was too busy to read a long reply as it came")
	case measured < 0.9*asked:
		c.report(wrong, "rate", fmt.Sprintf("a long reply came at %.0f baud, not at %.0f: the adapter does not keep up or buffers", measured, asked),
			"another adapter, or a lower baud on both sides")
	default:
		c.report(ok, "rate", fmt.Sprintf("a long reply came at %.3g Mbaud", measured/1e6))
	}
}

// rateRounds is how many long replies are timed: the reader wakes late for some
// of their first and last bytes, and the median does not mind.
const rateRounds = 15

// measureRate estimates the line rate, in bit/s, as the median over replies to AT+GMR.
func measureRate(conn transport.Conn) (rate float64, known bool, err error) {
	defer conn.SetReadDeadline(time.Time{})
	for end := time.Now().Add(wakeTime); ; {
		_, err := exchange(conn, "AT", 300*time.Millisecond)
		if err == nil {
			break
		}
		if time.Now().After(end) {
			return 0, false, err
		}
	}
	var rates []float64
	for range rateRounds {
		r, err := exchange(conn, "AT+GMR", 2*time.Second)
		if err != nil {
			return 0, false, err
		}
		if rate, known := r.rate(); known {
			rates = append(rates, rate)
		}
	}
	if len(rates) < rateRounds/2 {
		return 0, false, nil
	}
	slices.Sort(rates)
	return rates[len(rates)/2], true, nil
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
