package emulator

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// keys are the keys of the link URL `emulated?key=value&…`, with what takes
// each value.
var keys = map[string]func(*Config, string) error{
	"link":          func(c *Config, v string) error { c.Link = v; return nil },
	"build":         func(c *Config, v string) error { c.Build = v; return nil },
	"profile":       func(c *Config, v string) error { c.Profile = v; return nil },
	"quirk":         func(c *Config, v string) error { c.Quirks = append(c.Quirks, v); return nil },
	"fault":         func(c *Config, v string) error { c.Faults = append(c.Faults, v); return nil },
	"baud":          parseBaud,
	"flow":          func(c *Config, v string) error { c.Flow = v; return nil },
	"seed":          parseSeed,
	"unit":          func(c *Config, v string) error { return parseWhole(v, &c.Unit) },
	"loss":          func(c *Config, v string) error { return parseShare(v, &c.Loss) },
	"beacon-loss":   func(c *Config, v string) error { return parseShare(v, &c.BeaconLoss) },
	"drift":         parseDrift,
	"current":       func(c *Config, v string) error { return parseCurrent(v, &c.Currents) },
	"radio":         func(c *Config, v string) error { return parseRate(v, &c.RadioRate) },
	"outage":        parseOutage,
	"latency":       func(c *Config, v string) error { return parseTime(v, &c.CommandLatency) },
	"radio-latency": func(c *Config, v string) error { return parseTime(v, &c.RadioLatency) },
	"speed":         parseSpeed,
	"max":           parseMax,
	"ready":         func(c *Config, v string) error { return parseTime(v, &c.ReadyHigh) },
	"overhead":      func(c *Config, v string) error { return parseTime(v, &c.Overhead) },
	"wake":          func(c *Config, v string) error { return parseTime(v, &c.Wake) },
	"air":           parseAir,
	"rssi":          func(c *Config, v string) error { return parseWhole(v, &c.RSSI) },
	"dtim":          func(c *Config, v string) error { return parseWhole(v, &c.DTIM) },
	"beacon":        func(c *Config, v string) error { return parseWhole(v, &c.Beacon) },
	"twt":           parseTWT,
	"boot":          func(c *Config, v string) error { return parseTime(v, &c.Boot) },
}

// repeatable are the keys that may come more than once.
var repeatable = []string{"quirk", "fault", "outage", "current"}

// Parse reads the query of an `emulated?…` link URL; the package comment has its
// keys. Every mistake is in the error, one a line.
func Parse(query url.Values) (Config, error) {
	var c Config
	var bad []error
	for _, key := range slices.Sorted(maps.Keys(query)) {
		set := keys[key]
		if set == nil {
			bad = append(bad, fmt.Errorf("emulated module: unknown key %q; allowed are %s", key,
				strings.Join(slices.Sorted(maps.Keys(keys)), ", ")))
			continue
		}
		values := query[key]
		if len(values) > 1 && !slices.Contains(repeatable, key) {
			bad = append(bad, fmt.Errorf("emulated module: %s is given %d times", key, len(values)))
			continue
		}
		for _, v := range values {
			if err := set(&c, v); err != nil {
				bad = append(bad, fmt.Errorf("emulated module: %s=%s: %w", key, v, err))
			}
		}
	}
	full := c.withDefaults()
	_, _, err := full.check()
	if err = errors.Join(append(bad, err)...); err != nil {
		return Config{}, err
	}
	return c, nil
}

// parseBaud takes bit/s; 0 is a line that takes no time.
func parseBaud(c *Config, v string) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 {
		return errors.New("not a rate in bit/s, nor 0 for a line that takes no time")
	}
	c.Baud = n
	if n == 0 {
		c.Baud = Unpaced
	}
	return nil
}

// parseSpeed takes a clock in Hz, kHz or MHz; 0 is one that takes no time.
func parseSpeed(c *Config, v string) error {
	scale := 1.0
	number := v
	for _, u := range []struct {
		name  string
		scale float64
	}{{"MHz", 1e6}, {"kHz", 1e3}, {"Hz", 1}} {
		if before, ok := strings.CutSuffix(v, u.name); ok {
			number, scale = before, u.scale
			break
		}
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || !(f >= 0) || f*scale > math.MaxInt32 {
		return errors.New("not a clock such as 20MHz, nor 0 for one that takes no time")
	}
	c.Speed = int(math.Round(f * scale))
	if c.Speed == 0 {
		c.Speed = Unpaced
	}
	return nil
}

// parseMax takes the longest transfer of an SPI host, which alone has to keep to it.
func parseMax(_ *Config, v string) error {
	if n, err := strconv.Atoi(v); err != nil || n < 1 {
		return errors.New("not a number of bytes")
	}
	return nil
}

func parseSeed(c *Config, v string) (err error) {
	if c.Seed, err = strconv.ParseUint(v, 0, 64); err != nil {
		return errors.New("not a whole number from 0 on")
	}
	return nil
}

// parseDrift takes parts per million.
func parseDrift(c *Config, v string) (err error) {
	if c.Drift, err = strconv.ParseFloat(strings.TrimSuffix(v, "ppm"), 64); err != nil || math.IsNaN(c.Drift) {
		return errors.New("not a number of parts per million such as -20ppm")
	}
	return nil
}

// parseShare takes a fraction or a percentage.
func parseShare(v string, to *float64) error {
	number, percent := strings.CutSuffix(v, "%")
	p, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsNaN(p) {
		return errors.New("not a fraction, nor a percentage")
	}
	if percent {
		p /= 100
	}
	*to = p
	return nil
}

// parseRate takes bit/s with the units bit/s, kbit/s, Mbit/s and Gbit/s.
func parseRate(v string, to *float64) error {
	if v == "unlimited" {
		*to = math.Inf(1)
		return nil
	}
	scale := 1.0
	for _, u := range []struct {
		name  string
		scale float64
	}{{"kbit/s", 1e3}, {"Mbit/s", 1e6}, {"Gbit/s", 1e9}, {"bit/s", 1}} {
		if number, ok := strings.CutSuffix(v, u.name); ok {
			v, scale = number, u.scale
			break
		}
	}
	n, err := strconv.ParseFloat(v, 64)
	if err != nil || !(n > 0) || math.IsInf(n, 0) {
		return errors.New("not a rate such as 10Mbit/s, nor unlimited")
	}
	*to = n * scale
	return nil
}

// parseTime takes a time; 0 is none.
func parseTime(v string, to *time.Duration) error {
	d, err := duration(v)
	if err != nil {
		return err
	}
	*to = d
	if d == 0 {
		*to = None
	}
	return nil
}

func duration(v string) (time.Duration, error) {
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is not a time such as 250us or 1.5s", v)
	}
	return d, nil
}

// parseOutage takes AFTER:FOR[/EVERY].
func parseOutage(c *Config, v string) error {
	after, rest, ok := strings.Cut(v, ":")
	long, every, again := strings.Cut(rest, "/")
	if !ok {
		return errors.New("not AFTER:FOR[/EVERY], such as 5s:200ms/10s")
	}
	var o Outage
	var bad [3]error
	o.After, bad[0] = duration(after)
	o.For, bad[1] = duration(long)
	if again {
		o.Every, bad[2] = duration(every)
	}
	c.Outages = append(c.Outages, o)
	return errors.Join(bad[:]...)
}
