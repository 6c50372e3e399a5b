package power

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/results/trace"
	"st67bench/transport/emulator/meter"
)

// train is a current whose integral is known: a floor, and a pulse at the begin of each period.
type train struct {
	floor, pulse  float64 // A
	period, width time.Duration
	start         time.Time
	on            bool
	switched      []bool
}

// beacons is a module in standby: 80 µA, and 38 mA for 2 ms each 102.4 ms.
func beacons() *train {
	return &train{floor: 80e-6, pulse: 38e-3, period: 102400 * time.Microsecond, width: 2 * time.Millisecond}
}

func constantly(amps float64) *train { return &train{floor: amps, pulse: amps, period: time.Second} }

// mean is that over whole periods.
func (s *train) mean() float64 {
	return s.floor + (s.pulse-s.floor)*s.width.Seconds()/s.period.Seconds()
}

// charge is that from the start on.
func (s *train) charge(t float64) float64 {
	period, width := s.period.Seconds(), s.width.Seconds()
	whole := math.Floor(t / period)
	return s.floor*t + (s.pulse-s.floor)*(whole*width+min(t-whole*period, width))
}

func (s *train) Current(dst []float32, from time.Time, rate float64) error {
	t := from.Sub(s.start).Seconds()
	for i := range dst {
		a, b := t+float64(i)/rate, t+float64(i+1)/rate
		dst[i] = 0
		if s.on {
			dst[i] = float32((s.charge(b) - s.charge(a)) * rate)
		}
	}
	return nil
}

func (s *train) Supply(on bool) { s.on, s.switched = on, append(s.switched, on) }
func (s *train) Supplied() bool { return s.on }

type lineCloser interface {
	Line
	io.Closer
}

// bench is a driver and the instrument that it drives.
type bench struct {
	t *testing.T
	Meter
	line   lineCloser
	source *train
	served chan error
	all    *trace.Memory
}

// connect serves an instrument; the test's bubble ends only after disconnect.
func connect(t *testing.T, c meter.Config, source *train) *bench {
	t.Helper()
	source.start, c.Source = time.Now(), source
	m, err := meter.New(c)
	if err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	b := &bench{t: t, line: near, source: source, served: make(chan error, 1), all: &trace.Memory{}}
	go func() { b.served <- m.Serve(context.Background(), far) }()
	return b
}

func (b *bench) disconnect() {
	b.line.Close()
	<-b.served
}

// open makes the driver of a kind.
func (b *bench) open(kind string, set Settings) (err error) {
	switch kind {
	case "v3pwr":
		b.Meter, err = NewV3PWR(context.Background(), b.line, set)
	case "lpm01a":
		b.Meter, err = NewLPM01A(context.Background(), b.line, set)
	default:
		b.Meter, err = NewSCPI(context.Background(), b.line, kind, set)
	}
	return err
}

// stream measures for d.
func (b *bench) stream(d time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return b.Stream(ctx, time.Now(), func(block trace.Block) error { b.all.Add(block); return nil })
}

// emulated opens a driver on an emulated instrument, has it measured for d, and closes it.
func emulated(t *testing.T, c meter.Config, source *train, d time.Duration, set Settings) (b *bench, err error) {
	b = connect(t, c, source)
	defer b.disconnect()
	if err := b.open(c.Kind, set); err != nil {
		return b, err
	}
	err = b.stream(d)
	if c := b.Close(context.Background()); err == nil {
		err = c
	}
	return b, err
}

// of are the events of a kind.
func (b *bench) of(kind trace.EventKind) (all []trace.Event) {
	for _, e := range b.all.Meta.Events {
		if e.Kind == kind {
			all = append(all, e)
		}
	}
	return all
}

// whole is the mean over as many whole periods of the source as there are.
func whole(all []float32, rate float64, period time.Duration) float64 {
	n := int(math.Floor(float64(len(all))/rate/period.Seconds()) * period.Seconds() * rate)
	sum := 0.0
	for _, a := range all[:n] {
		sum += float64(a)
	}
	return sum / float64(n)
}

