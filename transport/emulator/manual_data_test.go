package emulator

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// entry is one command of the manual, as testdata/manual has it:
//
//	## +CIPSEND 4.1.12        name after AT, manual section
//	forms set execute         of: query, set, execute, test
//	keep no                   no, sysstore (when AT+SYSSTORE=1), or always
//	since 2.0.97              first release that has it; left out when all have
//	quirks joined-prompt ...  left out when none matters
//	params linked: link 0..4, length 1..6144, [host "64"="192.168.67.9"]
//	                          a set form, as parseForm reads it, in a state
//	manual-params ...         the set forms in the profile `manual`, where they differ
//	in linked                 begins an example in a state; a module of its own
//	> AT+CIPSEND=0,4          a line to the module, CRLF added
//	>> abcd                   bytes to the module as they are
//	< \r\nOK\r\n\r\n>         what comes back; Go escapes; * stands for any bytes but CR
//	manual< ...               what comes back in the profile `manual`, where it differs
//	fill 512                  as many zero bytes to the module
//	wait 1s                   lets time pass
type entry struct {
	file, name, section, keep, since string
	forms, quirks                    []string
	sets                             []form
	examples                         []example
}

// setForms are the set forms that a profile has.
func (e entry) setForms(profile string) (all []form) {
	own := profile == "manual" && slices.ContainsFunc(e.sets, func(f form) bool { return f.manual })
	for _, f := range e.sets {
		if f.manual == own {
			all = append(all, f)
		}
	}
	return all
}

// example is a dialog in one state.
type example struct {
	at    string // file:line
	state string
	steps []step
}

// step is one line of an example.
type step struct {
	at, kind, text string
}

// manual reads the data of every command.
func manual(t *testing.T) []entry {
	t.Helper()
	files, err := filepath.Glob("testdata/manual/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no data of the manual: %v", err)
	}
	slices.Sort(files)
	var all []entry
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := parseManual(filepath.Base(f), text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, entries...)
	}
	return all
}

func parseManual(file string, text []byte) (all []entry, err error) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), " \t")
		at := fmt.Sprintf("%s:%d", file, n)
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "" || word == "#":
			continue
		case word == "##":
			name, section, _ := strings.Cut(rest, " ")
			if name == "AT" {
				name = ""
			}
			all = append(all, entry{file: file, name: name, section: section, keep: "no"})
			continue
		case len(all) == 0:
			return nil, fmt.Errorf("%s: %q stands before the first command", at, line)
		}
		if err := all[len(all)-1].line(at, word, rest); err != nil {
			return nil, err
		}
	}
	return all, lines.Err()
}

func (e *entry) line(at, word, rest string) error {
	switch word {
	case "forms":
		e.forms = strings.Fields(rest)
	case "keep":
		e.keep = rest
	case "since":
		e.since = rest
	case "quirks":
		e.quirks = strings.Fields(rest)
	case "params", "manual-params":
		f, err := parseForm(rest, word != "params")
		if err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		e.sets = append(e.sets, f)
	case "in":
		e.examples = append(e.examples, example{at: at, state: rest})
	case ">", ">>", "fill", "<", "manual<", "wait":
		if len(e.examples) == 0 {
			return fmt.Errorf("%s: %s before in", at, word)
		}
		x := &e.examples[len(e.examples)-1]
		if word == ">>" || word == "<" || word == "manual<" {
			text, err := strconv.Unquote(`"` + strings.ReplaceAll(rest, `"`, `\"`) + `"`)
			if err != nil {
				return fmt.Errorf("%s: %q: %w", at, rest, err)
			}
			rest = text
		}
		x.steps = append(x.steps, step{at, word, rest})
	default:
		return fmt.Errorf("%s: unknown word %q", at, word)
	}
	return nil
}
