package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"st67bench/bench/st67"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
)

func newProbe(a *app) *cobra.Command {
	var rigArg, out string
	var asJSON bool
	c := &cobra.Command{
		Use:   "probe",
		Short: "Find out by behaviour what this firmware does where releases differ",
		Long: "probe settles the points in which firmware releases differ or the manual is doubtful, by what the module does and not by its version:\n" +
			"it joins the rig's network, connects to this host, and sends a few hundred kilobytes. It prints each point and where it differs from the nearest\n" +
			"profile of the emulated module, and writes to --out a profile file for the emulated module and a bundle to attach to a report.\n" +
			"In the bundle, passwords, the network's name, and hardware and IPv4 addresses are masked.",
		Example: "  st67bench probe --rig rig.yaml\n  st67bench probe --rig 'emulated?profile=manual' --out /tmp/manual",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			rig, err := loadRig(rigArg)
			if err != nil {
				return usage(err)
			}
			return a.probe(cmd.Context(), rig, out, asJSON)
		},
	}
	f := c.Flags()
	f.StringVar(&rigArg, "rig", "", "rig `file` or link URL (default: the emulated module)")
	f.StringVar(&out, "out", "", "`directory` for profile and bundle (default: probe-FIRMWARE)")
	f.BoolVar(&asJSON, "json", false, "print one JSON object per point")
	return c
}

// probed is what one probing gave.
type probed struct {
	Identity map[string]string `json:"identity"`
	Nearest  string            `json:"nearest"` // profile
	Known    bool              `json:"known"`   // the version is that of the profile
	Findings []compared        `json:"findings"`
}

// compared is a finding and what the nearest profile does.
type compared struct {
	st67.Finding
	Expected string `json:"expected,omitempty"`
	Differs  bool   `json:"differs"`
}

// probe opens the rig, settles every point, and writes what it found.
func (a *app) probe(ctx context.Context, rig *scenarios.Rig, out string, asJSON bool) error {
	link, err := openLink(ctx, rig.Module)
	if err != nil {
		return err
	}
	trace := new(bytes.Buffer)
	s, err := openSession(ctx, link, rig, traceOptions{out: []io.Writer{trace}, start: time.Now(), full: true, limit: 16 << 20}, a.logger())
	if err != nil {
		return err
	}
	found, err := a.settle(ctx, s, rig, asJSON)
	err = errors.Join(err, s.Close())
	if found == nil || len(found.Findings) == 0 {
		return err
	}
	if out == "" {
		out = "probe-" + orDash(found.Identity["firmware"])
	}
	written, writeErr := found.write(out, trace.Bytes(), s.wifi.SSID)
	for _, path := range written {
		fmt.Fprintln(a.errOut, "wrote", path)
	}
	return errors.Join(err, writeErr)
}

// settle joins and probes; what was found before a failure is returned with it.
func (a *app) settle(ctx context.Context, s *session, rig *scenarios.Rig, asJSON bool) (*probed, error) {
	if err := s.module.Reset(ctx); err != nil {
		return nil, err
	}
	id := s.module.Identity()
	p := &probed{Identity: id}
	p.Nearest, p.Known = nearest(id["firmware"])
	if !asJSON {
		p.head(a, s)
	}
	station, err := s.module.Join(ctx, s.wifi)
	if err != nil {
		return p, err
	}
	host, err := peerAddress(rig, s.emulated(), station)
	if err != nil {
		return p, err
	}
	expected := expectations(p.Nearest)
	tell := func(f st67.Finding) {
		c := compared{Finding: f, Expected: expected[f.Point]}
		c.Differs = f.Value != "" && c.Expected != "" && f.Value != c.Expected
		p.Findings = append(p.Findings, c)
		a.printPoint(c, asJSON)
	}
	err = s.module.Probe(ctx, st67.ProbePeer{Listen: net.Listen, Host: host}, tell)
	tell(ready(s))
	return p, err
}

// head says which module and which profile it is held against.
func (p *probed) head(a *app, s *session) {
	if s.emulated() {
		fmt.Fprintln(a.out, "rig       EMULATED MODULE: these findings are the emulator's, not a module's")
	}
	fmt.Fprintf(a.out, "module    %s, SDK %s\n", p.Identity["module"], orDash(p.Identity["firmware"]))
	note := ""
	if !p.Known {
		note = " (no profile of this version: the newest)"
	}
	fmt.Fprintf(a.out, "profile   %s%s\n\n", p.Nearest, note)
}

// ready is the time from CS to RDY, which the link has seen while the module was probed.
func ready(s *session) st67.Finding {
	f := st67.Finding{Point: "cs-to-rdy", What: "time from CS to RDY of a module that is awake"}
	var times []float64
	s.link.Drain(func(series string, _ time.Time, v float64) {
		if series == "wake_latency" {
			times = append(times, v)
		}
	})
	if len(times) == 0 {
		f.Note = "only an SPI link has it"
		return f
	}
	least := times[0]
	for _, t := range times {
		least = min(least, t)
	}
	f.Value = time.Duration(least * float64(time.Second)).String()
	f.Note = fmt.Sprintf("the least of %d transactions", len(times))
	return f
}

func (a *app) printPoint(c compared, asJSON bool) {
	if asJSON {
		enc := json.NewEncoder(a.out)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(c)
		return
	}
	mark := ""
	if c.Differs {
		mark = "differs: " + c.Expected + " in the profile; "
	}
	fmt.Fprintf(a.out, "%-16s %-12s %s%s\n", c.Point, orDash(c.Value), mark, c.Note)
}

// write makes the profile file and the bundle.
func (p *probed) write(dir string, trace []byte, ssid string) (written []string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	profile, err := p.profile()
	if err != nil {
		return nil, err
	}
	text := append([]byte("# What st67bench probe found on "+strings.Join(strings.Fields(p.Identity["module"]+" "+p.Identity["firmware"]), " ")+
		", as a profile of the emulated module.\n"), profile.YAML()...)
	findings, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "profile.yaml")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return nil, err
	}
	bundle := filepath.Join(dir, "bundle.zip")
	err = writeZip(bundle, []zipped{
		{"profile.yaml", text}, {"findings.json", anonymous(findings, ssid)}, {"at.log", anonymous(trace, ssid)},
	})
	return []string{path, bundle}, err
}

// zipped is one file of a bundle.
type zipped struct {
	name    string
	content []byte
}

func writeZip(path string, files []zipped) error {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, f := range files {
		w, err := z.Create(f.name)
		if err != nil {
			return err
		}
		if _, err := w.Write(f.content); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, buf.Bytes(), 0o644)
}

// profile is the nearest profile with what was found otherwise.
func (p *probed) profile() (emulator.Profile, error) {
	out, err := emulator.ParseProfile("the nearest profile", []byte("name: probed\nbase: "+p.Nearest+"\n"))
	if err != nil {
		return out, err
	}
	if v := p.Identity["firmware"]; !p.Known && v != "" {
		if named, err := emulator.ParseProfile("version", []byte("name: probed\nversion: "+v+"\n")); err == nil {
			out.Version = named.Version
		}
	}
	for _, c := range p.Findings {
		if c.Differs {
			apply(&out, c.Finding)
		}
	}
	return out, nil
}