// The mean is that of the source, within 0.05 %. Noise of one step makes the steps of the instrument's numbers, of up to
// 1/256 of the value, average out. 102.4 ms are 10240 samples at 100 kS/s and 500 of the log.
func TestEmulatedMean(t *testing.T) {
	unraced(t)
	for _, kind := range []string{"v3pwr", "lpm01a", "keysight-elog"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				model := meter.Model{Noise: 1, Seed: 1}
				if meter.SCPI(kind) {
					model.Noise = 0
				}
				source := beacons()
				b, err := emulated(t, meter.Config{Kind: kind, Model: model, Faults: nil}, source, 10*time.Second, Settings{})
				if err != nil {
					t.Fatal(err)
				}
				h := b.Header()
				got := whole(amps(b.all), h.Rate, source.period)
				if math.Abs(got/source.mean()-1) > 0.0005 {
					t.Errorf("mean %v A, want %v", got, source.mean())
				}
				if n := float64(b.all.Meta.Samples); math.Abs(n/h.Rate-10) > 0.15 || len(b.all.Meta.Gaps) > 0 || len(b.of(trace.Compressed)) > 0 {
					t.Errorf("%v samples at %v/s in 10 s, gaps %v, events %v", n, h.Rate, b.all.Meta.Gaps, b.all.Meta.Events)
				}
				if source.on || h.Instrument != kind || math.Abs(h.Volts-3.3) > 0.02 || len(h.Identity) < 2 {
					t.Errorf("on afterwards: %v; header %+v", source.on, h)
				}
			})
		})
	}
}

// A poll sees the mean of a constant current within its digits, and says what it is.
func TestEmulatedPoll(t *testing.T) {
	for _, dialect := range []string{"siglent", "rigol"} {
		synctest.Test(t, func(t *testing.T) {
			b, err := emulated(t, meter.Config{Kind: "psu-poll", Model: meter.Model{Dialect: dialect}}, constantly(0.123), 10*time.Second, Settings{Final: "on"})
			if err != nil {
				t.Fatal(err)
			}
			h := b.Header()
			if h.Rate > 20 || h.Kind != trace.Point || h.VoltsFrom != "measured" || !b.source.on {
				t.Errorf("%s: header %+v, on afterwards: %v", dialect, h, b.source.on)
			}
			for _, a := range amps(b.all) {
				if a != 0.123 {
					t.Errorf("%s: %v A", dialect, a)
				}
			}
			if n := len(amps(b.all)); n < 95 || n > 100 || len(b.all.Meta.Gaps) > 0 {
				t.Errorf("%s: %d readings in 10 s at %v/s, gaps %v", dialect, n, h.Rate, b.all.Meta.Gaps)
			}
		})
	}
}

