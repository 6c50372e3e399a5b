package scenarios

// The structs of this file mirror the YAML of the two files a user writes. The
// parsers take their allowed keys from them, and Schema their form; a field
// without a type of its own gets it in schema.go, from the parser's own ranges.

type scenarioFile struct {
	Name     any            `json:"name" jsonschema_description:"name of the scenario; run directories carry it"`
	Title    string         `json:"title,omitempty" jsonschema_description:"the question that the scenario answers"`
	Question string         `json:"question,omitempty" jsonschema_description:"what a person wants to know, in a few words; list groups scenarios by it"`
	Purpose  string         `json:"purpose,omitempty" jsonschema_description:"how long it takes and how to read the result"`
	Needs    any            `json:"needs,omitempty" jsonschema_description:"what the rig must have; without it the cases are SKIPPED"`
	Emulated map[string]any `json:"emulated,omitempty" jsonschema_description:"keys of the emulated module's link URL, such as fault and quirk; on a real module the cases are SKIPPED, with real: run they are run as it is"`
	Workload workloadShape  `json:"workload" jsonschema_description:"what one repeat does"`
	Sweep    sweepShape     `json:"sweep,omitempty" jsonschema_description:"factors with their levels; the first factor changes slowest"`
	Repeats  repeatsShape   `json:"repeats,omitempty" jsonschema_description:"how often each case runs"`
	Warmup   any            `json:"warmup,omitempty" jsonschema_description:"repeats per case and boot whose result is thrown away; 1 by default"`
	Limits   map[string]any `json:"limits,omitempty" jsonschema_description:"bounds by metric; the outcome is FAIL outside them"`
	Margins  map[string]any `json:"margins,omitempty" jsonschema_description:"smallest worsening that matters, by metric: a fraction of the value such as 3%, of losses the difference of the fractions lost"`
	Setup    []atShape      `json:"setup,omitempty" jsonschema:"minItems=1" jsonschema_description:"AT lines before each case, with {factor} placeholders"`
	Cleanup  []atShape      `json:"cleanup,omitempty" jsonschema:"minItems=1" jsonschema_description:"AT lines after each case, with {factor} placeholders"`
	Rejoin   bool           `json:"rejoin,omitempty" jsonschema_description:"leave the network and join it again after the lines of setup, for settings that an association takes over when it begins"`
}

type campaignFile struct {
	Campaign  any          `json:"campaign" jsonschema_description:"name of the campaign; run directories carry it as their session"`
	Title     string       `json:"title,omitempty" jsonschema_description:"the question that the campaign answers"`
	Purpose   string       `json:"purpose,omitempty" jsonschema_description:"how long it takes and how to read the result"`
	Setup     []atShape    `json:"setup,omitempty" jsonschema:"minItems=1" jsonschema_description:"AT lines before each case of every scenario"`
	Cleanup   []atShape    `json:"cleanup,omitempty" jsonschema:"minItems=1" jsonschema_description:"AT lines after each case of every scenario"`
	Repeats   repeatsShape `json:"repeats,omitempty" jsonschema_description:"what replaces the scenarios' own plan of repeats, key by key"`
	Scenarios []string     `json:"scenarios" jsonschema:"minItems=1" jsonschema_description:"names or paths of scenarios, in the order in which they run"`
}

type (
	workloadShape struct{}
	sweepShape    struct{}
	atShape       string
)

type repeatsShape struct {
	Boots  any            `json:"boots,omitempty" jsonschema_description:"resets and associations: a number, or 5..30, with until, for as many as it takes; 1 by default"`
	Min    any            `json:"min,omitempty" jsonschema_description:"fewest repeats per case and boot; 6 by default"`
	Max    any            `json:"max,omitempty" jsonschema_description:"most repeats per case and boot; 20 by default. Not used where until counts boots"`
	Until  map[string]any `json:"until,omitempty" jsonschema_description:"stop early when each metric's 95 % interval is this narrow: half its width over the value, such as 2%. Over boots from 5 on, over the repeats of each boot below"`
	Budget any            `json:"budget,omitempty" jsonschema_description:"time for the whole run; it ends what goes beyond the least boots and repeats"`
}

type limitShape struct {
	Min   any            `json:"min,omitempty" jsonschema_description:"lowest value that passes"`
	Max   any            `json:"max,omitempty" jsonschema_description:"highest value that passes"`
	Where map[string]any `json:"where,omitempty" jsonschema_description:"levels that the limit is meant for; all cases without it"`
}

type rigFile struct {
	Name      any        `json:"name" jsonschema_description:"name of the rig"`
	Module    any        `json:"module" jsonschema_description:"link URL of the module"`
	Wifi      wifiShape  `json:"wifi,omitempty" jsonschema_description:"the network that the module joins"`
	Peer      peerShape  `json:"peer,omitempty" jsonschema_description:"the network end"`
	Meter     any        `json:"meter,omitempty" jsonschema_description:"URL of the current meter"`
	Wake      any        `json:"wake,omitempty" jsonschema_description:"GPIO line of this host, CHIP/LINE, or hook:COMMAND, that drives the module's wake-up pin: ?pin=28 or 16 of the chip"`
	Hooks     hooksShape `json:"hooks,omitempty" jsonschema_description:"commands of this rig"`
	Reset     any        `json:"reset,omitempty" jsonschema_description:"how the module is reset: AT+RST, its CHIP_EN line, or the power hook; at by default"`
	Log       any        `json:"log,omitempty" jsonschema_description:"link URL of the module's log UART"`
	AP        apShape    `json:"ap,omitempty" jsonschema_description:"what the access point is set to"`
	MQTT      any        `json:"mqtt,omitempty" jsonschema_description:"URL of a broker that the module can reach; local: mosquitto of this host, started for the run"`
	Neighbour any        `json:"neighbour,omitempty" jsonschema_description:"link URL of a second ST67W611M1, the partner of Bluetooth"`
	LSE       any        `json:"lse,omitempty" jsonschema_description:"the module's 32 kHz clock"`
	Needs     any        `json:"needs,omitempty" jsonschema_description:"further needs of scenarios that this rig meets"`
}

type wifiShape struct {
	SSID     string `json:"ssid" jsonschema:"minLength=1" jsonschema_description:"name of the network, 1 to 32 bytes"`
	Password any    `json:"password,omitempty" jsonschema_description:"${NAME} of an environment variable; leave it out for an open network"`
	BSSID    any    `json:"bssid,omitempty" jsonschema_description:"radio of the access point, where several share a name"`
}

type peerShape struct {
	Address string `json:"address,omitempty" jsonschema:"minLength=1" jsonschema_description:"what the module dials; by default the local address in the module's subnet"`
	Via     any    `json:"via,omitempty" jsonschema_description:"HOST:PORT of a remote peer"`
	IPerf3  any    `json:"iperf3,omitempty" jsonschema_description:"HOST:PORT of a server of iperf3 in the peer's network, for the ceiling above every figure"`
}

type hooksShape struct {
	Flash any            `json:"flash,omitempty" jsonschema_description:"loads a {firmware}"`
	Power any            `json:"power,omitempty" jsonschema_description:"switches the module's supply to {state}: on or off"`
	Set   map[string]any `json:"set,omitempty" jsonschema_description:"commands by name, each setting something to {value}"`
}

type apShape struct {
	DTIM   any  `json:"dtim,omitempty" jsonschema_description:"beacons per DTIM"`
	Beacon any  `json:"beacon,omitempty" jsonschema_description:"time between beacons"`
	TWT    bool `json:"twt,omitempty" jsonschema_description:"the access point grants target wake times"`
}
