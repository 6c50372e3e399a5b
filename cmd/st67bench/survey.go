package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"st67bench/transport/uart"
)

// hardware is what init finds on this host.
type hardware struct {
	ports     []uart.Info // serial ports that are no meter
	meters    []meterPort
	spi       []string // /dev/spidev*
	gpio      []string // labels of GPIO chips
	addresses []string // of this host, without loopback
}

// meterPort is a serial port that is a current meter.
type meterPort struct {
	scheme, name, device string
}

// meterIDs are the USB identities of the meters (vendor's port descriptions).
var meterIDs = map[string]struct{ scheme, name string }{
	"0483:3757": {"v3pwr", "STLINK-V3PWR"},
	"0483:5740": {"lpm01a", "X-NUCLEO-LPM01A"},
	"1915:C00A": {"ppk2", "Nordic PPK2"},
	"1915:520F": {"ppk2", "Nordic PPK2"},
	"1915:521F": {"ppk2", "Nordic PPK2"},
}

// survey looks at this host. What cannot be listed counts as not there.
func survey() hardware {
	var h hardware
	ports, _ := uart.List()
	for _, p := range ports {
		m, isMeter := meterIDs[strings.ToUpper(p.VID+":"+p.PID)]
		if isMeter {
			h.meters = append(h.meters, meterPort{m.scheme, m.name, orDefault(p.ByID, p.Device)})
			continue
		}
		h.ports = append(h.ports, p)
	}
	h.spi, _ = filepath.Glob("/dev/spidev*")
	h.gpio = gpioLabels()
	h.addresses = hostAddresses()
	return h
}

// gpioLabels are the labels of the GPIO chips, which stay the same between boards and kernels where numbers do not.
func gpioLabels() []string {
	files, _ := filepath.Glob("/sys/class/gpio/gpiochip*/label")
	var labels []string
	for _, f := range files {
		text, err := os.ReadFile(f)
		label := strings.TrimSpace(string(text))
		if err == nil && label != "" && !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
	}
	slices.SortFunc(labels, func(a, b string) int { return headerFirst(a) - headerFirst(b) })
	return labels
}

// headerFirst puts the chips that carry a board's pin header before the others.
func headerFirst(label string) int {
	if strings.HasPrefix(label, "pinctrl-") {
		return 0
	}
	return 1
}

func hostAddresses() []string {
	addrs, _ := net.InterfaceAddrs()
	var found []string
	for _, a := range addrs {
		n, isNet := a.(*net.IPNet)
		if !isNet {
			continue
		}
		p, valid := toPrefix(n)
		if valid && p.Addr().Is4() && !p.Addr().IsLoopback() {
			found = append(found, p.Addr().String())
		}
	}
	return found
}

// usbPort is the first serial port on USB: the board's own ports have a console on them.
func (h hardware) usbPort() string {
	for _, p := range h.ports {
		if p.VID != "" {
			return orDefault(p.ByID, p.Device)
		}
	}
	return ""
}

// lines says what was found.
func (h hardware) lines() []string {
	var out []string
	add := func(what, text string) { out = append(out, fmt.Sprintf("%-9s %s", what, text)) }
	for _, p := range h.ports {
		text := p.Device
		if p.Product != "" {
			text += ", " + p.Product
		}
		add("port", text)
	}
	for _, m := range h.meters {
		add("meter", m.name+" on "+m.device)
	}
	for _, s := range h.spi {
		add("spi", s)
	}
	for _, g := range h.gpio {
		add("gpio", g)
	}
	for _, a := range h.addresses {
		add("address", a)
	}
	if h.usbPort() == "" && len(h.spi) == 0 {
		add("link", "no USB serial port and no SPI device found")
	}
	return out
}
