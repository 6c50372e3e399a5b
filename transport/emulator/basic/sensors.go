package basic

import (
	"bytes"

	"st67bench/transport/emulator/core"
)

// Values of the emulated unit. Heap and supply are the manual's examples
// (2.2.7.3, 2.2.29.3).
const (
	heap        = 148408 // B free when nothing is open
	stackHeap   = 84044  // B free in the TCP/IP stack when nothing is open
	supply      = 3326   // mV
	temperature = 34.0   // degrees C
)

// ram is AT+SYSRAM?: what is left of both heaps.
func (f *Family) ram(c *core.Call) error {
	used, inStack := 0, 0
	if f.Used != nil {
		used, inStack = f.Used()
	}
	c.Line("+SYSRAM:%d,%d", max(heap-used, 0), max(stackHeap-inStack, 0))
	return nil
}

func temp(c *core.Call) error {
	c.Line("+TEMP:%f", temperature)
	return nil
}

func vbat(c *core.Call) error {
	c.Line("+VBAT:%d", supply)
	return nil
}

// addresses is AT+GMAC?: the three places for a MAC address in the eFuse.
func (f *Family) addresses(c *core.Call) error {
	for slot, address := range macSlots {
		mac := f.fuses.burnt()[address : address+6]
		c.Line("+GMACSLOT%d:%02x:%02x:%02x:%02x:%02x:%02x", slot, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5])
	}
	return nil
}

// partNumber is AT+PN?: the text in the eFuse up to its end mark.
func (f *Family) partNumber(c *core.Call) error {
	text, _, _ := bytes.Cut(f.fuses.burnt()[partAddress:partAddress+partSize], []byte{partEnd})
	if bytes.Count(text, []byte{0}) == len(text) {
		text = []byte("(null)")
	}
	c.Say(append(append([]byte("+PN:"), text...), '\r', '\n'))
	return nil
}
