package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"st67bench/analysis/compare"
	"st67bench/results"
)

// defaultAA is where the A/A checks of rigs are kept, a file for each rig.
const defaultAA = "results/aa"

// rigChecks is such a file: one check for each scenario and kind of link, the last.
type rigChecks struct {
	Schema int        `json:"schema"`
	Rig    string     `json:"rig"`
	Checks []rigCheck `json:"checks"`
}

// rigCheck is one check, and of what it is.
type rigCheck struct {
	Scenario string   `json:"scenario"`
	Link     string   `json:"link"` // "uart", "spi", ...
	Emulated bool     `json:"emulated"`
	Firmware string   `json:"firmware"`
	Date     string   `json:"date"` // of its first session, "2026-11-22"
	Tool     string   `json:"tool"`
	Runs     []string `json:"runs"` // IDs, both sides of each session
	compare.RigCheck
}

// newRigCheck is that of A/A sessions.
func newRigCheck(sessions [][2]*results.Run) (*rigCheck, error) {
	found, err := compare.CheckRig(sessions, compare.Options{})
	if err != nil {
		return nil, err
	}
	first := sessions[0][0]
	c := &rigCheck{
		Scenario: first.Scenario.Name, Link: first.Identity["link"], Emulated: first.Emulated, Firmware: first.Identity["firmware"],
		Date: first.Start.Format("2006-01-02"), Tool: first.Tool, RigCheck: *found,
	}
	for _, pair := range sessions {
		c.Runs = append(c.Runs, pair[0].ID, pair[1].ID)
	}
	return c, nil
}

// same says whether a run is of what was checked.
func (c *rigCheck) same(run *results.Run) bool {
	return c.Scenario == run.Scenario.Name && c.Link == run.Identity["link"] && c.Emulated == run.Emulated
}

// checksFile is the file of a rig below a folder. A rig's name is fit for a path.
func checksFile(folder, rig string) string { return filepath.Join(folder, rig+".json") }

// readChecks reads the file of a rig; one that is not there has no checks.
func readChecks(folder, rig string) (*rigChecks, error) {
	checks := &rigChecks{Schema: 1, Rig: rig}
	file := checksFile(folder, rig)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return checks, nil
	}
	if err == nil {
		err = json.Unmarshal(text, checks)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w; st67bench aa makes it again once it is removed", file, err)
	}
	return checks, nil
}

// keep puts a check into the file of its rig, over an older one of the same.
func (c *rigCheck) keep(folder, rig string) (file string, err error) {
	checks, err := readChecks(folder, rig)
	if err != nil {
		return "", err
	}
	checks.Checks = slices.DeleteFunc(checks.Checks, func(old rigCheck) bool {
		return old.Scenario == c.Scenario && old.Link == c.Link && old.Emulated == c.Emulated
	})
	checks.Checks = append(checks.Checks, *c)
	slices.SortFunc(checks.Checks, func(a, b rigCheck) int { return strings.Compare(a.Scenario+" "+a.Link, b.Scenario+" "+b.Link) })
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	file = checksFile(folder, rig)
	return file, replace(file, func(w io.Writer) error { return encodeJSON(w, checks) })
}

// checkedMargins are the detection floors of the rigs that the runs were measured on, from the folder with their checks: margins
// below them would ask for more than the rig can show. Runs of a rig that was not checked have none.
func checkedMargins(folder string, runs []*results.Run) (all []compare.Margins, err error) {
	seen := map[string]bool{}
	for _, run := range runs {
		rig := run.Conditions["rig"]
		if rig == "" || seen[rig+" "+run.Scenario.Name] {
			continue
		}
		seen[rig+" "+run.Scenario.Name] = true
		checks, err := readChecks(folder, rig)
		if err != nil {
			return nil, err
		}
		for _, c := range checks.Checks {
			if c.same(run) {
				all = append(all, c.margins(rig))
			}
		}
	}
	return all, nil
}

func (c *rigCheck) margins(rig string) compare.Margins {
	m := compare.Margins{From: fmt.Sprintf("A/A of %s on %s", c.Date, rig), Of: map[string]float64{}, Scenario: c.Scenario, Least: true}
	for name, metric := range c.Metrics {
		if metric.MDE != nil {
			m.Of[name] = *metric.MDE
		}
	}
	return m
}
