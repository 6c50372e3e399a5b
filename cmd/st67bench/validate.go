package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"st67bench/results"
	"st67bench/scenarios"
)

func newValidate(a *app) *cobra.Command {
	var schema string
	var asJSON bool
	c := &cobra.Command{
		Use:   "validate [SCENARIO|CAMPAIGN|RIG]...",
		Short: "Check scenario, campaign and rig files and print what they expand to",
		Long: "validate reports every mistake of a file at once, at file:line:col, and prints the expanded plan of a good one: how long it takes,\n" +
			"and the smallest change that it finds, both from the newest run of the same cases in " + defaultOut + " where there is one.\n" +
			"A file with a module: key at its top level is a rig file, one with campaign: a campaign.",
		Example: "  st67bench validate cipsend-size ./mine.yaml rig.yaml\n  st67bench validate --schema scenario > scenario.schema.json",
		Args:    cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			if schema != "" {
				return a.printSchema(schema)
			}
			if len(args) == 0 {
				return usage(errors.New("validate needs a file or --schema; see st67bench validate --help"))
			}
			return a.validate(args, asJSON)
		},
	}
	c.Flags().StringVar(&schema, "schema", "", "print the JSON Schema of `kind`: scenario, campaign or rig")
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON, one object per file")
	c.ValidArgsFunction = completePlan
	return c
}

func (a *app) printSchema(kind string) error {
	text, err := scenarios.Schema(kind)
	if err != nil {
		return usage(err)
	}
	_, err = a.out.Write(text)
	return err
}

// checked is what validate says of one file.
type checked struct {
	File     string              `json:"file"`
	Kind     string              `json:"kind"` // "scenario", "campaign" or "rig"
	Name     string              `json:"name,omitempty"`
	Title    string              `json:"title,omitempty"`
	Of       []checked           `json:"scenarios,omitempty"` // of a campaign
	Cases    []string            `json:"cases,omitempty"`
	Repeats  [2]int              `json:"repeats,omitzero"` // least and most per case
	Boots    int                 `json:"boots,omitempty"`
	MaxBoots int                 `json:"max_boots,omitempty"` // where their number is not fixed
	Budget   float64             `json:"budget_s,omitempty"`
	Cost     [2]float64          `json:"cost_s,omitzero"` // least and most
	Detects  []detectable        `json:"detects,omitempty"`
	text     string              // the plan for people
	Mistakes []scenarios.Mistake `json:"mistakes,omitempty"`
	Error    string              `json:"error,omitempty"`
}

// validate prints every file's plan on stdout and every mistake on stderr.
func (a *app) validate(files []string, asJSON bool) error {
	bad := false
	enc := json.NewEncoder(a.out)
	for _, f := range files {
		c := checkFile(f)
		bad = bad || c.Error != ""
		switch {
		case asJSON:
			if err := enc.Encode(c); err != nil {
				return err
			}
		case c.Error != "":
			fmt.Fprintln(a.errOut, c.Error)
		default:
			fmt.Fprintln(a.out, c)
		}
	}
	if bad {
		return exit{exitUsage, errSilent}
	}
	return nil
}

func checkFile(file string) checked {
	c := checked{File: file, Kind: "rig"}
	var err error
	if isRigFile(file) {
		var r *scenarios.Rig
		if r, err = loadRigFile(file); err == nil {
			c.Name = r.Name
		}
	} else {
		c.Kind = "scenario"
		var all *scenarios.Campaign
		if all, err = scenarios.LoadAll(file); err == nil {
			c.plan(all)
		}
	}
	if err != nil {
		c.Error = err.Error()
		var all scenarios.Errors
		if errors.As(err, &all) {
			c.Mistakes = all
		}
	}
	return c
}

// plan takes in what the file expands to.
func (c *checked) plan(all *scenarios.Campaign) {
	if all.Name == "" {
		c.expand(all.Scenarios[0])
		return
	}
	c.Kind, c.Name, c.Title = "campaign", all.Name, all.Title
	for _, s := range all.Scenarios {
		one := checked{File: s.Name, Kind: "scenario"}
		one.expand(s)
		c.Of = append(c.Of, one)
		c.Budget += one.Budget
	}
}

func (c *checked) expand(s *scenarios.Scenario) {
	c.Name, c.Title, c.Boots, c.MaxBoots = s.Name, s.Title, s.Repeats.Boots, s.Repeats.MaxBoots
	c.Repeats = [2]int{s.Repeats.Min * s.Repeats.Boots, s.Repeats.Max * s.Repeats.Boots}
	if s.Repeats.Adaptive() {
		c.Repeats[1] = s.Repeats.Min * s.Repeats.MaxBoots
	}
	c.Budget = s.Repeats.Budget.Seconds()
	p := &planner{scenario: s, cases: s.Expand()}
	p.look(defaultOut, func(*results.Run) bool { return true })
	least, most := p.cost()
	c.Cost, c.Detects, c.text = [2]float64{least.Seconds(), most.Seconds()}, p.detects(), p.size()+p.outcome()
	for _, k := range p.cases {
		c.Cases = append(c.Cases, k.Key)
	}
}

// isRigFile tells the two kinds apart by the one key that only a rig has.
func isRigFile(file string) bool {
	text, err := os.ReadFile(file)
	return err == nil && (strings.HasPrefix(string(text), "module:") || strings.Contains(string(text), "\nmodule:"))
}

// String is the plan for people.
func (c checked) String() string {
	if c.Kind == "rig" {
		return fmt.Sprintf("%s: rig %s, ok", c.File, c.Name)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", c.File, c.Title)
	if c.Kind == "campaign" {
		fmt.Fprintf(&b, "%d scenarios, at most %s", len(c.Of), time.Duration(c.Budget*float64(time.Second)))
		for _, one := range c.Of {
			fmt.Fprintf(&b, "\n  %-20s %d cases  %s", one.Name, len(one.Cases), one.Title)
		}
		return b.String()
	}
	b.WriteString(c.text)
	for _, k := range c.Cases {
		b.WriteString("\n  " + k)
	}
	return b.String()
}
