package scenarios

import "time"

// Scenario is one parsed scenario file with every default filled in.
type Scenario struct {
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	Question string   `json:"question,omitempty"` // what a person wants to know, in a few words; the library is listed by it
	Purpose  string   `json:"purpose,omitempty"`  // how long it takes and how to read the result
	Needs    []string `json:"needs,omitempty"`    // what the rig must have; see Rig.Lacks
	// Emulated are further keys of the link URL of an emulated module, such as faults; a real module has no such
	// case.
	Emulated map[string][]string `json:"emulated,omitempty"`
	Real     bool                `json:"real,omitempty"` // Emulated has only what makes an emulated rig like a real one, which runs the cases as it is
	Workload Workload            `json:"workload"`
	Sweep    []Factor            `json:"sweep,omitempty"` // in the order of the file
	Repeats  Repeats             `json:"repeats"`
	Warmup   int                 `json:"warmup"` // repeats per case and boot whose result is thrown away
	Limits   []Limit             `json:"limits,omitempty"`
	Margins  map[string]float64  `json:"margins,omitempty"` // metric -> smallest worsening that matters, as a fraction; see docs/repeats.md
	Setup    []string            `json:"setup,omitempty"`   // AT lines before each case, with {factor} placeholders
	Cleanup  []string            `json:"cleanup,omitempty"`
	// Rejoin makes the module leave its network and join it again after the lines of Setup, for settings that an
	// association takes over when it begins.
	Rejoin bool   `json:"rejoin,omitempty"`
	Text   []byte `json:"-"` // the file as given
	File   string `json:"-"` // its path, where one was named instead of a scenario
}

// Workload says what one repeat does. Which fields a kind takes is in its row of
// the table of kinds; the others keep their zero value. A repeat ends at the first
// of Duration, Total and Sends that is set.
type Workload struct {
	Kind     string        `json:"kind"`
	Protocol string        `json:"protocol,omitempty"` // "tcp", "udp", "tls"
	IP       string        `json:"ip,omitempty"`       // "4", "6"
	Role     string        `json:"role,omitempty"`     // of the module: "client", "server", "softap"
	Length   int           `json:"length,omitempty"`   // B per send, echo request, publication or notification
	Links    int           `json:"links,omitempty"`    // 1..5 connections at once
	Duration time.Duration `json:"duration,omitempty"` // stop unit; 1 s when no stop unit is given
	Total    int64         `json:"total,omitempty"`    // stop unit, B over all links
	Sends    int           `json:"sends,omitempty"`    // stop unit: sends, requests, joins, ... over all links

	Wait     string `json:"wait,omitempty"`     // a send ends at "final" (SEND OK) or "recv" (Recv n bytes)
	Remote   string `json:"remote,omitempty"`   // UDP: "connected" link, or the remote host with "each" send
	Payload  string `json:"payload,omitempty"`  // "stream", or a pattern that looks like the dialog
	Report   int    `json:"report,omitempty"`   // B between two reports of CIPSENDL
	Transmit int    `json:"transmit,omitempty"` // B of one block that CIPSENDL hands to the stack
	Cancel   int64  `json:"cancel,omitempty"`   // B after which CIPSENDL is cancelled by +++; 0 for never

	Mode   string        `json:"mode,omitempty"`   // of receiving: "active" (+IPD), "passive" (CIPRECVDATA)
	Read   int           `json:"read,omitempty"`   // B of one CIPRECVDATA
	Buffer int           `json:"buffer,omitempty"` // B of the module's receive buffer (CIPRECVBUF); 0 as found
	Poll   string        `json:"poll,omitempty"`   // what a passive read waits for: "ipd", "length" (CIPRECVLEN), "timer"
	Every  time.Duration `json:"every,omitempty"`  // between two events of an open loop, and of poll "timer"

	Rate      float64       `json:"rate,omitempty"`      // offered payload in bit/s; 0 for as much as goes
	Schedule  string        `json:"schedule,omitempty"`  // "closed", "fixed", "poisson"
	Line      string        `json:"line,omitempty"`      // AT line of at-roundtrip
	Load      string        `json:"load,omitempty"`      // beside a latency: "none", "up", "down"
	Reply     int           `json:"reply,omitempty"`     // B that the peer answers a request with
	Delay     time.Duration `json:"delay,omitempty"`     // after which the peer answers a request
	Direction string        `json:"direction,omitempty"` // "tx" (the module sends), "rx"
	Tool      string        `json:"tool,omitempty"`      // whose iperf is at the peer: "native", "iperf" (the program)
	QoS       int           `json:"qos,omitempty"`       // of MQTT, 0..2
	End       string        `json:"end,omitempty"`       // a join ends at "ip" or "byte"
	Outage    string        `json:"outage,omitempty"`    // what goes away: "ap", "peer"
	Away      time.Duration `json:"away,omitempty"`      // for how long

	Power string `json:"power,omitempty"` // field pwr: "normal", "standby", "hibernate"
	DTIM  int    `json:"dtim,omitempty"`  // beacons from one wake to the next in standby; 0 as found
	TWT   string `json:"twt,omitempty"`   // "off", or EXPONENT:DURATION:MANTISSA of AT+TWT_PARAM, with :request, :suggest or :demand
	BLE   string `json:"ble,omitempty"`   // what BLE does meanwhile: "off", "advertising", "scanning", "connected"

	Clock     string        `json:"clock,omitempty"`     // of 32 kHz: "found", "rc", "crystal", "external"
	Broadcast string        `json:"broadcast,omitempty"` // received in standby: "off", "on"
	Depth     string        `json:"depth,omitempty"`     // of hibernation: "0", "1", "2"
	Radio     string        `json:"radio,omitempty"`     // "on", or "off": no association
	Address   string        `json:"address,omitempty"`   // "dhcp", "static"
	IPv6      string        `json:"ipv6,omitempty"`      // "off", "on"
	Connected string        `json:"connected,omitempty"` // "none", "tcp", "tls", "mqtt"
	KeepAlive time.Duration `json:"keepalive,omitempty"` // of that connection; 0 as found
	Settle    time.Duration `json:"settle,omitempty"`    // after the settings, which does not count
}

