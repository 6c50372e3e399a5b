package emulator

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"st67bench/transport/emulator/core"
)

var update = flag.Bool("update", false, "write the tables of the docs anew")

// The docs' tables are made from the data and from the emulator's own lists.
func TestDocTables(t *testing.T) {
	for name, text := range map[string]string{
		"emulator-commands.md": commandTable(t),
		"emulator-quirks.md":   quirkTable(),
	} {
		path := filepath.Join("..", "..", "docs", name)
		if *update {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, []byte(text)) {
			t.Errorf("docs/%s is not what the data make (%v); go test ./transport/emulator -run TestDocTables -update", name, err)
		}
	}
}

func commandTable(t *testing.T) string {
	var out strings.Builder
	out.WriteString("# Commands of the emulated module\n\n" +
		"Made from the data in `transport/emulator/testdata/manual`, which a test runs against the emulated module: every form, every example.\n" +
		"Parameters are numbers in a range, or strings of so many bytes; those in brackets may be left out. *Kept* says whether a setting outlives a restart: `sysstore` when `AT+SYSSTORE` is 1.\n" +
		"Sections are those of the manual; a command without one is the firmware's.\n\n" +
		"| command | section | forms | parameters | kept | since | quirks |\n|---|---|---|---|---|---|---|\n")
	for _, e := range manual(t) {
		fmt.Fprintf(&out, "| AT%s | %s | %s | %s | %s | %s | %s |\n", e.name, e.section, strings.Join(e.forms, ", "),
			setForms(e), e.keep, e.since, strings.Join(e.quirks, ", "))
	}
	out.WriteString("| +++ | 4.1.9 | data mode | | no | | |\n")
	return out.String()
}

// Every quirk that the data name is one, and every one is named, but for busy-drop,
// which all commands have.
func TestManualQuirks(t *testing.T) {
	named := map[string]bool{"busy-drop": true}
	for _, e := range manual(t) {
		for _, q := range e.quirks {
			named[q] = true
		}
	}
	for _, q := range core.QuirkTable() {
		if !named[q.Name] {
			t.Errorf("the quirk %s is at no command", q.Name)
		}
		delete(named, q.Name)
	}
	for name := range named {
		t.Errorf("%s is no quirk", name)
	}
}

// setForms is how the set form of a release looks, one line for each way.
func setForms(e entry) string {
	var ways []string
	for _, f := range e.setForms("") {
		ways = append(ways, "`"+strings.ReplaceAll(f.String(), "|", "\\|")+"`")
	}
	return strings.Join(slices.Compact(ways), "<br>")
}

func quirkTable() string {
	var out strings.Builder
	out.WriteString("# Quirks and faults of the emulated module\n\nMade from the emulator's own lists.\n\n## Quirks\n\n" +
		"A quirk is a point in which firmware and manual contradict each other, or releases differ. `quirk=NAME` in the link URL switches one on,\n" +
		"`quirk=-NAME` off.\n\n| quirk | in the releases | in `manual` | what it does |\n|---|---|---|---|\n")
	for _, q := range core.QuirkTable() {
		fmt.Fprintf(&out, "| %s | %s | %s | %s |\n", q.Name, where(q), onOff(q.Manual), strings.ReplaceAll(q.Doc, "|", "\\|"))
	}
	out.WriteString("\n## Faults\n\n`fault=NAME[:ARG][@N[/EVERY]]` in the link URL, in a scenario's `emulated:`, or on the control socket of `st67bench emulate`.\n\n" +
		"| fault | argument | counts | what happens |\n|---|---|---|---|\n")
	for _, f := range core.FaultTable() {
		fmt.Fprintf(&out, "| %s | %s | %s | %s |\n", f.Name, f.Arg, f.Counts(), strings.ReplaceAll(f.Doc, "|", "\\|"))
	}
	return out.String()
}

// where is the releases that have a quirk on.
func where(q core.QuirkInfo) string {
	switch {
	case !q.On:
		return "off"
	case q.Before != 0:
		return "before " + q.Before.String()
	case q.Since != 0:
		return "from " + q.Since.String()
	}
	return "on"
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
