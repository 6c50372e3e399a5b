package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"st67bench/analysis/history"
	"st67bench/analysis/report"
	"st67bench/analysis/report/page"
	"st67bench/results"
	"st67bench/scenarios"
)

// defaultAcknowledged is where a project keeps the changes that it has accepted.
const defaultAcknowledged = "results/acknowledged.yaml"

// historyFlags are those of history.
type historyFlags struct {
	csv, scenario, acknowledged string
	pages                       pageFiles
	metrics                     []string
	json                        bool
}

func newHistory(a *app) *cobra.Command {
	var f historyFlags
	c := &cobra.Command{
		Use:   "history [DIR...]",
		Short: "Find the releases at which a metric changed, and judge the newest one",
		Long: "history follows each metric of each case over the releases of a firmware: steps with the release that made them, what was fixed\n" +
			"where, creeps, and whether the newest release is worse than those before.\n" +
			"DIR is a run directory or a folder of them (default " + defaultOut + "). With --csv the numbers come from a file with the columns\n" +
			"release,session,role,firmware,run and one for each metric; docs/history.md has the format, the JSON and the method.\n" +
			"Exit codes: 3 when the newest release regressed and nobody has acknowledged it, 4 when it could not be judged at all.",
		Example: "  st67bench history\n  st67bench history results/runs --scenario cipsend-size --metric goodput\n" +
			"  st67bench history --html history.html\n" +
			"  st67bench history --csv numbers.csv --metric throughput_mbps:higher:3% --metric rtt_p99_ms:lower:10% --json",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeRun,
		RunE:              func(_ *cobra.Command, args []string) error { return a.history(args, f) },
	}
	fl := c.Flags()
	fl.StringVar(&f.csv, "csv", "", "read the numbers from this `file`")
	fl.StringVar(&f.scenario, "scenario", "", "only runs of this `scenario`")
	fl.StringArrayVar(&f.metrics, "metric", nil, "follow this metric, `NAME:higher|lower:MARGIN`, or NAME of the metric table; may be repeated (default: those that are gated)")
	fl.StringVar(&f.acknowledged, "acknowledged", "", "`file` with the changes that are accepted (default "+defaultAcknowledged+" if there is one)")
	fl.BoolVar(&f.json, "json", false, "print as JSON")
	f.pages.flags(c, "none")
	_ = c.RegisterFlagCompletionFunc("scenario", completePlan)
	_ = c.RegisterFlagCompletionFunc("metric", completeMetric)
	_ = c.RegisterFlagCompletionFunc("csv", completeFiles("csv"))
	_ = c.RegisterFlagCompletionFunc("acknowledged", completeFiles("yaml"))
	return c
}

// completeMetric offers the metrics that have a direction.
func completeMetric(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return tableNames(), cobra.ShellCompDirectiveNoFileComp
}

func tableNames() (names []string) {
	for _, m := range results.Metrics() {
		if m.Better != 0 {
			names = append(names, m.Name)
		}
	}
	return names
}

func (a *app) history(dirs []string, f historyFlags) error {
	accepted, err := f.accepted()
	if err != nil {
		return inFile(err)
	}
	var all []history.Series
	var warnings []string
	if f.csv != "" {
		all, err = f.fromCSV(dirs)
	} else {
		all, warnings, err = f.fromRuns(dirs)
	}
	if err != nil {
		return inFile(err)
	}
	h := history.Analyze(all, history.Options{Acknowledged: accepted, Selected: f.scenario != "" || len(f.metrics) > 0})
	h.Warnings = append(warnings, h.Warnings...)
	if f.json {
		enc := json.NewEncoder(a.out)
		enc.SetIndent("", "  ")
		err = enc.Encode(h)
	} else {
		err = h.Text(a.out)
	}
	if err == nil {
		build := func() (*page.Page, error) { return report.HistoryPage(h, f.source(dirs)) }
		err = a.writePages(f.pages, "history --html "+f.pages.html, build, f.json)
	}
	if err != nil {
		return err
	}
	return ended(h.Exit(), nil)
}

// source is where the numbers are from, as the command line says it.
func (f historyFlags) source(dirs []string) string {
	switch {
	case f.csv != "":
		return f.csv
	case len(dirs) == 0:
		return defaultOut
	}
	return strings.Join(dirs, " ")
}

// accepted are the changes of the file that was named, or of the project's; nil without either.
func (f historyFlags) accepted() (*history.Acknowledged, error) {
	name := f.acknowledged
	if name == "" {
		name = defaultAcknowledged
	}
	text, err := os.ReadFile(name)
	if f.acknowledged == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return history.ReadAcknowledged(name, text)
}

