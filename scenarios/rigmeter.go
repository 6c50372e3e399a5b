package scenarios

import "slices"

// MeterFor is the meter of the rig, for a scenario with these needs; false when there is none. A rig with an emulated
// module has one that reads the emulator's own current, for the scenarios that need one.
func (r *Rig) MeterFor(needs []string) (MeterURL, bool) {
	switch {
	case r.Meter != nil:
		return *r.Meter, true
	case r.Module.Scheme == "emulated" && slices.Contains(needs, "meter"):
		return MeterURL{Scheme: "sim"}, true
	}
	return MeterURL{}, false
}
