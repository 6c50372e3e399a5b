package bench

import (
	"os/exec"
	"strings"
	"testing"

	"st67bench/transport/emulator"
)

// Over real sockets the four directions agree with the module's own count to 1 %, with the harness's own ends, and with the
// program iperf where it is safe.
func TestIperfOverRealSockets(t *testing.T) {
	if _, err := exec.LookPath("iperf"); err != nil {
		t.Skip(err)
	}
	for _, workload := range []string{
		"protocol: tcp, direction: tx", "protocol: udp, direction: tx",
		"protocol: tcp, direction: rx", "protocol: udp, direction: rx, rate: 4Mbit/s",
		"protocol: tcp, direction: tx, tool: iperf",
		"protocol: tcp, direction: rx, tool: iperf", "protocol: udp, direction: rx, rate: 4Mbit/s, tool: iperf",
	} {
		t.Run(workload, func(t *testing.T) {
			r, _ := rig(t, emulator.Config{Quirks: []string{"iperf-on-at"}, RadioRate: 10e6}, realSockets)
			res, _ := passed(t, r, "kind: iperf, duration: 2s, "+workload)
			m := res.Metrics
			if strings.Contains(workload, "udp, direction: rx") { // sockets of a busy host lose some, which the module has to tell
				if !near1(1470*(m["datagrams"]+m["datagrams_lost"]), m["sent"]) || m["datagrams"] < 10*m["datagrams_lost"] {
					t.Errorf("%v", m)
				}
			} else if note := res.Conditions["iperf_note"]; m["module_goodput"] == 0 || strings.Contains(note, "the module says") { // more than 1 % in bytes
				t.Errorf("%v, %q", m, note)
			}
			tool := strings.HasPrefix(res.Conditions["iperf_tool"], "iperf 2.")
			if tool != strings.Contains(workload, "tool: iperf") {
				t.Errorf("the tool is %q", res.Conditions["iperf_tool"])
			}
		})
	}
}

// With a reset the module's own count is of what it had queued; the peer's is the result, and the difference is named.
func TestIperfReset(t *testing.T) {
	r, _ := rig(t, emulator.Config{Quirks: []string{"iperf-on-at", "iperf-reset"}, RadioRate: 2e6}, realSockets)
	res, _ := passed(t, r, "kind: iperf, duration: 2s")
	if m := res.Metrics; m["module_goodput"] < 1.02*m["goodput"] {
		t.Errorf("%v", m)
	}
	if note := res.Conditions["iperf_note"]; !strings.Contains(note, "it ended with a reset, which discards what it had queued") {
		t.Errorf("the note is %q", note)
	}
}
