package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"

	"st67bench/transport/emulator"
)

// control is one thing that a line on the control socket may ask of a running module. It takes the words after its name.
type control struct {
	name, words string
	do          func(m *emulator.Module, words []string) (string, error)
}

// controls are what stands beside the settings, each of which is asked for by its name alone and changed by its name and
// a value.
var controls = append([]control{
	{"fault", "NAME[:ARG][@N[/EVERY]]", func(m *emulator.Module, w []string) (string, error) { return "", m.Inject(w[0]) }},
	{"quirk", "[-]NAME", func(m *emulator.Module, w []string) (string, error) { return "", m.Switch(w[0]) }},
	{"ap", "SSID on|off", switchAP},
	{"injected", "", func(m *emulator.Module, _ []string) (string, error) {
		text, err := json.Marshal(m.Injected())
		return string(text), err
	}},
}, settingControls()...)

// settingControls are the lines for settings.
func settingControls() []control {
	var all []control
	for _, s := range settings {
		all = append(all,
			control{s.name, s.value, func(m *emulator.Module, w []string) (string, error) { return "", s.set(m, w[0]) }},
			control{s.name, "", func(m *emulator.Module, _ []string) (string, error) { return s.get(m), nil }})
	}
	return all
}

func switchAP(m *emulator.Module, w []string) (string, error) {
	return "", switched(func(m *emulator.Module, on bool) error { return m.AP(w[0], on) })(m, w[1])
}

// controlLine carries out one line on every module and returns the answer to it: ok, ok with a value for each module,
// or error and why.
func controlLine(modules []*emulator.Module, line string) string {
	words := strings.Fields(line)
	if len(words) == 0 {
		return "error: an empty line; " + controlHelp()
	}
	i := slices.IndexFunc(controls, func(c control) bool {
		return c.name == words[0] && len(words)-1 == len(strings.Fields(c.words))
	})
	if i < 0 {
		return fmt.Sprintf("error: %q; %s", line, controlHelp())
	}
	answer := "ok"
	for _, m := range modules {
		value, err := controls[i].do(m, words[1:])
		if err != nil {
			return "error: " + strings.ReplaceAll(err.Error(), "\n", "; ")
		}
		if value != "" {
			answer += " " + value
		}
	}
	return answer
}

func controlHelp() string {
	var forms []string
	for _, c := range controls {
		if lookupSetting(c.name) == nil || c.words != "" {
			forms = append(forms, strings.TrimSpace(c.name+" "+c.words))
		}
	}
	return "a line is one of: " + strings.Join(forms, ", ") + "; those that set a value tell it when it is left out"
}

// serveControl answers lines on a listener until the context ends.
func serveControl(ctx context.Context, l net.Listener, modules []*emulator.Module) error {
	var clients sync.WaitGroup
	defer clients.Wait()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		clients.Go(func() {
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			lines := bufio.NewScanner(conn)
			for lines.Scan() {
				if _, err := fmt.Fprintln(conn, controlLine(modules, lines.Text())); err != nil {
					return
				}
			}
		})
	}
}
