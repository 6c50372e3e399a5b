package uart

// Process is a running program.
type Process struct {
	PID     int    `json:"pid"`
	Program string `json:"program"` // its short name, as in ps -e
}

// Info describes one serial port of this machine. What is not known is empty.
type Info struct {
	Device  string `json:"device"`
	ByID    string `json:"by_id,omitempty"` // the stable link below /dev/serial/by-id (Linux)
	VID     string `json:"vid,omitempty"`   // USB vendor, four upper-case hex digits
	PID     string `json:"pid,omitempty"`   // USB product, four upper-case hex digits
	Serial  string `json:"serial,omitempty"`
	Product string `json:"product,omitempty"`
	Driver  string `json:"driver,omitempty"` // kernel driver (Linux)
	// Holder is another process that has the port open, as far as this user may see it (Linux).
	Holder *Process `json:"holder,omitempty"`
	// LatencyTimer is an FTDI adapter's, in ms; 0 when the driver has none (Linux).
	LatencyTimer int `json:"latency_timer,omitempty"`
}
