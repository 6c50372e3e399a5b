package main

import (
	"strings"
	"testing"
)

// A scenario may set up the emulated module: the fault that it asks for is found in the result.
func TestScenarioSetsUpTheEmulatedModule(t *testing.T) {
	file := write(t, "faulty.yaml", "name: faulty\nworkload: {kind: cipsend, sends: 20, length: 1000}\nwarmup: 0\n"+
		"emulated: {link: memory, fault: [\"drop:7@3\", \"flip:9@5\"]}\nrepeats: {min: 1, max: 1}\n")
	_, out, errOut := cli(t, "run", "-q", "--json", "--out", t.TempDir(), file)
	if !strings.Contains(out, `"loss":1`) || !strings.Contains(out, `"corrupt":1`) {
		t.Errorf("the result has neither loss nor corruption: %s %s", out, errOut)
	}
}

func TestScenarioWithWrongEmulatedKeys(t *testing.T) {
	file := write(t, "odd.yaml", "name: odd\nworkload: {kind: cipsend}\nemulated: {volume: 11, fault: burn}\n")
	code, _, errOut := cli(t, "run", "-q", "--out", t.TempDir(), file)
	if code != exitUsage || !strings.Contains(errOut, `unknown key "volume"`) || !strings.Contains(errOut, `unknown fault "burn"`) {
		t.Errorf("exit %d: %s", code, errOut)
	}
}

// What a rig file says of its access point is what the emulated one is.
func TestRigSetsUpTheEmulatedAccessPoint(t *testing.T) {
	file := write(t, "rig.yaml", "name: air\nmodule: emulated?link=memory\nap: {dtim: 3, beacon: 102.4ms, twt: true}\n")
	code, out, errOut := cli(t, "at", "--rig", file, "AT+CWMODE=1,0", `AT+CWJAP="st67bench","emulated-air"`, "AT", "--wait", "1s")
	if code != 0 {
		t.Fatalf("exit %d: %s %s", code, out, errOut)
	}
	rig, err := loadRig(file)
	if err != nil || rig.Module.Query.Get("dtim") != "3" || rig.Module.Query.Get("beacon") != "100" || rig.Module.Query.Get("twt") != "on" {
		t.Errorf("the link is %v, %v", rig.Module, err)
	}
}
