package scenarios

import "slices"

// kind is one workload: what it does, and which fields it takes.
type kind struct {
	name  string
	about string
	// takes are the fields that it has.
	takes []string
	// starts are defaults that differ from the first choice of a field, as a file would give them.
	starts map[string]string
}

// kinds is the table of the workloads. The first is what a broken file is read as.
var kinds = []kind{
	{name: "cipsend", about: "upload by CIPSEND, one send after the other",
		takes:  []string{"protocol", "ip", "length", "links", "duration", "total", "sends", "wait", "remote"},
		starts: map[string]string{"length": "1460"}},
	{name: "receive", about: "download, active or passive",
		takes:  []string{"protocol", "ip", "length", "duration", "total", "mode", "read", "buffer"},
		starts: map[string]string{"length": "1460", "read": "1460"}},
}

func kindNames() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}

func lookupKind(name string) kind {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
	return kinds[max(i, 0)]
}

// has says whether the kind takes a field.
func (k kind) has(field string) bool {
	return slices.Contains(k.takes, field)
}

// defaults is what a workload is when only its kind is given.
func defaults(name string) Workload {
	k := lookupKind(name)
	w := Workload{Kind: k.name}
	for _, f := range fields {
		if !k.has(f.name) {
			continue
		}
		if text, ok := k.starts[f.name]; ok {
			_ = f.apply(&w, text) // the table's own, tested
		} else if f.choices != nil {
			*f.word(&w) = f.choices[0]
		}
	}
	if k.has("links") {
		w.Links = 1
	}
	return w
}

// fields are the names that the kind takes, in the order of the table.
func (k kind) fields() []string {
	var names []string
	for _, f := range fields {
		if k.has(f.name) {
			names = append(names, f.name)
		}
	}
	return names
}
