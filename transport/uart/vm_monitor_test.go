//go:build linux && vm

package uart

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"
	"time"
)

// monitor is that of the QEMU that the test runs in, by its protocol QMP: one
// JSON object a line each way (docs/interop/qmp-spec.txt).
type monitor struct {
	port *Port
	in   *bufio.Reader
	id   int // of the last command
}

// command is what QMP takes; its answer carries the same ID.
type command struct {
	Execute   string            `json:"execute"`
	Arguments map[string]string `json:"arguments,omitempty"`
	ID        int               `json:"id"`
}

// answer is one line from QMP. Events and the greeting have no ID.
type answer struct {
	ID    int `json:"id"`
	Error *struct {
		Desc string `json:"desc"`
	} `json:"error"`
}

// openMonitor takes the monitor over. The kernel's search for serial ports has
// left bytes in its parser, which 0xFF empties.
func openMonitor(t *testing.T, device string) *monitor {
	t.Helper()
	p := openPort(t, Config{Device: device, Baud: 115200})
	if _, err := p.Write([]byte{0xFF}); err != nil {
		t.Fatal(err)
	}
	m := &monitor{port: p, in: bufio.NewReader(p)}
	m.do(t, "qmp_capabilities", nil)
	return m
}

// do runs a command and waits for its answer.
func (m *monitor) do(t *testing.T, execute string, arguments map[string]string) {
	t.Helper()
	m.id++
	line, err := json.Marshal(command{execute, arguments, m.id})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.port.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
	m.port.SetReadDeadline(time.Now().Add(vmPatience))
	for {
		line, err := m.in.ReadBytes('\n')
		if err != nil {
			t.Fatalf("%s: %q, %v", execute, line, err)
		}
		var a answer
		if json.Unmarshal(line, &a) != nil || a.ID != m.id {
			continue
		}
		if a.Error != nil {
			t.Fatalf("%s: %s", execute, a.Error.Desc)
		}
		return
	}
}

// plug plugs the adapter in, at the end of a line.
func (m *monitor) plug(t *testing.T, line string) {
	t.Helper()
	m.do(t, "device_add", map[string]string{"driver": "usb-serial", "id": "adapter", "chardev": line})
	waitAdapter(t, true)
}

// unplug pulls it out and waits until the kernel has taken notice.
func (m *monitor) unplug(t *testing.T) {
	t.Helper()
	m.do(t, "device_del", map[string]string{"id": "adapter"})
	waitAdapter(t, false)
}

func waitAdapter(t *testing.T, present bool) {
	t.Helper()
	for end := time.Now().Add(vmPatience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(adapter); (err == nil) == present {
			return
		}
	}
	t.Fatalf("%s: present is not %v after %v", adapter, present, vmPatience)
}
