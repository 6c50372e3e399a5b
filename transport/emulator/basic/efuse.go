package basic

import (
	"strconv"

	"st67bench/transport/emulator/core"
)

// macAddress is where the emulated eFuse holds the unit's MAC address.
const macAddress = 0x14

// efuse answers with raw bytes after the comma. Everything but the MAC address
// reads as zero, as in a part that nobody has programmed.
func (f *Family) efuse(c *core.Call) error {
	n := int(c.Args.Int(0, 1, maxEfuse))
	text := c.Args.Text(1, 16)
	c.Args.IntOr(2, 0, 0, 1)
	if err := c.Args.Err(); err != nil {
		return err
	}
	address, err := strconv.ParseUint(string(text), 0, 16)
	if err != nil {
		return core.BadValue
	}
	data := make([]byte, n)
	for i, b := range f.mac {
		if k := macAddress + i - int(address); k >= 0 && k < n {
			data[k] = b
		}
	}
	head := []byte("+EFUSE-R:" + strconv.Itoa(n) + ",")
	c.Say(append(append(head, data...), '\r', '\n'))
	return nil
}
