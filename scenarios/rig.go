package scenarios

import (
	"slices"
	"strings"
	"time"
)

// Rig is one parsed rig file: a module and what stands round it. What the file
// leaves out is the zero value.
type Rig struct {
	Name      string    `json:"name"`
	Module    LinkURL   `json:"module"` // link to the module
	Wifi      Wifi      `json:"wifi,omitzero"`
	Peer      Peer      `json:"peer,omitzero"`
	Meter     *MeterURL `json:"meter,omitempty"` // the current meter
	Wake      *Wake     `json:"wake,omitempty"`  // the module's wake-up pin
	Hooks     Hooks     `json:"hooks,omitzero"`
	Reset     string    `json:"reset"`               // how the module is reset: "at" (AT+RST), "en" (CHIP_EN line), "power" (hook)
	Log       *LinkURL  `json:"log,omitempty"`       // the module's log UART
	AP        AP        `json:"ap,omitzero"`         // what the access point is set to
	MQTT      string    `json:"mqtt,omitempty"`      // URL of a broker that the module can reach; "local" for one that is started for the run
	Neighbour *LinkURL  `json:"neighbour,omitempty"` // link to a second module, the partner of Bluetooth
	LSE       string    `json:"lse,omitempty"`       // the module's 32 kHz clock: "none", "crystal", "external"; "" when not known
	Needs     []string  `json:"needs,omitempty"`
	Text      []byte    `json:"-"` // the file as given, ${NAME} not expanded

	secrets []string
}

// Wifi is the network that the module joins. Without SSID the module joins none.
type Wifi struct {
	SSID     string `json:"ssid"`               // 1..32 B (IEEE 802.11-2020, 9.4.2.2)
	Password string `json:"password,omitempty"` // 8..64 ASCII (manual 3.1.10); "" for an open network
	BSSID    string `json:"bssid,omitempty"`    // "aa:bb:cc:dd:ee:ff"; "" for any
}

// Peer is the network end.
type Peer struct {
	Address string `json:"address,omitempty"` // what the module dials; "" for the local address in the module's subnet
	Via     string `json:"via,omitempty"`     // HOST:PORT of a remote peer; "" for one in this process
	IPerf3  string `json:"iperf3,omitempty"`  // HOST:PORT of a server of iperf3 in the peer's network; "" for none
}

// Hooks are commands of the rig. The word in braces is replaced when one runs.
type Hooks struct {
	Flash string            `json:"flash,omitempty"` // {firmware}
	Power string            `json:"power,omitempty"` // {state}: on or off
	Set   map[string]string `json:"set,omitempty"`   // by the name of what it sets: {value}
}

// AP is what the rig's access point is set to; zero is not known.
type AP struct {
	DTIM   int           `json:"dtim,omitempty"`   // beacons per DTIM
	Beacon time.Duration `json:"beacon,omitempty"` // between beacons
	TWT    bool          `json:"twt,omitempty"`    // grants target wake times
}

// mask is what stands in a stored file where a secret was.
const mask = "***"

// Secrets returns what must never be stored or shown: the passwords, and what
// came into hooks from the environment.
func (r *Rig) Secrets() []string { return slices.Clone(r.secrets) }

// Masked returns the rig as it may be stored: each secret is *** in every value
// and in the text.
func (r *Rig) Masked() *Rig {
	m := *r
	if m.Wifi.Password != "" {
		m.Wifi.Password = mask
	}
	m.MQTT = r.Hide(m.MQTT)
	if r.Meter != nil {
		m.Meter = &MeterURL{r.Meter.Scheme, r.Hide(r.Meter.Target), r.Meter.Query}
	}
	if r.Wake != nil {
		m.Wake = &Wake{r.Wake.Line, r.Hide(r.Wake.Hook), r.Wake.Query}
	}
	m.Hooks = Hooks{Flash: r.Hide(m.Hooks.Flash), Power: r.Hide(m.Hooks.Power)}
	for name, command := range r.Hooks.Set {
		if m.Hooks.Set == nil {
			m.Hooks.Set = map[string]string{}
		}
		m.Hooks.Set[name] = r.Hide(command)
	}
	m.Text = []byte(r.Hide(string(r.Text)))
	m.secrets = nil
	return &m
}

// Hide puts *** in place of each secret in a text, the longest first, so that one inside another leaves no rest.
func (r *Rig) Hide(text string) string {
	secrets := r.Secrets()
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, mask)
	}
	return text
}

// Lacks returns the needs that the rig does not meet, in their order. What the
// keys of the file do not show (iperf, iperf3) counts as met when the
// rig's own needs list it, and so does any other need listed there.
func (r *Rig) Lacks(needs []string) []string {
	var lacks []string
	for _, need := range needs {
		if !r.meets(need) && !slices.Contains(r.Needs, need) {
			lacks = append(lacks, need)
		}
	}
	return lacks
}

func (r *Rig) meets(need string) bool {
	switch need {
	case "meter":
		return r.Meter != nil || r.Module.Scheme == "emulated"
	case "spi":
		return r.Module.Kind() == "spi"
	case "uart":
		return r.Module.Kind() == "uart" || r.Module.Kind() == "rfc2217"
	case "log":
		return r.Log != nil
	case "twt-ap":
		return r.AP.TWT || r.Module.Scheme == "emulated" && r.Module.Query.Get("twt") != "off"
	case "mqtt":
		return r.MQTT != ""
	case "ble-peer":
		return r.Neighbour != nil || r.Module.Scheme == "emulated"
	case "remote-peer":
		return r.Peer.Via != ""
	case "flash":
		return r.hooked("flash")
	}
	hook, ok := strings.CutPrefix(need, "hook:")
	return ok && r.hooked(hook)
}

// EmulatedHooks are the hooks that a rig with an emulated module has without an entry in its file.
var EmulatedHooks = []string{"power", "flash", "ap", "attenuation", "rssi", "dtim", "beacon", "radio", "loss", "outage"}

func (r *Rig) hooked(name string) bool {
	_, set := r.Hooks.Set[name]
	return set || name == "power" && r.Hooks.Power != "" || name == "flash" && r.Hooks.Flash != "" ||
		r.Module.Scheme == "emulated" && slices.Contains(EmulatedHooks, name)
}
