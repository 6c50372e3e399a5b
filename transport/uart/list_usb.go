//go:build windows || (darwin && cgo)

package uart

import (
	"fmt"

	"go.bug.st/serial/enumerator"
)

// List returns the serial ports of this machine.
func List() ([]Info, error) {
	ports, err := enumerator.GetDetailedPortsList()
	if err != nil {
		return nil, fmt.Errorf("list serial ports: %w", err)
	}
	var infos []Info
	for _, p := range ports {
		infos = append(infos, Info{Device: p.Name, VID: p.VID, PID: p.PID, Serial: p.SerialNumber, Product: p.Product})
	}
	return infos, nil
}