func (f historyFlags) fromCSV(dirs []string) ([]history.Series, error) {
	if len(dirs) > 0 || f.scenario != "" {
		return nil, errors.New("--csv stands alone: a file has no scenario, and no run directories are read beside it")
	}
	if len(f.metrics) == 0 {
		return nil, errors.New("--csv needs --metric NAME:higher|lower:MARGIN for each column to follow, such as throughput_mbps:higher:3%")
	}
	var columns []history.Column
	for _, text := range f.metrics {
		c, err := history.ParseColumn(text)
		if err != nil {
			return nil, fmt.Errorf("--metric %w", err)
		}
		if slices.ContainsFunc(columns, func(other history.Column) bool { return other.Name == c.Name }) {
			return nil, fmt.Errorf("--metric %s is there twice", c.Name)
		}
		columns = append(columns, c)
	}
	in, err := os.Open(f.csv)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return history.ReadCSV(f.csv, in, columns)
}

func (f historyFlags) fromRuns(dirs []string) ([]history.Series, []string, error) {
	selection := history.Selection{Scenario: f.scenario}
	for _, text := range f.metrics {
		m, err := tableMetric(text)
		if err != nil {
			return nil, nil, fmt.Errorf("--metric %w", err)
		}
		if slices.ContainsFunc(selection.Metrics, func(other results.Metric) bool { return other.Name == m.Name }) {
			return nil, nil, fmt.Errorf("--metric %s is there twice", m.Name)
		}
		selection.Metrics = append(selection.Metrics, m)
	}
	if len(dirs) == 0 {
		dirs = []string{defaultOut}
	}
	var runs []*results.Run
	for _, dir := range dirs {
		found, err := openRuns(dir)
		if err != nil {
			return nil, nil, err
		}
		runs = append(runs, found...)
	}
	if err := hasScenario(runs, f.scenario); err != nil {
		return nil, nil, err
	}
	all, warnings := history.FromRuns(runs, selection)
	if len(all) == 0 {
		return nil, nil, fmt.Errorf("nothing to follow in %s: %s", strings.Join(dirs, ", "), strings.Join(append(warnings, "no gated metric of a run"), "; "))
	}
	return all, warnings, nil
}

// hasScenario says what there is when no run is of the scenario that is wanted.
func hasScenario(runs []*results.Run, wanted string) error {
	var names []string
	for _, run := range runs {
		if run.Scenario.Name == wanted || wanted == "" {
			return nil
		}
		names = append(names, run.Scenario.Name)
	}
	slices.Sort(names)
	return fmt.Errorf("no run of scenario %s; there are runs of %s", wanted, strings.Join(slices.Compact(names), ", "))
}

// tableMetric is a metric of the table by NAME, or by NAME:higher|lower:MARGIN with another margin.
func tableMetric(text string) (results.Metric, error) {
	name, _, own := strings.Cut(text, ":")
	m, ok := results.LookupMetric(name)
	if !ok {
		hint := "the metrics are those of st67bench report --json"
		if near := results.Nearest(name, tableNames()); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return m, fmt.Errorf("%q: no such metric; %s", name, hint)
	}
	if history.Loss(name) {
		m.Margin = history.LossMargin
	}
	if own {
		c, err := history.ParseColumn(text)
		if err != nil {
			return m, err
		}
		m.Better, m.Margin = c.Better, c.Margin
	}
	if m.Better == 0 || m.Margin == 0 {
		return m, fmt.Errorf("%s has no margin of its own: say %s:higher:MARGIN or %s:lower:MARGIN", name, name, name)
	}
	return m, nil
}

// openRuns opens a run directory, a run by its name, or all runs of a folder.
func openRuns(dir string) ([]*results.Run, error) {
	if found, err := findRun(dir); err == nil {
		run, err := results.Open(found)
		return []*results.Run{run}, err
	}
	listed, err := results.List(dir)
	if err != nil {
		return nil, err
	}
	if len(listed) == 0 {
		return nil, fmt.Errorf("no run in %s; a run directory has a run.json", dir)
	}
	var runs []*results.Run
	for _, r := range listed {
		run, err := results.Open(r.Dir)
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	return runs, nil
}

// inFile makes an error one of usage; mistakes in a file are printed as editors expect them.
func inFile(err error) error {
	var mistakes history.Mistakes
	if !errors.As(err, &mistakes) {
		return usage(err)
	}
	var all scenarios.Errors
	for _, m := range mistakes {
		all = append(all, scenarios.Mistake{File: m.File, Line: m.Line, Col: m.Col, Text: m.Text})
	}
	return usage(all)
}
