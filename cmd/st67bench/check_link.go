package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"st67bench/transport"
	"st67bench/transport/uart"
)

// link opens the rig's link; nil when that is not possible.
func (c *checker) link(ctx context.Context) *opened {
	url := c.rig.Module
	if url.Scheme == "uart" {
		c.port(url.Target)
	}
	o, err := openLink(ctx, url)
	if err != nil {
		c.report(wrong, "port", err.Error())
		return nil
	}
	switch {
	case o.emulated():
		c.report(ok, "port", "EMULATED MODULE: these findings are the emulator's, not a module's; "+o.conn.String())
	case url.Scheme != "uart":
		c.report(ok, "port", o.conn.String())
	}
	if o.note != "" {
		c.report(warn, "port", o.note)
	}
	if p, isPort := o.link.(*uart.Port); isPort {
		c.line(p, o)
	}
	return o
}

// port says which adapter the device is, who else holds it, and what name survives replugging.
func (c *checker) port(device string) {
	info := portInfo(device)
	text := device
	if info.VID != "" {
		text += fmt.Sprintf(", %s %s:%s", strings.TrimSpace(info.Product), info.VID, info.PID)
	}
	if info.ByID != "" && info.ByID != device {
		text += ", use " + info.ByID
	}
	if _, err := os.Stat(device); err == nil {
		c.report(ok, "port", text)
	}
	pid, program, held := uart.Holder(device)
	if !held || pid == os.Getpid() {
		return
	}
	if program == "ModemManager" {
		c.report(wrong, "holder", fmt.Sprintf("ModemManager (pid %d) has the port open and sends AT to it", pid),
			"udev rule in docs/rig.md, then: sudo systemctl restart ModemManager")
		return
	}
	c.report(wrong, "holder", fmt.Sprintf("%s (pid %d) has the port open", program, pid), "end it: kill "+strconv.Itoa(pid))
}

// portInfo is what is known of a device, whatever name it was called by.
func portInfo(device string) uart.Info {
	real, err := filepath.EvalSymlinks(device)
	if err != nil {
		return uart.Info{}
	}
	ports, err := uart.List()
	if err != nil {
		return uart.Info{}
	}
	for _, p := range ports {
		if p.Device == real {
			return p
		}
	}
	return uart.Info{}
}

// line looks at an open serial line.
func (c *checker) line(p *uart.Port, o *opened) {
	cond := p.Conditions()
	c.report(ok, "rate", fmt.Sprintf("%s baud asked, %s baud read back, flow %s", p.Identity()["baud"], orDash(cond["rate"]), p.Identity()["flow"]))
	if timer := cond["latency_timer"]; timer != "" && timer != "1" {
		c.report(wrong, "latency", fmt.Sprintf("FTDI latency timer is %s ms: every reply waits up to %s ms", timer, timer),
			"echo 1 | sudo tee /sys/bus/usb-serial/devices/"+filepath.Base(c.rig.Module.Target)+"/latency_timer")
	}
	if c.rig.Module.Get("flow") == uart.FlowRTSCTS {
		c.cts(p)
	}
	c.measuredRate(p, o)
}

// measuredRate holds the rate of a long reply against the rate that was asked.
func (c *checker) measuredRate(p *uart.Port, o *opened) {
	asked, _ := strconv.ParseFloat(p.Identity()["baud"], 64)
	measured, known, err := measureRate(o.conn, "AT+GMR", "\r\nOK\r\n")
	switch {
	case err != nil:
		c.report(skip, "rate", "not measured: "+err.Error())
	case !known:
		c.report(skip, "rate", "not measured: the reply came in one piece")
	case math.Abs(measured/asked-1) > 0.1:
		c.report(wrong, "rate", fmt.Sprintf("a long reply came at %.0f baud, not at %.0f: the adapter does not keep up or buffers", measured, asked),
			"another adapter, or a lower baud on both sides")
	default:
		c.report(ok, "rate", fmt.Sprintf("a long reply came at %.3g Mbaud", measured/1e6))
	}
}

// cts says whether the module's RTS arrives at our CTS.
func (c *checker) cts(p *uart.Port) {
	asserted, known := p.CTS()
	switch {
	case !known:
		c.report(skip, "cts", "this line has no modem lines")
	case asserted:
		c.report(ok, "cts", "asserted: the module is ready to receive")
	default:
		c.report(wrong, "cts", "CTS is not asserted: the module's RTS is not wired to it, or this module has no flow control",
			"wire the module's RTS to the adapter's CTS and its CTS to RTS, or use flow=none")
	}
}

// measureRate estimates the line rate, in bit/s, from a long reply: bytes after
// the first chunk over the time from the first chunk to the last, at 10 bit
// times a byte. ok is false when the reply came in too few chunks to tell.
func measureRate(conn transport.Conn, command, end string) (rate float64, ok bool, err error) {
	if err := conn.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return 0, false, err
	}
	defer conn.SetReadDeadline(time.Time{})
	if _, err := conn.Write([]byte(command + "\r\n")); err != nil {
		return 0, false, err
	}
	var seen []byte
	var firstAt, lastAt time.Time
	var firstLen, chunks int
	buf := make([]byte, 4096)
	for !bytes.HasSuffix(seen, []byte(end)) {
		n, err := conn.Read(buf)
		lastAt = time.Now()
		if err != nil {
			return 0, false, fmt.Errorf("%s: %w; %d bytes seen: %q", command, err, len(seen), seen)
		}
		if chunks++; chunks == 1 {
			firstAt, firstLen = lastAt, n
		}
		seen = append(seen, buf[:n]...)
	}
	if span := lastAt.Sub(firstAt); chunks >= 3 && span > 0 {
		return 10 * float64(len(seen)-firstLen) / span.Seconds(), true, nil
	}
	return 0, false, nil
}
