//go:build !linux && !windows && !(darwin && cgo)

package uart

import (
	"fmt"

	"go.bug.st/serial"
)

// List returns the serial ports of this machine by name only: what macOS knows
// of their USB devices is reached through cgo, and this build has none.
func List() ([]Info, error) {
	names, err := serial.GetPortsList()
	if err != nil {
		return nil, fmt.Errorf("list serial ports: %w", err)
	}
	var infos []Info
	for _, n := range names {
		infos = append(infos, Info{Device: n})
	}
	return infos, nil
}
