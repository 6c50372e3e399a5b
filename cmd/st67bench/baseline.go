package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"st67bench/results"
)

func newBaseline(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "baseline",
		Short: "Keep accepted runs, to be compared with by name",
		Long: "A baseline is what a release was accepted with: run.json, results.jsonl and bench.txt of its runs, without samples and traces, " +
			"in " + defaultBaselines + "/NAME/SCENARIO. It is small and meant to be committed; st67bench compare NAME RUN compares with it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newBaselineAccept(a), newBaselineList(a))
	for _, sub := range c.Commands() {
		sub.Args = usageArgs(sub.Args)
	}
	return c
}

func newBaselineAccept(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "accept RUN [NAME]",
		Short: "Keep a run as the baseline of a release",
		Long: "accept copies what compare needs of RUN, a run or a folder with runs as in st67bench compare, to " + defaultBaselines + "/NAME/SCENARIO, " +
			"over an older one of the same scenario. NAME is the run's release (st67bench run --release) or else its firmware. " +
			"A run with repeats that were not measured is refused.",
		Example:           "  st67bench baseline accept last 2.0.106",
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: completeSide,
		RunE: func(_ *cobra.Command, args []string) error {
			name := ""
			if len(args) > 1 {
				name = args[1]
			}
			return a.acceptBaseline(args[0], name)
		},
	}
}

func (a *app) acceptBaseline(from, name string) error {
	side, err := openSide(from)
	if err != nil {
		return err
	}
	kept := map[string]string{} // directory by scenario
	for _, run := range side.Runs {
		dir, err := baselineDir(run, name)
		if err == nil && kept[dir] != "" {
			err = fmt.Errorf("%s and %s are runs of one scenario and would both be %s; accept one of them", kept[dir], run.ID, dir)
		}
		if err != nil {
			return usage(err)
		}
		kept[dir] = run.ID
	}
	for _, run := range side.Runs {
		dir, _ := baselineDir(run, name)
		if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
			return err
		}
		if err := results.Keep(run, dir); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "baseline  %s\n", dir)
	}
	return nil
}

// baselineDir is where a run is kept; the error says why it is not.
func baselineDir(run *results.Run, name string) (string, error) {
	if name == "" {
		name = run.ReleaseName()
	}
	if name == "" || strings.ContainsAny(name, `/\:`) || strings.HasPrefix(name, ".") {
		return "", fmt.Errorf("%q cannot name a baseline: it is a folder's name, such as 2.0.106; st67bench baseline accept %s NAME", name, run.ID)
	}
	if len(run.Results) == 0 {
		return "", fmt.Errorf("%s has no results; nothing can be compared with it", run.ID)
	}
	for _, r := range run.Results {
		if r.Outcome == results.Error || r.Outcome == results.Aborted {
			return "", fmt.Errorf("%s cannot be a baseline: %s was not measured (%s: %s); run it again", run.ID, r.Case, r.Outcome, r.Err)
		}
	}
	return filepath.Join(defaultBaselines, name, run.Scenario.Name), nil
}

func newBaselineList(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the baselines",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			rows, err := allBaselines()
			if err != nil {
				return err
			}
			return a.printBaselines(rows, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return c
}

// baselineInfo is one row of `baseline list`.
type baselineInfo struct {
	Name     string    `json:"name"`
	Scenario string    `json:"scenario"`
	Dir      string    `json:"dir"`
	Start    time.Time `json:"start"`
	Firmware string    `json:"firmware,omitempty"`
	Emulated bool      `json:"emulated"`
}

func allBaselines() ([]baselineInfo, error) {
	rows := []baselineInfo{}
	entries, err := os.ReadDir(defaultBaselines)
	if errors.Is(err, fs.ErrNotExist) {
		return rows, nil
	}
	if err != nil {
		return nil, err
	}
	var problems []error
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		runs, err := results.List(filepath.Join(defaultBaselines, entry.Name()))
		problems = append(problems, err)
		for _, r := range runs {
			rows = append(rows, baselineInfo{entry.Name(), r.Scenario.Name, r.Dir, r.Start, r.Identity["firmware"], r.Emulated})
		}
	}
	return rows, errors.Join(problems...)
}

func (a *app) printBaselines(rows []baselineInfo, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(a.out)
		enc.SetIndent("", "  ")
		return enc.Encode(rows)
	}
	if len(rows) == 0 {
		fmt.Fprintln(a.out, "no baseline yet; keep one with: st67bench baseline accept last")
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "BASELINE\tSCENARIO\tFIRMWARE\tMEASURED")
	for _, r := range rows {
		firmware := orDash(r.Firmware)
		if r.Emulated {
			firmware = "EMULATED MODULE " + firmware
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Name, r.Scenario, firmware, r.Start.Format("2006-01-02 15:04 MST"))
	}
	return w.Flush()
}