// What an instrument may get wrong, and what has to come of it.
func TestEmulatedShieldFaults(t *testing.T) {
	unraced(t)
	for _, c := range []struct {
		kind, fault string
		err         string // part of the error; "" for none
		check       func(b *bench) bool
	}{
		{"lpm01a", "warm-up", "", func(b *bench) bool {
			return math.Abs(whole(amps(b.all), shieldRate, b.source.period)/b.source.mean()-1) < 0.0005
		}},
		{"lpm01a", "gap:1000@11s", "", func(b *bench) bool { return slices.Equal(lengths(b), []int64{1000}) }},
		{"v3pwr", "gap:64000@1s", "", func(b *bench) bool { return slices.Equal(lengths(b), []int64{64000}) }},
		{"v3pwr", "gap:5@1s", "", func(b *bench) bool { return b.all.Meta.Samples > 395_000 }}, // too short for its stamps
		{"lpm01a", "stamp-jump:100@11s", "", func(b *bench) bool { return slices.Equal(lengths(b), []int64{10_000}) }},
		{"v3pwr", "compress:10%@1s", "", func(b *bench) bool {
			return len(b.of(trace.Gap)) > 10 && math.Abs(float64(b.all.Meta.Samples)-400_000) < 3000
		}},
		{"v3pwr", "lost-byte@1s", "", func(b *bench) bool { return len(b.of(trace.Implausible)) > 0 && len(lengths(b)) > 0 && inStep(b) }},
		{"lpm01a", "lost-byte@11s", "", func(b *bench) bool { return len(b.of(trace.Implausible)) > 0 && len(lengths(b)) > 0 && inStep(b) }},
		{"v3pwr", "metadata:f6@1s", "", func(b *bench) bool { return len(b.of(trace.PowerDown)) == 1 && len(b.all.Meta.Gaps) == 0 }},
		{"v3pwr", "metadata:f7@1s", "", func(b *bench) bool {
			e := b.of(trace.Voltage)
			return len(e) == 1 && math.Abs(e[0].Value-3.292) < 0.001
		}},
		{"lpm01a", "metadata:f1@11s", "", func(b *bench) bool { e := b.of(trace.Warning); return len(e) == 1 && e[0].Text == "text" }},
		{"lpm01a", "metadata:e7@11s", "", func(b *bench) bool { return len(b.of(trace.Implausible)) == 1 && len(lengths(b)) > 0 && inStep(b) }},
		{"v3pwr", "metadata:10@1s", "", func(b *bench) bool { return len(b.of(trace.Implausible)) == 1 && len(lengths(b)) > 0 && inStep(b) }},
		{"lpm01a", "over-current@11s", "over-current", func(b *bench) bool {
			return len(b.of(trace.OverRange)) == 1 && len(b.of(trace.PowerDown)) == 1 && !b.source.on
		}},
		{"v3pwr", "over-current@1s", "over-current", func(b *bench) bool { return len(b.of(trace.OverRange)) == 1 && b.all.Meta.Samples == 100_000 }},
		{"v3pwr", "supply-drop@1s", "", func(b *bench) bool { a := amps(b.all); return a[len(a)-1] < 1e-9 }},
		{"v3pwr", "stall:400@1s", "", func(b *bench) bool { return len(b.all.Meta.Gaps) == 0 && len(b.of(trace.Compressed)) == 0 }},
		{"v3pwr", "silent@1s", "no byte for 2s after", func(b *bench) bool { return b.all.Meta.Samples > 99_000 }},
		{"lpm01a", "silent", `no answer to "htc" within 2s`, nil},
		{"v3pwr", "unplug@1s", "EOF; was it unplugged?", func(b *bench) bool { return b.all.Meta.Samples > 99_000 }},
		{"v3pwr", "refuse:bin_hexa", "", func(b *bench) bool { return b.all.Meta.Samples > 395_000 }},
		{"lpm01a", "refuse:bin_hexa", `"format bin_hex" was refused`, nil},
		{"v3pwr", "refuse:power_monitor", "update it", nil},
		{"v3pwr", "refuse:temp", "", func(b *bench) bool { return b.Header().Calibration["temperature_c"] == "" }},
		{"v3pwr", "split:7", "", func(b *bench) bool { return b.all.Meta.Samples > 395_000 && len(b.all.Meta.Gaps) == 0 }},
	} {
		t.Run(c.kind+"/"+c.fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, err := emulated(t, meter.Config{Kind: c.kind, Faults: []string{c.fault}, Model: meter.Model{Noise: 1}}, beacons(), 4*time.Second, Settings{})
				switch {
				case c.err == "" && err != nil, c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
					t.Errorf("error %v, want %q", err, c.err)
				case c.check != nil && !c.check(b):
					t.Errorf("%d samples, gaps %v, events %+v", b.all.Meta.Samples, b.all.Meta.Gaps, b.all.Meta.Events)
				}
			})
		})
	}
}

// lengths are those of the gaps.
func lengths(b *bench) (all []int64) {
	for _, g := range b.all.Meta.Gaps {
		all = append(all, g.To-g.From)
	}
	return all
}

// inStep says whether every sample is one that the source has: floor, pulse, or an edge between.
func inStep(b *bench) bool {
	for _, a := range amps(b.all) {
		if float64(a) < 0.98*b.source.floor || float64(a) > 1.02*b.source.pulse {
			b.t.Logf("a sample of %v A", a)
			return false
		}
	}
	return true
}

