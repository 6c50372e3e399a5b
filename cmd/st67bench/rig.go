package main

import (
	"fmt"
	"maps"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"st67bench/scenarios"
)

// emulatedRig is the rig when none is named.
const emulatedRig = "name: emulated\nmodule: emulated\n"

// loadRig reads a rig file, or makes a rig of a bare link URL. Its network then
// comes from ST67_SSID and ST67_PASSWORD.
func loadRig(arg string) (*scenarios.Rig, error) {
	rig, err := readRig(arg)
	if err == nil {
		emulateAP(rig)
	}
	return rig, err
}

// tu is the time unit of beacon intervals (IEEE 802.11-2020, 3.1).
const tu = 1024 * time.Microsecond

// emulateAP makes the emulated module's access point what the rig file says of it; the link URL has the last word.
func emulateAP(rig *scenarios.Rig) {
	if rig.Module.Scheme != "emulated" || rig.AP == (scenarios.AP{}) {
		return
	}
	query := maps.Clone(rig.Module.Query)
	if query == nil {
		query = url.Values{}
	}
	set := func(key, value string, given bool) {
		if given && !query.Has(key) {
			query.Set(key, value)
		}
	}
	set("dtim", strconv.Itoa(rig.AP.DTIM), rig.AP.DTIM > 0)
	set("beacon", strconv.FormatInt(int64((rig.AP.Beacon+tu/2)/tu), 10), rig.AP.Beacon > 0)
	set("twt", "on", rig.AP.TWT)
	rig.Module.Query = query
}

func readRig(arg string) (*scenarios.Rig, error) {
	if arg == "" {
		return scenarios.ParseRig("emulated", []byte(emulatedRig), os.LookupEnv)
	}
	if isLinkURL(arg) {
		return scenarios.ParseRig("--rig", []byte(urlRig(arg)), os.LookupEnv)
	}
	return loadRigFile(arg)
}

func loadRigFile(file string) (*scenarios.Rig, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("rig file: %w; st67bench init writes one", err)
	}
	return scenarios.ParseRig(file, text, os.LookupEnv)
}

// isLinkURL tells a link URL from a file name.
func isLinkURL(arg string) bool {
	if _, err := os.Stat(arg); err == nil {
		return false
	}
	scheme, _, _ := strings.Cut(arg, "?")
	scheme, _, _ = strings.Cut(scheme, ":")
	switch scheme {
	case "emulated", "uart", "spi", "tcp", "unix", "rfc2217", "replay":
		return true
	}
	return false
}

// urlRig is the text of a rig that has nothing but a link.
func urlRig(url string) string {
	text := "name: command-line\nmodule: " + quoteYAML(url) + "\n"
	if _, ok := os.LookupEnv("ST67_SSID"); ok && !strings.HasPrefix(url, "emulated") {
		text += "wifi: {ssid: \"${ST67_SSID}\", password: \"${ST67_PASSWORD}\"}\n"
	}
	return text
}

// quoteYAML writes a single-quoted scalar (YAML 1.2.2, 7.3.2).
func quoteYAML(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
