package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	"st67bench/transport/emulator"
)

// control is one thing that a line on the control socket may ask of a running module. It takes the words after its name.
type control struct {
	name, words string
	do          func(m *emulator.Module, words []string) (string, error)
}

var controls = []control{
	{"fault", "NAME[:ARG][@N[/EVERY]]", func(m *emulator.Module, w []string) (string, error) { return "", m.Inject(w[0]) }},
	{"quirk", "[-]NAME", func(m *emulator.Module, w []string) (string, error) { return "", m.Switch(w[0]) }},
	{"ap", "SSID on|off", switchAP},
	{"rssi", "DBM", setRSSI},
	{"injected", "", func(m *emulator.Module, _ []string) (string, error) {
		text, err := json.Marshal(m.Injected())
		return string(text), err
	}},
}

func switchAP(m *emulator.Module, w []string) (string, error) {
	if w[1] != "on" && w[1] != "off" {
		return "", fmt.Errorf("%q is not on or off", w[1])
	}
	return "", m.AP(w[0], w[1] == "on")
}

func setRSSI(m *emulator.Module, w []string) (string, error) {
	dBm, err := strconv.Atoi(w[0])
	if err != nil {
		return "", fmt.Errorf("%q is not a signal strength in dBm", w[0])
	}
	return "", m.RSSI(dBm)
}

// controlLine carries out one line on every module and returns the answer to it: ok, ok with a value for each module,
// or error and why.
func controlLine(modules []*emulator.Module, line string) string {
	words := strings.Fields(line)
	if len(words) == 0 {
		return "error: an empty line; " + controlHelp()
	}
	i := slices.IndexFunc(controls, func(c control) bool { return c.name == words[0] })
	if i < 0 || len(words)-1 != len(strings.Fields(controls[i].words)) {
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
	forms := make([]string, len(controls))
	for i, c := range controls {
		forms[i] = strings.TrimSpace(c.name + " " + c.words)
	}
	return "a line is one of: " + strings.Join(forms, ", ")
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
