package main

import "testing"

// What decides how long a module may sleep is asked of it, and held against the rig file.
func TestCheckSleep(t *testing.T) {
	for name, row := range map[string]struct {
		rig, status, line, text string
		code                    int
	}{
		"granted":     {"module: emulated?link=memory\n", ok, "twt", "512 ms was set up and torn down", 0},
		"dtim":        {"module: emulated?link=memory&dtim=3\nap: {dtim: 3, beacon: 102.4ms}\n", ok, "dtim", "3; beacons each 102.4ms", 0},
		"other dtim":  {"module: emulated?link=memory&dtim=3\nap: {dtim: 1}\n", wrong, "dtim", "is 3, the rig file says 1", exitError},
		"old":         {"module: emulated?link=memory&profile=t01-2.0.89\n", warn, "dtim", "does not tell", 0},
		"not granted": {"module: emulated?link=memory&twt=off\n", skip, "twt", "grants no target wake times: scenarios with TWT are SKIPPED", 0},
		"promised":    {"module: emulated?link=memory&twt=off\nap: {twt: true}\n", wrong, "twt", "the access point has no TWT", exitError},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it mostly waits
			code, all := findings(t, write(t, "rig.yaml", "name: a\n"+row.rig))
			if code != row.code {
				t.Errorf("exit %d, want %d: %+v", code, row.code, all)
			}
			want(t, all, row.status, row.line, row.text)
		})
	}
}
