package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"st67bench/scenarios"
	"st67bench/transport/uart"
)

func newList(a *app) *cobra.Command {
	var asJSON bool
	var dir string
	c := &cobra.Command{
		Use:       "list [scenarios|campaigns|runs|ports]",
		Short:     "List scenarios, campaigns, runs or serial ports",
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"scenarios", "campaigns", "runs", "ports"},
		RunE: func(_ *cobra.Command, args []string) error {
			what := "scenarios"
			if len(args) > 0 {
				what = args[0]
			}
			return a.list(what, dir, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	c.Flags().StringVar(&dir, "dir", defaultOut, "where the runs are")
	return c
}

func (a *app) list(what, dir string, asJSON bool) error {
	rows, table, err := listing(what, dir)
	if err != nil {
		return err
	}
	if asJSON {
		enc := json.NewEncoder(a.out)
		enc.SetIndent("", "  ")
		return enc.Encode(rows)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	table(w)
	return w.Flush()
}

// listing returns the rows for JSON and a function that prints them for people.
func listing(what, dir string) (rows any, table func(io.Writer), err error) {
	switch what {
	case "ports":
		ports, err := uart.List()
		return ports, func(w io.Writer) { printPorts(w, ports) }, err
	case "runs":
		runs, err := allRuns(dir)
		return runs, func(w io.Writer) { printRuns(w, runs) }, err
	case "campaigns":
		found, err := allCampaigns()
		return found, func(w io.Writer) { printCampaigns(w, found) }, err
	default:
		found, err := allScenarios()
		return found, func(w io.Writer) { printScenarios(w, found) }, err
	}
}

// scenarioInfo is one row of `list scenarios`.
type scenarioInfo struct {
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	Question string   `json:"question,omitempty"`
	Purpose  string   `json:"purpose,omitempty"`
	Cases    int      `json:"cases"`
	Needs    []string `json:"needs,omitempty"`
}

func allScenarios() ([]scenarioInfo, error) {
	rows := []scenarioInfo{}
	for _, name := range scenarios.Library() {
		s, err := scenarios.Load(name)
		if err != nil {
			return nil, err
		}
		rows = append(rows, scenarioInfo{s.Name, s.Title, s.Question, s.Purpose, len(s.Expand()), s.Needs})
	}
	slices.SortStableFunc(rows, func(a, b scenarioInfo) int { return cmp.Compare(a.Question, b.Question) })
	return rows, nil
}

// campaignInfo is one row of `list campaigns`.
type campaignInfo struct {
	Name      string   `json:"name"`
	Title     string   `json:"title"`
	Purpose   string   `json:"purpose,omitempty"`
	Scenarios []string `json:"scenarios"`
}

func allCampaigns() ([]campaignInfo, error) {
	rows := []campaignInfo{}
	for _, name := range scenarios.Campaigns() {
		c, err := scenarios.LoadAll(name)
		if err != nil {
			return nil, err
		}
		row := campaignInfo{Name: c.Name, Title: c.Title, Purpose: c.Purpose}
		for _, s := range c.Scenarios {
			row.Scenarios = append(row.Scenarios, s.Name)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func printCampaigns(w io.Writer, rows []campaignInfo) {
	fmt.Fprintln(w, "CAMPAIGN\tSCENARIOS\tTITLE")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%d\t%s\n", r.Name, len(r.Scenarios), r.Title)
	}
}

// printScenarios lists them by question.
func printScenarios(w io.Writer, rows []scenarioInfo) {
	fmt.Fprintln(w, "TO FIND OUT\tSCENARIO\tCASES\tNEEDS\tTITLE")
	last := ""
	for _, r := range rows {
		question := orDash(r.Question)
		if question == last {
			question = ""
		} else {
			last = question
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", question, r.Name, r.Cases, orDash(strings.Join(r.Needs, ",")), r.Title)
	}
}

func printPorts(w io.Writer, ports []uart.Info) {
	if len(ports) == 0 {
		fmt.Fprintln(w, "no serial port found")
		return
	}
	fmt.Fprintln(w, "PORT\tUSB\tSERIAL\tPRODUCT\tDRIVER\tHELD BY\tUSE")
	for _, p := range ports {
		usb := ""
		if p.VID != "" {
			usb = p.VID + ":" + p.PID
		}
		use := p.ByID
		if use == "" {
			use = p.Device
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.Device, orDash(usb), orDash(p.Serial), orDash(p.Product),
			orDash(p.Driver), orDash(holder(p)), use)
	}
}

func holder(p uart.Info) string {
	if p.Holder == nil {
		return ""
	}
	return fmt.Sprintf("%s (pid %d)", p.Holder.Program, p.Holder.PID)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
