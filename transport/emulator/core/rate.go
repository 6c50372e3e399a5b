package core

import "math"

// airShare is how much of the rate on the air is left for payload: an assumption
// for one station on a quiet channel.
const airShare = 0.6

// step is a rate of a protocol, in Mbit/s on the air, and the least signal in dBm
// that it takes.
type step struct {
	dBm  int
	mbit float64
}

// The rates of one stream in 20 MHz, with the receiver sensitivities that the
// 802.11 standard asks for (802.11b: 5.5 Mbit/s is set between its neighbours);
// 802.11ax with the short guard interval. The last row holds below it too.
var (
	ratesB  = []step{{-76, 11}, {-78, 5.5}, {-80, 2}, {-94, 1}}
	ratesG  = []step{{-65, 54}, {-66, 48}, {-70, 36}, {-74, 24}, {-77, 18}, {-79, 12}, {-81, 9}, {-82, 6}}
	ratesN  = []step{{-64, 65}, {-65, 58.5}, {-66, 52}, {-70, 39}, {-74, 26}, {-77, 19.5}, {-79, 13}, {-82, 6.5}}
	ratesAX = []step{{-57, 114.7}, {-59, 103.2}, {-64, 86}, {-65, 77.4}, {-66, 68.8}, {-70, 51.6},
		{-74, 34.4}, {-77, 25.8}, {-79, 17.2}, {-82, 8.6}}
)

// PayloadRate is what the air carries at a signal of rssi dBm, in bit/s of
// payload; protocol is "b", "g", "n", else "ax".
func PayloadRate(protocol string, rssi int) float64 {
	rates := ratesAX
	switch protocol {
	case "b":
		rates = ratesB
	case "g":
		rates = ratesG
	case "n":
		rates = ratesN
	}
	for _, s := range rates {
		if rssi >= s.dBm {
			return s.mbit * 1e6 * airShare
		}
	}
	return rates[len(rates)-1].mbit * 1e6 * airShare
}

// rate is the radio's at present: what the module can do, and no more than the
// air carries, unless that is left out of it.
func (r *Radio) rate() float64 {
	if r.Fixed || !r.joined {
		return r.Rate
	}
	return math.Min(r.Rate, PayloadRate(r.ap.Protocol, r.ap.RSSI))
}