// Factor is one swept parameter with its levels, in the order of the file.
// Levels are written in one way only: bytes and counts as plain numbers, times
// as "1s" or "250ms".
type Factor struct {
	Name   string   `json:"name"`
	Levels []string `json:"levels"`
}

// Repeats plans how often each case runs.
type Repeats struct {
	Boots    int                `json:"boots"`               // resets and associations; at least 1
	MaxBoots int                `json:"max_boots,omitempty"` // above Boots: that many at most, and Until says when they are enough; 0 for Boots
	Min      int                `json:"min"`                 // per case and boot
	Max      int                `json:"max"`                 // per case and boot, where Until does not count boots
	Until    map[string]float64 `json:"until,omitempty"`     // metric -> relative half width of its 95 % interval that is tight enough
	Budget   time.Duration      `json:"budget,omitempty"`    // for the whole run; 0 for none
}

// Adaptive says that Until counts boots: each has Min repeats of every case, and there are Boots to MaxBoots of them. Otherwise there
// are Boots, and Until counts the repeats within each.
func (r Repeats) Adaptive() bool { return r.MaxBoots > r.Boots }

// Limit is a bound that a case's metric must keep; the outcome is FAIL outside it.
type Limit struct {
	Metric string            `json:"metric"`
	Min    *float64          `json:"min,omitempty"` // in the metric's unit
	Max    *float64          `json:"max,omitempty"`
	Where  map[string]string `json:"where,omitempty"` // levels that the limit applies to; empty for all cases
}

// Applies says whether the limit is meant for this case.
func (l Limit) Applies(c Case) bool {
	for name, level := range l.Where {
		if c.Factors[name] != level {
			return false
		}
	}
	return true
}

// Case is one combination of levels.
type Case struct {
	Key      string            // "length=2920/links=1", in sweep order; the workload's kind when nothing is swept
	Factors  map[string]string // swept factors only
	Workload Workload          // with the factors applied
	Setup    []string          // AT lines with the levels put in
	Cleanup  []string
	Link     map[string]string // settings that reopen the link, by name after "link.": "flow", "speed", "frame"
	Hooks    map[string]string // values that hooks of the rig set, by the hook's name
	Hash     string            // of the expanded parameters; titles, limits, margins and repeats are not in it
}
