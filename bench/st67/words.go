package st67

import (
	"strconv"
	"strings"
)

// eventWords are unsolicited lines by what follows their prefix (manual 1.1.2).
var eventWords = map[string]string{
	"ready":                "the module has started",
	"SEND OK":              "a send has ended well",
	"SEND FAIL":            "a send that the module had taken has failed",
	"SEND CANCELLED":       "a send was cancelled",
	"+QUITT":               "passthrough mode has ended",
	"+CW:CONNECTING":       "joining a network",
	"+CW:CONNECTED":        "the AP took the module",
	"+CW:GOTIP":            "the module has an IPv4 address",
	"+CW:DISCONNECTED":     "the module has left the network",
	"+CW:SCAN_DONE":        "the scan has ended",
	"+CW:STA_CONNECTED":    "a station has joined the module's own AP",
	"+CW:STA_DISCONNECTED": "a station has left the module's own AP",
	"+CW:DIST_STA_IP":      "a station of the module's own AP has an address",
	"+LINK_CONN":           "a connection, in the detailed form",
	"+MQTT:CONNECTED":      "connected to the MQTT broker",
	"+MQTT:DISCONNECTED":   "disconnected from the MQTT broker",
	"+BLE:CONNECTED":       "a Bluetooth connection is there",
	"+BLE:DISCONNECTED":    "a Bluetooth connection has ended",
	"+BLE:CONNPARAM":       "the parameters of a Bluetooth connection have changed",
	"+BLE:GATTREAD":        "the Bluetooth client has read",
	"+BLE:GATTWRITE":       "the Bluetooth client has written",
	"+BLE:SRV":             "a Bluetooth service was found",
	"+BLE:SRVCHAR":         "a characteristic of a Bluetooth service was found",
	"+BLE:NOTIDATA":        "a Bluetooth notification or indication has come",
	"+BLE:MTUSIZE":         "the Bluetooth MTU has changed",
	"+BLE:PAIRINGFAILED":   "Bluetooth pairing has failed",
}

// Words puts an unsolicited line or an error code line, without CRLF, in words;
// empty for one that is not known.
func Words(line string) string {
	line = strings.TrimSpace(line)
	switch prefix, rest, _ := strings.Cut(line, ":"); prefix {
	case "ERR CODE":
		return errorWords(rest)
	case "+CWJAP":
		return refusals[strings.TrimSpace(rest)]
	case "+CIP":
		return linkWords(rest)
	case "+IPD":
		return dataWords(rest)
	case "+PING":
		return pingWords(rest)
	case "+CW":
		if code, is := strings.CutPrefix(rest, "ERROR,"); is {
			return networkWords(code)
		}
	case "+LINK_CONN":
		return eventWords[prefix]
	}
	name, _, _ := strings.Cut(line, ",")
	name, _, _ = strings.Cut(name, " ")
	if words, ok := eventWords[line]; ok {
		return words
	}
	return eventWords[name]
}

func errorWords(code string) string {
	n, err := strconv.ParseUint(strings.TrimSpace(code), 0, 32)
	if err != nil {
		return ""
	}
	return codeWords(uint32(n))
}

// networkWords words the code of `+CW:ERROR,<code>`, which comes when a join fails and after every disconnection.
func networkWords(code string) string {
	n, err := strconv.Atoi(strings.TrimSpace(code))
	switch reason, known := reasons[n]; {
	case err != nil || !known:
		return "no network: unknown reason"
	case leaving[n]:
		return reason
	default:
		return "no network: " + reason
	}
}

// linkWords words `[<link>,]CONNECTED` and the like.
func linkWords(rest string) string {
	link, what, found := strings.Cut(rest, ",")
	if !found {
		link, what = "0", rest
	}
	switch what {
	case "CONNECTED":
		return "link " + link + " is connected"
	case "DISCONNECTED":
		return "link " + link + " is closed"
	}
	return ""
}

// dataWords words `[<link>,]<n>[,"<remote address>",<port>]` of passive mode, and the heads of active mode, which end
// in a comma.
func dataWords(rest string) string {
	f, link := fields(strings.TrimSuffix(rest, ",")), "0"
	if len(f)%2 == 0 {
		link, f = f[0], f[1:]
	}
	text := f[0] + " bytes on link " + link
	if len(f) == 3 {
		text += " from " + f[1] + " port " + f[2]
	}
	if !strings.HasSuffix(rest, ",") {
		text += " wait for AT+CIPRECVDATA"
	}
	return text
}

func pingWords(rest string) string {
	if strings.HasPrefix(rest, "TIMEOUT") {
		return "no echo in time"
	}
	return "echo after " + rest
}
