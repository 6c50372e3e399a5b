package uart

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// List returns the serial ports that have hardware behind them, by name. It
// opens none: go.bug.st/serial's enumerator opens each ttyS it finds and sets it
// to 9600 bit/s, which as root disturbs a measurement that runs on it, so on
// Linux the ports are read from sysfs.
func List() ([]Info, error) {
	infos, err := listSysfs("/sys/class/tty", "/dev")
	if err != nil {
		return nil, err
	}
	held := holders()
	for i := range infos {
		infos[i].Holder = held[infos[i].Device]
	}
	return infos, nil
}

// listSysfs describes the ports below a folder laid out like /sys/class/tty,
// with device files below dev.
func listSysfs(class, dev string) ([]Info, error) {
	entries, err := os.ReadDir(class)
	if err != nil {
		return nil, fmt.Errorf("list serial ports: %w", err)
	}
	links := byID(filepath.Join(dev, "serial", "by-id"))
	var infos []Info
	for _, e := range entries {
		sys := filepath.Join(class, e.Name())
		if !hasHardware(sys) {
			continue
		}
		i := Info{Device: filepath.Join(dev, e.Name()), Driver: driver(sys)}
		i.ByID = links[i.Device]
		i.LatencyTimer, _ = strconv.Atoi(readLine(filepath.Join(sys, "device", "latency_timer")))
		describeUSB(sys, &i)
		infos = append(infos, i)
	}
	return infos, nil
}

// hasHardware tells a port from a console or a placeholder: the 8250 driver
// makes ttyS0 to ttyS3 whether they exist or not, and gives the absent ones the
// type 0 (PORT_UNKNOWN).
func hasHardware(sys string) bool {
	if _, err := os.Stat(filepath.Join(sys, "device")); err != nil {
		return false
	}
	return readLine(filepath.Join(sys, "type")) != "0"
}

// byID maps device files to their stable links. The folder is absent while no
// USB adapter is plugged in.
func byID(dir string) map[string]string {
	m := map[string]string{}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		link := filepath.Join(dir, e.Name())
		if device, err := filepath.EvalSymlinks(link); err == nil {
			m[device] = link
		}
	}
	return m
}

// usbDepth is how far above a port's own folder its USB device's folder is at
// most: port, interface, device.
const usbDepth = 3

// describeUSB fills in what the USB device that the port belongs to tells.
func describeUSB(sys string, i *Info) {
	dir, err := filepath.EvalSymlinks(filepath.Join(sys, "device"))
	if err != nil {
		return
	}
	for range usbDepth {
		if vid := readLine(filepath.Join(dir, "idVendor")); vid != "" {
			i.VID = strings.ToUpper(vid)
			i.PID = strings.ToUpper(readLine(filepath.Join(dir, "idProduct")))
			i.Serial = readLine(filepath.Join(dir, "serial"))
			i.Product = readLine(filepath.Join(dir, "product"))
			return
		}
		dir = filepath.Dir(dir)
	}
}
