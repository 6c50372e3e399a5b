package spi

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net"
	"strconv"
	"strings"
	"time"
)

// Speeds that Open accepts, in Hz. The module's clock ends at 40 MHz (T_cyc of
// at least 25 ns).
const (
	MinSpeed = 100_000
	MaxSpeed = 40_000_000
)

// Config says which link to open and how. A line is written CHIP/LINE: the GPIO
// chip's label, because chip numbers change between boards and kernels, and the
// line's name or offset.
type Config struct {
	Device  string // "/dev/spidev0.0", or "unix:PATH" for the pin level on a socket, which has no lines
	Speed   int    // clock in Hz, MinSpeed..MaxSpeed; 0 on a socket leaves it unknown
	CS, RDY string // chip select and ready
	EN      string // CHIP_EN; empty when the board ties it high, then there is no Reset
	Boot    string // BOOT, held low; empty when the board does that
	Max     int    // bytes of one transfer, header and padding included; 0 means what the driver allows
}

// URL is the link URL of this configuration.
func (c Config) URL() string {
	var query []string
	add := func(key, value string) {
		if value != "" {
			query = append(query, key+"="+value)
		}
	}
	if c.Speed > 0 {
		add("speed", strconv.FormatFloat(float64(c.Speed)/1e6, 'f', -1, 64)+"MHz")
	}
	add("cs", c.CS)
	add("rdy", c.RDY)
	add("en", c.EN)
	add("boot", c.Boot)
	if c.Max > 0 {
		add("max", strconv.Itoa(c.Max))
	}
	url := "spi:" + c.Device
	if len(query) > 0 {
		url += "?" + strings.Join(query, "&")
	}
	return url
}

// Open opens a link by its configuration: on Linux a spidev with GPIO lines,
// anywhere a socket that speaks the pin-level protocol. Its errors say what to
// do: which overlay frees a line, which group a user lacks, which chips exist.
func Open(c Config) (*Link, error) {
	if path, ok := strings.CutPrefix(c.Device, "unix:"); ok {
		return openSocket(path, c)
	}
	if c.Device == "" || c.CS == "" || c.RDY == "" {
		return nil, errors.New("spi: device, cs and rdy are needed, as in spi:/dev/spidev0.0?speed=20MHz&cs=pinctrl-rp1/GPIO22&rdy=pinctrl-rp1/GPIO25")
	}
	if c.Speed < MinSpeed || c.Speed > MaxSpeed {
		return nil, fmt.Errorf("spi: a clock of %d Hz is outside %d..%d", c.Speed, MinSpeed, MaxSpeed)
	}
	return openDevice(c)
}

func openSocket(path string, c Config) (*Link, error) {
	conn, err := net.Dial("unix", path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("spi: %w; start a module there: st67bench emulate --spi unix:%s", err, path)
	}
	if err != nil {
		return nil, fmt.Errorf("spi: %w", err)
	}
	return OpenStream(conn, Options{Name: c.URL(), Speed: c.Speed, Max: c.Max})
}

// clockRuns is how often each length is clocked; the shortest time counts, since
// all that can happen besides makes it longer.
const clockRuns = 6

// measureClock is the bus's real clock in Hz: the slope of transfer time over
// length between a quarter of most and most, which leaves out what each transfer
// costs whatever its length. CS must be low, so that the module ignores it.
func measureClock(bus Bus, most int) (float64, error) {
	short := most / 4
	fast, err := shortest(bus, short)
	if err != nil {
		return 0, err
	}
	slow, err := shortest(bus, most)
	if err != nil {
		return 0, err
	}
	if slow <= fast {
		return 0, fmt.Errorf("spi: %d bytes took %v and %d bytes %v: the clock cannot be measured", short, fast, most, slow)
	}
	return 8 * float64(most-short) / (slow - fast).Seconds(), nil
}

func shortest(bus Bus, n int) (time.Duration, error) {
	tx, rx := make([]byte, n), make([]byte, n)
	best := time.Duration(math.MaxInt64)
	for range clockRuns {
		start := time.Now()
		if err := bus.Transfer(tx, rx); err != nil {
			return 0, err
		}
		best = min(best, time.Since(start))
	}
	return best, nil
}

// clockWarning is a sentence when the clock is more than 5 % off.
func clockWarning(asked, measured float64) string {
	if math.Abs(measured/asked-1) <= 0.05 {
		return ""
	}
	return fmt.Sprintf("the SPI clock is %.3g MHz, not the %.3g MHz that were asked for: ceilings are computed from the real one", measured/1e6, asked/1e6)
}
