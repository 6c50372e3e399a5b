package main

import (
	"os"
	"strings"
)

// rigAnswers is what a rig file is made of.
type rigAnswers struct {
	module, ssid, peer string
	found              hardware
}

// rigText is a commented rig file. Secrets are never written: the file names
// the variables of the environment that hold them.
func rigText(r rigAnswers) string {
	emulated := strings.HasPrefix(r.module, "emulated")
	var b strings.Builder
	line := func(s string) { b.WriteString(s + "\n") }
	line("# A rig: the module and what stands round it. Reference: docs/rig.md")
	line("name: " + quoteYAML(hostName()))
	line("")
	line("# How this host reaches the module. ST's shipped T01 images speak AT over SPI only.")
	line("module: " + quoteYAML(r.module))
	line("")
	line("# The network that the module joins. The password comes from the environment only:")
	line("#   export ST67_PASSWORD=…")
	if emulated {
		line("# The emulated module knows its own air.")
		line(`# wifi: {ssid: "${ST67_SSID}", password: "${ST67_PASSWORD}"}`)
	} else {
		line("wifi: {ssid: " + quoteYAML(r.ssid) + `, password: "${ST67_PASSWORD}"}`)
	}
	line("")
	line("# The address that the module dials. Without it: this host's address in the module's subnet.")
	if r.peer != "" && r.peer != "auto" {
		line("peer: {address: " + r.peer + "}")
	} else {
		line("# peer: {address: 192.168.1.10}")
	}
	line("# A network end on another machine (docs/peer.md): peer: {via: HOST:PORT}")
	line("")
	line("# The current meter in the module's supply. Options: docs/rig.md")
	if len(r.found.meters) > 0 {
		m := r.found.meters[0]
		line("meter: " + quoteYAML(m.scheme+":"+m.device))
	} else {
		line("# meter: ppk2:/dev/serial/by-id/…")
	}
	line("")
	line("# What the access point is set to; check compares.")
	line("# ap: {dtim: 1, beacon: 102.4ms, twt: true}")
	if strings.HasPrefix(r.module, "uart:") || strings.HasPrefix(r.module, "rfc2217:") || strings.HasPrefix(r.module, "tcp:") {
		line("")
		line("# A serial line does not wake a module that sleeps; a GPIO line of this host at its wake-up pin does.")
		line("# wake: pinctrl-rp1/GPIO26?pin=28")
	}
	return b.String()
}

// hostName is this host's name as a rig may be called.
func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return "bench"
	}
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
	return orDefault(strings.Trim(name, "-_."), "bench")
}
