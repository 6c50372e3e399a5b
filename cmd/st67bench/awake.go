package main

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
)

// dmaLatency is the kernel's PM QoS file: as long as it is held open with 0
// written to it, no CPU enters an idle state that takes time to leave (Linux,
// Documentation/power/pm_qos_interface.rst). Waking from one costs more than an
// AT exchange at high rates does.
const dmaLatency = "/dev/cpu_dma_latency"

// stayAwake keeps the CPUs out of slow idle states until release is called.
// state says for the conditions whether that was possible.
func stayAwake() (release func(), state string) {
	f, err := os.OpenFile(dmaLatency, os.O_WRONLY, 0)
	if err != nil {
		return func() {}, awakeState(err)
	}
	if _, err := f.Write(binary.NativeEndian.AppendUint32(nil, 0)); err != nil {
		_ = f.Close()
		return func() {}, awakeState(err)
	}
	return func() { _ = f.Close() }, "held off"
}

// awakeState words why the CPUs may sleep.
func awakeState(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "allowed (no permission to write " + dmaLatency + ")"
	case errors.Is(err, fs.ErrNotExist):
		return "allowed (this system has no " + dmaLatency + ")"
	default:
		return "allowed (" + err.Error() + ")"
	}
}
