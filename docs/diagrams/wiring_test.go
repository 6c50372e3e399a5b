// Package diagrams draws the wiring diagrams of docs/rig.md from the tables of this file:
//
//	go test ./docs/diagrams -update
//
// A diagram is boxes in columns and wires in rows. Each box spans some rows, and each wire joins two boxes in one row, so that no two
// wires cross and nothing has to be laid out by hand. What a wire is shows in its words, its arrow and its dashes, and only then in
// its colour; the colours are those of Okabe and Ito, which people with any kind of colour blindness tell apart.
package diagrams

type diagram struct {
	name, title, desc string
	boxes             []box
	wires             []wire
	notes             []string
}

// box is a device. Its first and last row are those of the wires that reach it.
type box struct {
	column      int
	first, last int
	title       string
	about       string
}

// wire joins the pin `left` of one box with the pin `right` of another.
type wire struct {
	row         int
	from, to    int // indices of boxes, from left to right
	left, right string
	about       string
	kind        kind
}

type kind int

const (
	toRight kind = iota // a signal that the left end drives
	toLeft              // a signal that the right end drives
	power
	level // a voltage that only tells the left end what high is
	ground
	optional // a signal to the right that may be left out
	answer   // a signal to the left that may be left out
	radio
)

var diagrams = []diagram{
	{
		name: "uart", title: "UART: host and module",
		desc: "A serial adapter with 3.3 V levels. TX of the adapter goes to RX of the module and the other way round; RTS and CTS are crossed too and " +
			"are needed with flow=rtscts only. BOOT is held low, CHIP_EN high, ground is common.",
		boxes: []box{{0, 0, 7, "serial adapter", "3.3 V levels"}, {1, 0, 7, "module", "AT-over-UART build"}},
		wires: []wire{
			{0, 0, 1, "TX", "RX (chip GPIO15)", "2 Mbaud, 8N1", toRight},
			{1, 0, 1, "RX", "TX (chip GPIO14)", "2 Mbaud, 8N1", toLeft},
			{2, 0, 1, "RTS", "CTS", "flow=rtscts only", optional},
			{3, 0, 1, "CTS", "RTS", "flow=rtscts only", answer},
			{4, 0, 1, "GND", "GND", "common ground", ground},
			{5, 0, 1, "a switch, or the board", "CHIP_EN", "high: on; low for 1 ms: off", optional},
			{6, 0, 1, "GND, or the board", "BOOT", "low: normal start", ground},
			{7, 0, 1, "3.3 V supply, 500 mA", "VDD", "2.97 V to 3.63 V", power},
		},
		notes: []string{"Which pins RTS and CTS are, and whether they are used, depends on the firmware's build.",
			"st67bench check shows whether CTS is asserted."},
	},
	{
		name: "spi", title: "SPI: host and module",
		desc: "The host drives CLK, MOSI, CS, CHIP_EN and BOOT, the module drives MISO and RDY. CS is active high and a GPIO line, not the " +
			"controller's own chip select. All levels are 3.3 V; the ground is common.",
		boxes: []box{{0, 0, 8, "host", "Raspberry Pi, 40-pin header"}, {1, 0, 8, "module", "X-NUCLEO-67W61M1"}},
		wires: []wire{
			{0, 0, 1, "pin 23 · GPIO11 (SCLK)", "CLK · 28 · D13", "at rest low (mode 0)", toRight},
			{1, 0, 1, "pin 19 · GPIO10 (MOSI)", "MOSI · 27 · D11", "", toRight},
			{2, 0, 1, "pin 21 · GPIO9 (MISO)", "MISO · 29 · D12", "", toLeft},
			{3, 0, 1, "pin 15 · GPIO22", "CS · 24 · D10", "active high, wakes it", toRight},
			{4, 0, 1, "pin 22 · GPIO25", "RDY · 21 · D3", "both edges count", toLeft},
			{5, 0, 1, "pin 18 · GPIO24", "CHIP_EN · D5", "low: off", toRight},
			{6, 0, 1, "pin 16 · GPIO23, or GND", "BOOT · D6", "low: normal start", optional},
			{7, 0, 1, "pin 20, 25 · GND", "GND", "one beside CLK", ground},
			{8, 0, 1, "3.3 V supply, 500 mA", "VDD", "2.97 V to 3.63 V", power},
		},
		notes: []string{"Left: pin of the header, GPIO. Right: signal, pin of the module (21 to 29), Arduino pin of the board (D3 to D13).",
			"The bus must be the module's own. Hold the Arduino pins against the schematic before the first power-up."},
	},
	{
		name: "meter-source", title: "PPK2 as source: it supplies what it measures",
		desc: "VOUT of the PPK2 feeds VDD of the module and nothing else. The grounds of PPK2, module and host are joined. Digital channel D0 of the " +
			"PPK2 looks at CHIP_EN, which the host drives, and VCC of its logic port takes 3.3 V.",
		boxes: []box{{0, 0, 4, "PPK2", "both USB sockets to the host"}, {1, 0, 4, "module", ""}, {2, 0, 4, "host", "UART or SPI"}},
		wires: []wire{
			{0, 0, 1, "VOUT", "VDD", "3.3 V, 500 mA", power},
			{1, 0, 1, "GND", "GND", "short, thick", ground},
			{2, 0, 1, "VCC (logic)", "VDD", "level of D0…", level},
			{3, 0, 1, "D0 (logic)", "CHIP_EN", "by 10 kΩ", answer},
			{4, 0, 1, "D1 (logic)", "RDY (SPI)", "optional", answer},
			{0, 1, 2, "CHIP_EN", "GPIO", "", toLeft},
			{1, 1, 2, "GND", "GND", "", ground},
			{2, 1, 2, "AT link", "AT link", "SPI or UART", toLeft},
			{3, 1, 2, "RDY, or TX", "input", "", toRight},
		},
		notes: []string{"Nothing else may feed VDD: no debugger, no LED, no level shifter, no jumper of the board.",
			"Back-powering: a wire that stays at 3.3 V feeds the module through its input while VDD is off.",
			"st67bench takes its own wires low first; other wires are yours."},
	},
	{
		name: "meter-ampere", title: "PPK2 as ampere meter: it lies in another supply",
		desc:  "The supply feeds VIN of the PPK2, VOUT of the PPK2 feeds VDD of the module. All grounds are joined. The PPK2 cannot switch this supply.",
		boxes: []box{{0, 0, 1, "supply", "3.3 V, 500 mA"}, {1, 0, 1, "PPK2", "mode=ampere"}, {2, 0, 1, "module", ""}, {3, 0, 1, "host", "UART or SPI"}},
		wires: []wire{
			{0, 0, 1, "+", "VIN", "", power},
			{1, 0, 1, "−", "GND", "", ground},
			{0, 1, 2, "VOUT", "VDD", "", power},
			{1, 1, 2, "GND", "GND", "", ground},
			{0, 2, 3, "AT link", "AT link", "", toLeft},
			{1, 2, 3, "GND", "GND", "", ground},
		},
		notes: []string{"volts= in the rig file names the supply's voltage: energy and the PPK2's calibration are made of it.",
			"The meter cannot switch this supply: hooks.power may, so that what the rail draws without the module is known."},
	},
	{
		name: "meter-v3pwr", title: "STLINK-V3PWR: it supplies what it measures",
		desc:  "OUT feeds VDD of the module. TGI is a trigger input, which is needed with trigger=on only; TVCC is its level. The grounds are joined.",
		boxes: []box{{0, 0, 3, "STLINK-V3PWR", "USB to the host"}, {1, 0, 3, "module", ""}, {2, 0, 3, "host", "UART or SPI"}},
		wires: []wire{
			{0, 0, 1, "OUT", "VDD", "3.3 V, 500 mA", power},
			{1, 0, 1, "GND", "GND", "short, thick", ground},
			{2, 0, 1, "TVCC", "VDD", "for trigger=on", level},
			{3, 0, 1, "TGI", "CHIP_EN", "for trigger=on", answer},
			{0, 1, 2, "CHIP_EN", "GPIO", "", toLeft},
			{1, 1, 2, "GND", "GND", "", ground},
			{2, 1, 2, "AT link", "AT link", "SPI or UART", toLeft},
		},
		notes: []string{"Nothing else may feed VDD. What a wire feeds through a pin is missing in the measurement."},
	},
	{
		name: "meter-scpi", title: "A supply with SCPI: four leads",
		desc: "OUT+ and SENSE+ meet at VDD of the module, OUT- and SENSE- at its ground, so that the voltage is right at the module and not at the " +
			"instrument. The host asks for the figures over the network.",
		boxes: []box{{0, 0, 5, "supply", "N6705, bench supply"}, {1, 0, 3, "module", ""}, {2, 0, 5, "host", "UART or SPI"}},
		wires: []wire{
			{0, 0, 1, "OUT+", "VDD", "", power},
			{1, 0, 1, "SENSE+", "VDD", "at the module", power},
			{2, 0, 1, "SENSE−", "GND", "at the module", ground},
			{3, 0, 1, "OUT−", "GND", "", ground},
			{0, 1, 2, "AT link", "AT link", "SPI or UART", toLeft},
			{1, 1, 2, "GND", "GND", "", ground},
			{5, 0, 2, "LAN", "LAN", "SCPI over TCP, port 5025", optional},
		},
		notes: []string{"A supply without SENSE has two leads: keep them short and thick."},
	},
	{
		name: "log-uart", title: "Log UART: a second line that only listens",
		desc: "A second serial adapter listens to the module's log output. Only its RX and ground are connected: its TX stays open, because a line at rest " +
			"is at 3.3 V and would feed a module that is off.",
		boxes: []box{{0, 0, 1, "host", "SPI or UART"}, {1, 0, 1, "module", ""}, {2, 0, 1, "second adapter", "3.3 V levels"}},
		wires: []wire{
			{0, 0, 1, "AT link", "AT link", "", toRight},
			{1, 0, 1, "GND", "GND", "", ground},
			{0, 1, 2, "log TX", "RX", "", toRight},
			{1, 1, 2, "GND", "GND", "", ground},
		},
		notes: []string{"Leave the adapter's TX open. Which pin of the module has the log is the board's matter: see its schematic."},
	},
	{
		name: "remote-peer", title: "A remote peer behind the access point",
		desc: "The host drives the module by its AT link. The module reaches the access point by radio, and the peer's machine is connected to the access " +
			"point by cable. The host commands the peer over a control connection of its own.",
		boxes: []box{{0, 0, 2, "host", "st67bench run"}, {1, 0, 0, "module", ""}, {2, 0, 0, "access point", ""}, {3, 0, 2, "peer's machine", "st67bench peer"}},
		wires: []wire{
			{0, 0, 1, "AT link", "", "", toRight},
			{0, 1, 2, "", "", "Wi-Fi", radio},
			{0, 2, 3, "", "LAN", "cable", toRight},
			{2, 0, 3, "LAN", "LAN", "control connection: TLS, port 6768; no payload", optional},
		},
		notes: []string{"Payload goes from host to module, access point and peer, in a download the other way round.",
			"The receiver counts and stamps what arrives."},
	},
}
