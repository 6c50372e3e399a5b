package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"st67bench/scenarios"
	"st67bench/transport/emulator"
)

// Subjects of an A/B run: what its sides differ in.
const (
	ofFirmware = "firmware"
	ofRig      = "rig"
	ofSettings = "settings"
)

// variant is one side of an A/B run as the user names it.
type variant struct {
	kind     string
	text     string            // without its prefix
	settings map[string]string // of kind ofSettings
}

// settingPattern is one setting: a field of the workload, link.NAME or a factor, and its value.
var settingPattern = regexp.MustCompile(`^([a-z][a-z0-9_.-]*)=([^,=]+)$`)

// parseVariant tells what a side is. `firmware:`, `rig:` or `settings:` before it says so. Without, it is settings when it has that
// form, which no link URL and no path with a folder has; a rig when it is a link URL, or a file with a line that begins with
// `module:`; and a firmware otherwise.
func parseVariant(arg string) (variant, error) {
	for _, kind := range []string{ofFirmware, ofRig, ofSettings} {
		if text, forced := strings.CutPrefix(arg, kind+":"); forced {
			return newVariant(kind, text)
		}
	}
	switch {
	case settingPattern.MatchString(strings.SplitN(arg, ",", 2)[0]):
		return newVariant(ofSettings, arg)
	case isLinkURL(arg), isRigFile(arg):
		return newVariant(ofRig, arg)
	}
	return newVariant(ofFirmware, arg)
}

func newVariant(kind, text string) (v variant, err error) {
	v = variant{kind: kind, text: text}
	switch {
	case text == "":
		err = errors.New("it is empty; name a firmware, a rig, or settings such as length=1460")
	case kind == ofSettings:
		v.settings, err = parseSettings(text)
	}
	return v, err
}

func parseSettings(text string) (map[string]string, error) {
	settings := map[string]string{}
	for one := range strings.SplitSeq(text, ",") {
		m := settingPattern.FindStringSubmatch(one)
		if m == nil {
			return nil, fmt.Errorf("%q is not a setting; it must be NAME=VALUE, several with a comma between them", one)
		}
		if _, twice := settings[m[1]]; twice {
			return nil, fmt.Errorf("%s is set twice; keep one", m[1])
		}
		settings[m[1]] = m[2]
	}
	return settings, nil
}

// releaseOf is the release that a firmware is called by: the version in its name, or else the name of its file.
func releaseOf(firmware string) string {
	if version := release.FindString(firmware); version != "" {
		return version
	}
	base := filepath.Base(firmware)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// flashable says why firmwares cannot be loaded on a rig, or are none; nil when they can.
func flashable(rig *scenarios.Rig, firmwares ...string) error {
	if rig.Hooks.Flash != "" {
		return nil
	}
	if rig.Module.Scheme != "emulated" {
		return fmt.Errorf("rig %s has no flash hook, so that firmwares cannot be loaded in turn; add hooks: {flash: \"./flash.sh {firmware}\"} to the rig file (docs/rig.md)", rig.Name)
	}
	for _, firmware := range firmwares {
		profile := firmware
		if release.FindString(firmware) == firmware {
			profile = "t01-" + firmware
		}
		if _, err := emulator.LoadProfile(profile); err != nil {
			return fmt.Errorf("firmware %s of an emulated module: %w", firmware, err)
		}
	}
	return nil
}
