package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"st67bench/transport/spi"
	"st67bench/transport/uart"
)

// link opens the rig's link; nil when that is not possible.
func (c *checker) link(ctx context.Context) *opened {
	url := c.rig.Module
	if url.Scheme == "uart" {
		c.port("port", url.Target)
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
	switch l := o.link.(type) {
	case *uart.Port:
		c.line(l)
	case *spi.Link:
		c.spiLink(l)
		return o // its warnings are the note
	}
	if o.note != "" {
		c.report(warn, "port", o.note)
	}
	return o
}

// port says which adapter the device is, who else holds it, and what name survives replugging.
func (c *checker) port(name, device string) {
	info := portInfo(device)
	text := device
	if info.VID != "" {
		text += fmt.Sprintf(", %s %s:%s", strings.TrimSpace(info.Product), info.VID, info.PID)
	}
	if info.ByID != "" && info.ByID != device {
		text += ", use " + info.ByID
	}
	if _, err := os.Stat(device); err == nil {
		c.report(ok, name, text)
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
	ports, err := uart.List()
	if err != nil {
		return uart.Info{}
	}
	device = realPath(device)
	i := slices.IndexFunc(ports, func(p uart.Info) bool { return p.Device == device })
	if i < 0 {
		return uart.Info{}
	}
	return ports[i]
}

// realPath follows links such as those below /dev/serial/by-id.
func realPath(device string) string {
	if path, err := filepath.EvalSymlinks(device); err == nil {
		return path
	}
	return device
}

// line looks at an open serial line.
func (c *checker) line(p *uart.Port) {
	cond := p.Conditions()
	c.report(ok, "rate", fmt.Sprintf("%s baud asked, %s baud read back, flow %s", p.Identity()["baud"], orDash(cond["rate"]), p.Identity()["flow"]))
	if timer := cond["latency_timer"]; timer != "" && timer != "1" {
		c.report(wrong, "latency", fmt.Sprintf("FTDI latency timer is %s ms: every reply waits up to %s ms", timer, timer),
			"echo 1 | sudo tee /sys/bus/usb-serial/devices/"+filepath.Base(realPath(c.rig.Module.Target))+"/latency_timer")
	}
	if c.rig.Module.Get("flow") == uart.FlowRTSCTS {
		c.cts(p)
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
