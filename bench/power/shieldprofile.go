package power

import (
	"time"

	"st67bench/results/trace"
)

// shieldProfile is what differs between the instruments that speak ST's PowerShield protocol.
type shieldProfile struct {
	name             string
	maxAmps          float32 // where its range ends
	mostAmps         float32 // what may still be: it switches off before
	minVolts         float64
	maxVolts         float64
	freq             string       // how it wants 100 kS/s
	hardware         string       // the trigger source that is an edge on its input
	sizes            map[byte]int // bytes of metadata by its kind, from F0 to FF FF
	control, release string       // the commands that take control of it and give it back
	setup            []string     // further commands, before format and rate
	settle           time.Duration
	measuresVolts    bool
	warmup           time.Duration // the first acquisition of a session reads high for so long
	header           trace.Header
}

// v3pwr: the sizes and the order of commands are those of ST's own scripts (github.com/STMicroelectronics/x-cube-n6-ai-power-measurement,
// Utilities/pwr_scripts). Whether a sample is the mean of its 10 µs is not documented, so that it counts as an instant's; its
// accuracy is not either.
var v3pwr = shieldProfile{
	name: "v3pwr", maxAmps: 0.5, mostAmps: 0.6, minVolts: 1.6, maxVolts: 3.6, freq: "100000", hardware: "hw",
	sizes:   map[byte]int{0xF3: 9, 0xF4: 4, 0xF5: 8, 0xF6: 4, 0xF7: 6, 0xF8: 6, 0xF9: 5, 0xFA: 4, 0xFB: 4},
	control: "power_monitor", settle: time.Second,
	header: trace.Header{Kind: trace.Point, MinAmps: 100e-9, MaxAmps: 0.5, Bandwidth: 50e3},
}

// lpm01a: manuals UM2243 and UM2269. It converts at 3.2 MS/s and gives 100 kS/s, so that a sample is the mean of its 10 µs.
var lpm01a = shieldProfile{
	name: "lpm01a", maxAmps: 0.05, mostAmps: 0.08, minVolts: 1.8, maxVolts: 3.3, freq: "100k", hardware: "d7",
	sizes:   map[byte]int{0xF3: 9, 0xF4: 4, 0xF5: 4, 0xF6: 4, 0xF7: 6},
	control: "htc", release: "hrc",
	setup:  []string{"acqmode dyn", "funcmode optim", "pwrend on", "output current"},
	settle: 1500 * time.Millisecond, measuresVolts: true, warmup: 10 * time.Second,
	header: trace.Header{Kind: trace.Average, MinAmps: 100e-9, MaxAmps: 0.05, Accuracy: 0.02, Bandwidth: 100e3},
}