// The supply is switched while samples come, and none is lost.
func TestEmulatedSupply(t *testing.T) {
	for _, kind := range []string{"v3pwr", "lpm01a", "keysight-elog"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := connect(t, meter.Config{Kind: kind}, constantly(1e-3))
				defer b.disconnect()
				if err := b.open(kind, Settings{Final: "on"}); err != nil {
					t.Fatal(err)
				}
				done := make(chan error)
				go func() { done <- b.stream(4 * time.Second) }()
				for _, on := range []bool{false, true} {
					time.Sleep(time.Second)
					if err := b.Supply(context.Background(), on); err != nil {
						t.Error(err)
					}
				}
				if err := <-done; err != nil {
					t.Fatal(err)
				}
				if err := b.Supply(context.Background(), false); err != nil {
					t.Error(err)
				}
				if err := b.Close(context.Background()); err != nil || !b.source.on {
					t.Errorf("closed: %v, on %v", err, b.source.on)
				}
				all, rate := amps(b.all), b.Header().Rate
				off := 0
				for _, a := range all {
					if a == 0 {
						off++
					}
				}
				if s := float64(off) / rate; math.Abs(s-1) > 0.05 || len(b.all.Meta.Gaps) > 0 || math.Abs(float64(len(all))/rate-4) > 0.15 {
					t.Errorf("off for %.3f s of %.3f s, gaps %v", s, float64(len(all))/rate, b.all.Meta.Gaps)
				}
			})
		})
	}
}

// After a run that was killed, the instrument still streams: the next one finds it so.
func TestEmulatedAgain(t *testing.T) {
	for _, kind := range []string{"v3pwr", "lpm01a"} {
		synctest.Test(t, func(t *testing.T) {
			b := connect(t, meter.Config{Kind: kind}, constantly(1e-3))
			defer b.disconnect()
			if err := b.open(kind, Settings{}); err != nil {
				t.Fatal(err)
			}
			b.line.Write([]byte("start\r\n"))
			time.Sleep(time.Second)
			b.Meter.(*shield).in.close() // as if it had been killed: nothing is said to the instrument
			if err := b.open(kind, Settings{}); err != nil {
				t.Fatal(err)
			}
			if err := b.stream(time.Second); err != nil || b.all.Meta.Samples < 97_000 {
				t.Errorf("%s: %d samples, %v", kind, b.all.Meta.Samples, err)
			}
			b.Close(context.Background())
		})
	}
}

// With a trigger, nothing comes until the edge, and that is no stall.
func TestEmulatedTrigger(t *testing.T) {
	for _, kind := range []string{"v3pwr", "lpm01a", "keysight-elog"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var edge time.Time
				c := meter.Config{Kind: kind, Digital: func(dst []byte, from time.Time, rate float64) error {
					for i := range dst {
						dst[i] = 0
						if at := from.Add(time.Duration(float64(i) / rate * 1e9)); !edge.IsZero() && !at.Before(edge) {
							dst[i] = 1
						}
					}
					return nil
				}}
				b := connect(t, c, constantly(1e-3))
				defer b.disconnect()
				if err := b.open(kind, Settings{Trigger: true}); err != nil {
					t.Fatal(err)
				}
				edge = time.Now().Add(10 * time.Second)
				if err := b.stream(11 * time.Second); err != nil {
					t.Fatal(err)
				}
				if s := float64(b.all.Meta.Samples) / b.Header().Rate; math.Abs(s-1) > 0.15 || len(b.all.Meta.Gaps) > 0 {
					t.Errorf("%.3f s measured, gaps %v", s, b.all.Meta.Gaps)
				}
				b.Close(context.Background())
			})
		})
	}
}

func TestEmulatedCancel(t *testing.T) {
	for _, kind := range []string{"v3pwr", "lpm01a", "keysight-elog", "psu-poll"} {
		synctest.Test(t, func(t *testing.T) {
			b := connect(t, meter.Config{Kind: kind, Faults: []string{"silent"}}, constantly(1e-3))
			defer b.disconnect()
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(1500*time.Millisecond, cancel)
			begin := time.Now()
			var err error
			switch kind {
			case "v3pwr":
				_, err = NewV3PWR(ctx, b.line, Settings{})
			case "lpm01a":
				_, err = NewLPM01A(ctx, b.line, Settings{})
			default:
				_, err = NewSCPI(ctx, b.line, kind, Settings{})
			}
			if !errors.Is(err, context.Canceled) || time.Since(begin) != 1500*time.Millisecond {
				t.Errorf("%s: %v after %v", kind, err, time.Since(begin))
			}
		})
	}
}
