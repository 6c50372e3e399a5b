package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"st67bench/scenarios"
)

// finding is one line of check.
type finding struct {
	Status string   `json:"status"` // "ok", "skip", "warn" or "WRONG"
	Name   string   `json:"name"`   // what was looked at
	Text   string   `json:"text"`
	Fix    []string `json:"fix,omitempty"` // what mends it, a line each: commands as they are typed
}

// Statuses of a finding. Only wrong decides the exit code: it is about
// something that this rig declares.
const (
	ok    = "ok"
	skip  = "skip"
	warn  = "warn"
	wrong = "WRONG"
)

func newCheck(a *app) *cobra.Command {
	var rigArg string
	var asJSON bool
	c := &cobra.Command{
		Use:   "check",
		Short: "Find out whether the rig is right",
		Long: "check looks at everything between this host and the network end, in order: port, line, module, firmware, network, peer, tools.\n" +
			"Each line says ok, skip, warn, or what is WRONG and what mends it. The exit code is 1 when something that the rig declares is wrong.",
		Example: "  st67bench check --rig rig.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			rig, err := loadRig(rigArg)
			if err != nil {
				return usage(err)
			}
			return a.check(cmd.Context(), rig, asJSON)
		},
	}
	c.Flags().StringVar(&rigArg, "rig", "", "rig `file` or link URL (default: the emulated module)")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per finding")
	return c
}

// checker looks at one rig and says what it finds, while it finds it.
type checker struct {
	*app
	rig      *scenarios.Rig
	say      func(finding)
	problems int
	noRemote bool // the rig has a remote peer that cannot be had
}

// report says one finding.
func (c *checker) report(status, name, text string, fix ...string) {
	if status == wrong {
		c.problems++
	}
	c.say(finding{status, name, text, fix})
}

// check runs every check on a rig.
func (a *app) check(ctx context.Context, rig *scenarios.Rig, asJSON bool) error {
	c := &checker{app: a, rig: rig, say: a.printFinding}
	if asJSON {
		enc := json.NewEncoder(a.out)
		enc.SetEscapeHTML(false)
		c.say = func(f finding) { _ = enc.Encode(f) }
	}
	c.all(ctx)
	if !asJSON {
		fmt.Fprintln(a.out, plural(c.problems, "problem"))
	}
	if c.problems > 0 {
		return exit{exitError, errSilent}
	}
	return nil
}

// printFinding prints a finding for people; what mends it stands below.
func (a *app) printFinding(f finding) {
	fmt.Fprintf(a.out, "%-6s %-9s %s\n", f.Status, f.Name, strings.ReplaceAll(f.Text, "\n", "\n"+strings.Repeat(" ", 17)))
	for _, line := range f.Fix {
		fmt.Fprintf(a.out, "%17s%s\n", "", line)
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// all goes from the wire outwards. What a failed check makes senseless is
// skipped and says why.
func (c *checker) all(ctx context.Context) {
	c.host()
	c.remotePeer(ctx)
	link := c.link(ctx)
	meter := c.openMeter(ctx, link)
	defer c.closeMeter(meter)
	if link != nil {
		c.measuredRate(link) // a meter may be what supplies the module
		c.overLink(ctx, link, meter)
	} else {
		c.report(skip, "module", "not tried: no link")
		c.report(skip, "network", "not tried: no link")
	}
	c.programs(ctx)
}

// host looks at what on this host disturbs timing.
func (c *checker) host() {
	switch g := cpuGovernor(); g {
	case "":
		c.report(skip, "governor", "this host does not tell its CPU frequency governor")
	case "performance":
		c.report(ok, "governor", g)
	default:
		c.report(warn, "governor", "the CPU frequency governor is "+g+": latencies include the CPU waking up",
			"echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor")
	}
	release, idle := stayAwake()
	release()
	if idle == "held off" {
		c.report(ok, "idle", "slow CPU idle states can be held off while measuring")
	} else {
		c.report(warn, "idle", "slow CPU idle states are "+idle+": waking up adds tens of µs to every exchange",
			"let your user write the file: sudo setfacl -m u:$USER:w "+dmaLatency+" (or run as root)")
	}
}
