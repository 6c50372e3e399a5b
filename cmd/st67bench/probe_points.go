package main

import (
	"bytes"
	"regexp"
	"strconv"
	"time"

	"st67bench/bench/st67"
	"st67bench/transport/emulator"
	"st67bench/transport/emulator/core"
)

// decides is the quirk of the emulated module that a point's value stands for: on for the first value, off for the
// second.
var decides = map[string]struct {
	quirk   core.Quirk
	on, off string
}{
	"buffer-line":     {core.BufBare, "bare", "none"},
	"sendl-sizes":     {core.SendlBoth, "2", "1"},
	"linger":          {core.LingerUnsigned, "yes", "no"},
	"dtim":            {core.DTIMAbsolute, "absolute", "factor"},
	"twt-types":       {core.TWTWiki, "1", "0"},
	"state-fields":    {core.StateLong, "4", "2"},
	"ping":            {core.PingAfterOK, "after-ok", "before-ok"},
	"ping-parameters": {core.PingFour, "4", "5"},
	"recv-line":       {core.RecvLine, "yes", "no"},
	"state-prefix":    {core.StatusPrefix, "CIPSTATUS", "CIPSTATE"},
	"length-comma":    {core.LenComma, "yes", "no"},
	"ipd-length":      {core.IPDTotal, "total", "increment"},
	"read-limit":      {core.DataLimit, "yes", "no"},
	"iperf-output":    {core.IperfOnAT, "at", "none"},
}

// nearest is the profile of this firmware version, or the newest when there is none.
func nearest(firmware string) (name string, known bool) {
	for _, v := range profiles {
		if v == firmware {
			return "t01-" + v, true
		}
	}
	return "t01-" + profiles[len(profiles)-1], false
}

// expectations are what a profile does at each point.
func expectations(profile string) map[string]string {
	p, err := emulator.LoadProfile(profile)
	if err != nil {
		return nil
	}
	quirks, err := p.Features()
	if err != nil {
		return nil
	}
	out := map[string]string{"send-max": "6144", "receive-buffer": "4608"}
	if quirks.Has(core.Send8192) {
		out["send-max"] = "8192"
	}
	if quirks.Has(core.Buf2920) {
		out["receive-buffer"] = "2920"
	}
	for point, d := range decides {
		out[point] = d.off
		if quirks.Has(d.quirk) {
			out[point] = d.on
		}
	}
	return out
}

// apply puts a finding that differs into a profile.
func apply(p *emulator.Profile, f st67.Finding) {
	switch f.Point {
	case "send-max":
		p.SendMax, _ = strconv.Atoi(f.Value)
	case "receive-buffer":
		p.ReceiveBuffer, _ = strconv.Atoi(f.Value)
	case "cs-to-rdy":
		p.Wake, _ = time.ParseDuration(f.Value)
	}
	d, ok := decides[f.Point]
	if !ok {
		return
	}
	name := core.QuirkTable()[d.quirk].Name
	switch f.Value {
	case d.on:
		p.Quirks = append(p.Quirks, name)
	case d.off:
		p.Quirks = append(p.Quirks, "-"+name)
	}
}

var (
	macPattern     = regexp.MustCompile(`(?i)\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b`)
	addressPattern = regexp.MustCompile(`\b(\d{1,3}\.){3}\d{1,3}\b`)
)

// anonymous masks the network's name, and hardware and IPv4 addresses, in a trace.
func anonymous(trace []byte, ssid string) []byte {
	if ssid != "" {
		trace = bytes.ReplaceAll(trace, []byte(ssid), []byte("***"))
	}
	trace = macPattern.ReplaceAll(trace, []byte("**:**:**:**:**:**"))
	return addressPattern.ReplaceAll(trace, []byte("*.*.*.*"))
}
