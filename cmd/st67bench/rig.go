package main

import (
	"fmt"
	"os"
	"strings"

	"st67bench/scenarios"
)

// emulatedRig is the rig when none is named.
const emulatedRig = "name: emulated\nmodule: emulated\n"

// loadRig reads a rig file, or makes a rig of a bare link URL. Its network then
// comes from ST67_SSID and ST67_PASSWORD.
func loadRig(arg string) (*scenarios.Rig, error) {
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
