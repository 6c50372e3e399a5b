package analysis

import (
	"fmt"
	"strconv"

	"st67bench/results"
)

// conditionUnits are the units of the conditions that have one; those that
// results formats get prefixes.
var conditionUnits = map[string]string{
	"rssi": "dBm", "temperature": "°C", "vbat": "V", "heap": "B", "lwip_heap": "B",
	"network_ceiling_up": "bit/s", "network_ceiling_down": "bit/s", "clock_uncertainty": "s", "clock_offset": "s",
	"floor_p50": "s", "floor_p90": "s", "floor_p99": "s", "rate": "bit/s", "latency_timer": "ms",
}

// ConditionText is the value of a condition for people: a number with its unit.
func ConditionText(name, value string) string {
	unit := conditionUnits[name]
	v, err := strconv.ParseFloat(value, 64)
	if unit == "" || err != nil {
		return value
	}
	if unit == "s" || unit == "B" || unit == "bit/s" {
		return results.FormatQuantity(v, unit)
	}
	return fmt.Sprintf("%s %s", value, unit)
}
