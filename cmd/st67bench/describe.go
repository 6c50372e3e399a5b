package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"st67bench/bench/peer"
	"st67bench/results"
	"st67bench/scenarios"
)

// newRun is the run as far as it is known before anything was opened.
func (m *measurement) newRun() results.Run {
	run := results.Run{
		Start: time.Now(), Tool: thisBuild().String(), Seed: m.flags.seed, Session: m.session, Role: m.flags.role, Release: m.flags.release,
		Emulated:   m.rig.Module.Scheme == "emulated",
		Identity:   map[string]string{"scenario": scenarioHash(m.cases)},
		Conditions: hostConditions(),
		Scenario:   results.Document{Name: m.scenario.Name, File: m.scenario.File, Title: m.scenario.Title, Text: string(m.scenario.Text), Parsed: m.scenario},
		Rig:        results.Document{Name: m.rig.Name, Text: string(m.rig.Masked().Text), Parsed: m.rig.Masked()},
		Secrets:    m.rig.Secrets(),
	}
	for _, c := range m.cases {
		run.Cases = append(run.Cases, results.CaseInfo{Key: c.Key, Factors: c.Factors, Hash: c.Hash})
	}
	for _, f := range m.scenario.Sweep {
		run.Factors = append(run.Factors, f.Name)
	}
	return run
}

// scenarioHash stands for everything that the cases do.
func scenarioHash(cases []scenarios.Case) string {
	h := sha256.New()
	for _, c := range cases {
		fmt.Fprintln(h, c.Hash)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// describe adds what the opened rig says of itself.
func (m *measurement) describe(ctx context.Context, s *session, run *results.Run) error {
	maps.Copy(run.Identity, s.link.Identity())
	maps.Copy(run.Identity, s.module.Identity())
	for _, key := range m.varied(s) {
		delete(run.Identity, key)
	}
	run.Identity["peer"] = s.peer.Kind()
	maps.Copy(run.Conditions, s.conditions)
	run.Conditions["unit"] = s.module.Unit()
	run.Conditions["rig"] = m.rig.Name
	if s.broker != nil {
		run.Conditions["mqtt_broker"] = s.broker.Address
	}
	if s.note != "" {
		run.Conditions["note"] = s.note
	}
	if err := m.describeIPD(ctx, s, run); err != nil {
		return err
	}
	now, err := s.module.Conditions(ctx)
	if err != nil {
		return err
	}
	maps.Copy(run.Conditions, now)
	around, err := s.surroundings(ctx)
	maps.Copy(run.Conditions, around)
	return err
}

// surroundings are the conditions that are the same for all that a session measures: the harness's floor, and the network to the
// peer. They are found once.
func (s *session) surroundings(ctx context.Context) (map[string]string, error) {
	if s.around != nil {
		return s.around, nil
	}
	floor, err := measureFloor(ctx, floorLink(s))
	if err != nil {
		return nil, err
	}
	around := networkCeiling(ctx, s.peer, s.rig.Peer.IPerf3)
	for suffix, v := range floor {
		around["floor"+suffix] = strconv.FormatFloat(v, 'g', 4, 64)
	}
	if clocked, ok := s.peer.(peer.Clocked); ok {
		if err := clocked.Synchronize(ctx); err != nil {
			return nil, err
		}
		offset, uncertainty := clocked.Clock()
		around["clock_offset"] = strconv.FormatFloat(offset.Seconds(), 'f', 6, 64)
		around["clock_uncertainty"] = strconv.FormatFloat(uncertainty.Seconds(), 'f', 6, 64)
	}
	s.around = around
	return around, nil
}

// varied are the keys of Identity that differ between the cases, each of which has them in its conditions: what a link
// factor sets, and what a firmware brings.
func (m *measurement) varied(s *session) []string {
	var keys []string
	of := map[string][]string{"flow": {"flow"}, "speed": {"baud", "speed"}, "frame": {"max"}}
	for _, c := range m.cases {
		for setting := range c.Link {
			keys = append(keys, of[setting]...)
		}
		if _, flashed := c.Hooks["flash"]; !flashed {
			continue
		}
		for key := range s.module.Identity() {
			if key != "module" && key != "image" {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// floorLink is the emulated link that is like the session's.
func floorLink(s *session) string {
	if link := s.link.Identity()["link"]; link == "uart" || link == "spi" {
		return link
	}
	return "memory"
}

// hostConditions is what is merely so on this host.
func hostConditions() map[string]string {
	c := map[string]string{
		"host_os": runtime.GOOS + "/" + runtime.GOARCH, "host_cpus": strconv.Itoa(runtime.NumCPU()), "tool": thisBuild().String(),
	}
	if g := cpuGovernor(); g != "" {
		c["cpu_governor"] = g
	}
	return c
}

// cpuGovernor is the scaling governor of the first CPU, where the kernel says.
func cpuGovernor() string {
	text, err := os.ReadFile(filepath.FromSlash("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// heading says on stderr what is about to happen; what was measured on what
// stands above the table.
func (m *measurement) heading(s *session, plan planning) {
	if m.flags.quiet {
		return
	}
	fmt.Fprintf(m.errOut, "link      %s\n", s.conn)
	if s.note != "" {
		fmt.Fprintf(m.errOut, "note      %s\n", s.note)
	}
	fmt.Fprintf(m.errOut, "plan      %s\n", plan)
}
