package main

import (
	"archive/zip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"st67bench/transport/emulator"
)

// points probes a rig and returns what it found, by point.
func points(t *testing.T, rig, out string) map[string]compared {
	t.Helper()
	code, stdout, errOut := cli(t, "probe", "--json", "--rig", rig, "--out", out)
	if code != 0 {
		t.Fatalf("probe %s: exit %d: %s", rig, code, errOut)
	}
	found := map[string]compared{}
	for line := range strings.Lines(stdout) {
		var c compared
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		found[c.Point] = c
	}
	return found
}

// Every built-in release does what its own profile says, as far as a probe sees.
func TestProbeAgreesWithTheProfiles(t *testing.T) {
	t.Parallel()
	for _, profile := range emulator.Profiles() {
		if profile == "manual" {
			continue // probing tells it from the release that it is named after: the next test
		}
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			for name, c := range points(t, "emulated?link=memory&baud=12000000&profile="+profile, t.TempDir()) {
				if c.Differs || c.Value == "" && name != "cs-to-rdy" {
					t.Errorf("%s: %+v", name, c)
				}
			}
		})
	}
}

// What a probe finds is a profile that, emulated, is found to be the same.
func TestProbeMakesAProfile(t *testing.T) {
	t.Parallel()
	first, second := t.TempDir(), t.TempDir()
	found := points(t, "emulated?link=memory&baud=12000000&profile=manual", first)
	differing := 0
	for _, c := range found {
		if c.Differs {
			differing++
		}
	}
	if differing < 8 || found["ipd-length"].Value != "total" || found["send-max"].Value != "8192" {
		t.Errorf("%d points differ: %+v", differing, found)
	}
	again := points(t, "emulated?link=memory&baud=12000000&profile="+filepath.Join(first, "profile.yaml"), second)
	for name, c := range found {
		if again[name].Value != c.Value {
			t.Errorf("%s was %q and is %q", name, c.Value, again[name].Value)
		}
	}
}

// Over SPI the time from CS to RDY is found too.
func TestProbeSPI(t *testing.T) {
	t.Parallel()
	if c := points(t, "emulated?link=spi&speed=40MHz", t.TempDir())["cs-to-rdy"]; c.Value == "" {
		t.Errorf("cs-to-rdy: %+v", c)
	}
}

// The bundle has nothing in it that names the network or its members.
func TestProbeBundleHasNoSecrets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	points(t, "emulated?link=memory&baud=12000000", dir)
	z, err := zip.OpenReader(filepath.Join(dir, "bundle.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	seen := map[string]int{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		seen[f.Name] = len(text)
		for _, secret := range []string{emulator.DefaultPassword, emulator.DefaultSSID + `"`, "02:67:", "127.0.0.1", "127.67.0.2"} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s has %q in it", f.Name, secret)
			}
		}
	}
	if seen["at.log"] < 1000 || seen["profile.yaml"] == 0 || seen["findings.json"] == 0 {
		t.Errorf("the bundle has %v", seen)
	}
	if _, err := os.Stat(filepath.Join(dir, "profile.yaml")); err != nil {
		t.Error(err)
	}
}
