package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

func newInit(a *app) *cobra.Command {
	var module string
	var force bool
	c := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a rig file for what is connected here, and check it",
		Long: "init looks for serial ports, SPI devices, GPIO chips, current meters and this host's addresses, asks for what it cannot find,\n" +
			"writes a commented rig file (default rig.yaml) and runs check on it. With no terminal it asks nothing and takes what it finds.",
		Example: "  st67bench init\n  st67bench init --module 'uart:/dev/ttyUSB0?baud=2000000' bench-a.yaml",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := "rig.yaml"
			if len(args) > 0 {
				file = args[0]
			}
			return a.init(cmd, file, module, force)
		},
	}
	c.Flags().StringVar(&module, "module", "", "link `URL` of the module instead of asking")
	c.Flags().BoolVar(&force, "force", false, "overwrite the file")
	return c
}

// init writes the rig file and checks it.
func (a *app) init(cmd *cobra.Command, file, module string, force bool) error {
	if _, err := os.Stat(file); err == nil && !force {
		return usage(fmt.Errorf("%s exists; st67bench check --rig %s looks at it, --force overwrites it", file, file))
	}
	found := survey()
	for _, line := range found.lines() {
		fmt.Fprintln(a.errOut, line)
	}
	q := a.newQuestions()
	if module == "" {
		module = q.module(found)
	}
	emulated := strings.HasPrefix(module, "emulated")
	answers := rigAnswers{module: module, found: found}
	if !emulated {
		answers.ssid = q.ask("network that the module joins (SSID)", "${ST67_SSID}")
		answers.peer = q.peer(found)
	}
	text := rigText(answers)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return fmt.Errorf("write the rig file: %w", err)
	}
	fmt.Fprintf(a.out, "wrote     %s\n", file)
	rig, err := loadRigFile(file)
	if err != nil {
		return usage(fmt.Errorf("%w\nthen: st67bench check --rig %s", err, file))
	}
	return a.check(cmd.Context(), rig, false)
}

// questions asks on the terminal; without one every answer is the default.
type questions struct {
	in  *bufio.Scanner
	out io.Writer
}

func (a *app) newQuestions() *questions {
	q := &questions{out: a.errOut}
	if f, isFile := a.in.(*os.File); !isFile || isTerminal(f) {
		q.in = bufio.NewScanner(a.in)
	}
	return q
}

// ask returns the answer, or def for an empty one.
func (q *questions) ask(question, def string) string {
	if q.in == nil {
		return def
	}
	fmt.Fprintf(q.out, "%s [%s]: ", question, def)
	if !q.in.Scan() {
		return def
	}
	return orDefault(strings.TrimSpace(q.in.Text()), def)
}

// module asks how the module is linked; the best guess is the default.
func (q *questions) module(f hardware) string {
	guess := "emulated"
	switch {
	case len(f.spi) > 0 && len(f.gpio) > 0:
		cs, rdy, en := "GPIO22", "GPIO25", "GPIO24"
		guess = fmt.Sprintf("spi:%s?speed=20MHz&cs=%s/%s&rdy=%s/%s&en=%s/%s", f.spi[0], f.gpio[0], cs, f.gpio[0], rdy, f.gpio[0], en)
	case f.usbPort() != "":
		guess = fmt.Sprintf("uart:%s?baud=2000000&flow=none", f.usbPort())
	}
	return q.ask("link to the module", guess)
}

// peer asks for the address that the module dials when this host has several.
func (q *questions) peer(f hardware) string {
	if len(f.addresses) < 2 {
		return ""
	}
	return q.ask("address that the module dials, of "+strings.Join(f.addresses, ", ")+" (auto: the one in the module's subnet)", "auto")
}

func orDefault(s, def string) string {
	if s == "" {
		return def
	}
	return s
}
