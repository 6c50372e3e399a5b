package spi

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// openDevice opens a spidev and its lines, measures the clock and starts the
// link.
func openDevice(c Config) (*Link, error) {
	b, err := openBoard(c)
	if err != nil {
		return nil, err
	}
	limit := b.MaxTransfer()
	if c.Max > 0 {
		limit = min(c.Max, limit)
	}
	clock, err := measureClock(b, limit)
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	l, err := New(b, b, Options{Name: c.URL(), Speed: c.Speed, Max: c.Max})
	if err != nil {
		return nil, err
	}
	l.clock = clock
	l.describe(c, controller("/sys", c.Device), b, clock)
	return l, nil
}

// describe fills in conditions and warnings.
func (l *Link) describe(c Config, h hostController, b *board, clock float64) {
	l.conditions = map[string]string{
		"clock":     strconv.FormatFloat(clock, 'f', 0, 64),
		"bufsiz":    strconv.Itoa(b.bufsiz),
		"native_cs": "off",
		"host":      "native",
	}
	warn := func(format string, args ...any) { l.warnings = append(l.warnings, fmt.Sprintf(format, args...)) }
	if h.driver != "" {
		l.conditions["driver"] = h.driver
	}
	if h.usb {
		l.conditions["host"] = "usb"
		warn("the SPI controller is behind USB: each transaction waits for the bus, so its latency figures are the bridge's")
	}
	if b.nativeCS {
		l.conditions["native_cs"] = "unconnected"
		warn("%s drives its own CS pin whatever is asked: leave that pin unconnected", c.Device)
	}
	if w := clockWarning(float64(c.Speed), clock); w != "" {
		warn("%s", w)
	}
	if c.Max > b.bufsiz {
		warn("transfers of %d bytes were asked for, spidev takes %d: add spidev.bufsiz=%d to the kernel command line", c.Max, b.bufsiz, c.Max)
	}
}

// hostController is what sysfs tells of a spidev's controller.
type hostController struct {
	driver string
	usb    bool
}

// controller looks a spidev up below sys: the device's folder is
// CONTROLLER/spi_master/spiN/spiN.M.
func controller(sys, device string) hostController {
	if real, err := filepath.EvalSymlinks(device); err == nil {
		device = real
	}
	dir, err := filepath.EvalSymlinks(filepath.Join(sys, "class/spidev", filepath.Base(device), "device"))
	if err != nil {
		return hostController{}
	}
	parent := filepath.Dir(filepath.Dir(filepath.Dir(dir)))
	h := hostController{usb: strings.Contains(parent, "/usb")}
	if target, err := os.Readlink(filepath.Join(parent, "driver")); err == nil {
		h.driver = filepath.Base(target)
	}
	return h
}

// bufsiz is the most bytes of one spidev message: a parameter of its module,
// 4096 unless it was changed.
func bufsiz(sys string) int {
	const usual = 4096
	b, err := os.ReadFile(filepath.Join(sys, "module/spidev/parameters/bufsiz"))
	if err != nil {
		return usual
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || n <= 0 {
		return usual
	}
	return n
}

// deviceError says what to do about a device that did not open.
func deviceError(device string, err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("spi: %w; add yourself to the group of the device (ls -l %s; often sudo usermod -aG spi,gpio $USER), then log in again", err, device)
	case errors.Is(err, fs.ErrNotExist):
		there, _ := filepath.Glob("/dev/spidev*")
		if len(there) == 0 {
			return fmt.Errorf("spi: %w; this machine shows no spidev: switch SPI on (Raspberry Pi: dtparam=spi=on and dtoverlay=spi0-0cs in config.txt)", err)
		}
		return fmt.Errorf("spi: %w; here are %s", err, strings.Join(there, ", "))
	}
	return fmt.Errorf("spi: open %s: %w", device, err)
}
