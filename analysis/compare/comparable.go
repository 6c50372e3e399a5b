package compare

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"st67bench/results"
)

// Refusal says why two sides are not compared, and what to do about it.
type Refusal struct{ Reasons []string }

func (r *Refusal) Error() string { return "not comparable: " + strings.Join(r.Reasons, "\n  ") }

// Keys of Identity that are no part of a firmware: all others, the versions of its components, come with it and are what
// is compared.
var (
	moduleKeys = []string{"module", "image"}
	rigKeys    = []string{"link", "baud", "speed", "flow", "max", "peer", "meter"}
)

// Subjects of an A/B run.
const (
	subjectFirmware = "firmware"
	subjectRig      = "rig"
	subjectSettings = "settings"
)

// hints say what to do where a part of Identity differs.
var hints = map[string]string{
	"module": "compare runs of the same kind of module",
	"image":  "compare runs of the same firmware build",
	"link":   "measure both over the same kind of link",
	"baud":   "measure both at one rate: module: uart:...?baud=",
	"speed":  "measure both at one clock: module: spi:...?speed=",
	"flow":   "measure both with one flow control: module: uart:...?flow=",
	"max":    "measure both with one size of transfer: module: spi:...?max=",
	"peer":   "measure both against one kind of peer: rig key peer",
	"meter":  "measure both with one kind of meter, or both without: rig key meter",
}

// refuse says why the sides are not comparable; nil when they are.
func refuse(base, new Side) error {
	reasons := append(oneSubject(base), oneSubject(new)...)
	if len(reasons) == 0 {
		reasons = differences(base.Runs[0], new.Runs[0])
	}
	if len(reasons) > 0 {
		return &Refusal{reasons}
	}
	return nil
}

// oneSubject says what the runs of a side differ in: they have to be of one firmware, rig and setting.
func oneSubject(s Side) (reasons []string) {
	if len(s.Runs) == 0 {
		return []string{fmt.Sprintf("%s has no run", s.Name)}
	}
	first, told := s.Runs[0], map[string]bool{}
	for _, r := range s.Runs[1:] {
		var differs []string
		if r.Emulated != first.Emulated {
			differs = append(differs, "emulated and real modules")
		}
		for _, key := range slices.Concat(moduleKeys, rigKeys, []string{"firmware"}) {
			if r.Identity[key] != first.Identity[key] {
				differs = append(differs, fmt.Sprintf("%s %s and %s", key, orNone(first.Identity[key]), orNone(r.Identity[key])))
			}
		}
		if r.Variant != first.Variant {
			differs = append(differs, fmt.Sprintf("variants %s and %s", orNone(first.Variant), orNone(r.Variant)))
		}
		what := strings.Join(differs, ", ")
		if what != "" && !told[what] {
			reasons = append(reasons, fmt.Sprintf("the runs of %s are not of one kind: %s in %s and %s; name a folder with the runs of one",
				s.Name, what, first.ID, r.ID))
		}
		told[what] = true
	}
	return reasons
}

// differences are the parts of Identity that differ and should not.
func differences(base, new *results.Run) (reasons []string) {
	if base.Emulated != new.Emulated {
		module := map[bool]string{true: "the emulated module", false: "a real module"}
		reasons = append(reasons, fmt.Sprintf("base is %s, new %s; the emulator's figures say nothing of a module",
			module[base.Emulated], module[new.Emulated]))
	}
	for _, key := range fixed(base, new) {
		if a, b := base.Identity[key], new.Identity[key]; a != b {
			hint := cmp.Or(hints[key], "settings are compared on one firmware")
			reasons = append(reasons, fmt.Sprintf("%s: base %s, new %s; %s", key, orNone(a), orNone(b), hint))
		}
	}
	return reasons
}

// fixed are the keys of Identity that have to be equal: all but those of the subject.
func fixed(base, new *results.Run) []string {
	if base.Subject == new.Subject {
		switch base.Subject {
		case subjectRig:
			return moduleKeys
		case subjectSettings:
			return unionKeys(base.Identity, new.Identity)
		}
	}
	return slices.Concat(moduleKeys, rigKeys)
}

// unionKeys are the keys of both, sorted, without the scenario's hash: cases are held against each other one by one.
func unionKeys(a, b map[string]string) []string {
	keys := append(slices.Collect(maps.Keys(a)), slices.Collect(maps.Keys(b))...)
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(k string) bool { return k == "scenario" })
}

func orNone(text string) string { return cmp.Or(text, "none") }

// sameCase says why a case of both runs is not the same; empty when it is.
func sameCase(base, new *results.Run, a, b results.CaseInfo) string {
	if a.Hash == b.Hash || base.Subject == subjectSettings && new.Subject == subjectSettings {
		return ""
	}
	if parts := planDifferences(base, new); len(parts) > 0 {
		return strings.Join(parts, ", ")
	}
	return fmt.Sprintf("parameters (hash %s, %s)", a.Hash, b.Hash)
}

// planned are the parts of a scenario that a case's hash is made of.
var planned = []string{"workload", "setup", "emulated", "rejoin"}

// planDifferences names what differs in what the scenarios do.
func planDifferences(base, new *results.Run) (out []string) {
	a, b := parts(base), parts(new)
	for _, key := range unionKeys(a, b) {
		if a[key] != b[key] {
			out = append(out, fmt.Sprintf("%s: base %s, new %s", key, orNone(a[key]), orNone(b[key])))
		}
	}
	return out
}

// parts are those of the run's scenario, those of its workload each by itself.
func parts(run *results.Run) map[string]string {
	var parsed map[string]any
	text, err := json.Marshal(run.Scenario.Parsed)
	if err != nil || json.Unmarshal(text, &parsed) != nil {
		return nil
	}
	out := map[string]string{}
	for _, key := range planned {
		fields, ok := parsed[key].(map[string]any)
		if !ok {
			fields = map[string]any{"": parsed[key]}
		}
		for name, v := range fields {
			if v == nil {
				continue
			}
			out[strings.Trim(key+"."+name, ".")] = plainly(name, v)
		}
	}
	return out
}

// timeFields are those of a workload that are stored in ns.
var timeFields = []string{"duration", "every", "delay", "away", "keepalive", "settle"}

// plainly is a value of a scenario for people.
func plainly(name string, v any) string {
	if ns, ok := v.(float64); ok && slices.Contains(timeFields, name) {
		return results.FormatQuantity(ns/1e9, "s")
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return strings.Trim(string(text), `"`)
}
