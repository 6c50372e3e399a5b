package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"st67bench/scenarios"
)

// campaignEnd is the last line of run --json of a campaign.
type campaignEnd struct {
	Event    string     `json:"event"` // "end"
	Campaign string     `json:"campaign"`
	Session  string     `json:"session"`
	Runs     []endEvent `json:"runs"` // each as it was told when it ended, with the event "run"
	Exit     int        `json:"exit"`
}

// campaign measures scenario after scenario. One that fails does not keep the next from being measured; only a rig that
// cannot be opened, and the user, end the campaign early.
func (a *app) campaign(ctx context.Context, c *scenarios.Campaign, all []*measurement) error {
	end := campaignEnd{Event: "end", Campaign: c.Name, Session: cmp.Or(all[0].session, time.Now().UTC().Format("2006-01-02T150405Z-")+c.Name)}
	asJSON := all[0].flags.json
	var last error
	for i, m := range all {
		m.session = end.Session
		if !asJSON {
			fmt.Fprintf(a.out, "%s %d/%d: %s\n", c.Name, i+1, len(all), m.scenario.Name)
		}
		dir, code, err := m.complete(ctx)
		one := endEvent{Event: "run", Scenario: m.scenario.Name, Run: dir, Exit: code}
		end.Runs = append(end.Runs, one)
		end.Exit = worse(end.Exit, code)
		if asJSON {
			_ = json.NewEncoder(a.out).Encode(one)
		} else {
			fmt.Fprintln(a.out)
		}
		if last = err; ctx.Err() != nil || dir == "" {
			break
		}
		if err != nil && i+1 < len(all) && !errors.Is(err, errSilent) {
			fmt.Fprintf(a.errOut, "st67bench: %s: %v\n", m.scenario.Name, err)
		}
	}
	if err := all[0].flags.files.writeRuns(a, end.dirs()...); err != nil {
		last, end.Exit = errors.Join(last, err), worse(end.Exit, exitError)
	}
	if asJSON {
		_ = json.NewEncoder(a.out).Encode(end)
	} else {
		a.campaignTable(end, len(all))
	}
	return ended(end.Exit, last)
}

// dirs are the directories of the runs that have one.
func (e campaignEnd) dirs() (all []string) {
	for _, r := range e.Runs {
		if r.Run != "" {
			all = append(all, r.Run)
		}
	}
	return all
}

// severity orders exit codes: what comes first counts for all.
var severity = []int{exitUsage, exitError, exitFail, 0}

// worse is the exit code that counts for two runs.
func worse(a, b int) int {
	for _, code := range severity {
		if a == code || b == code {
			return code
		}
	}
	return max(a, b)
}

// campaignTable says how each scenario ended.
func (a *app) campaignTable(end campaignEnd, planned int) {
	words := map[int]string{0: "ok", exitFail: "FAIL", exitError: "ERROR", exitUsage: "ERROR"}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\t\t\n", end.Campaign)
	for _, r := range end.Runs {
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.Scenario, words[r.Exit], orDash(r.Run))
	}
	if n := planned - len(end.Runs); n > 0 {
		fmt.Fprintf(w, "%d more\tnot tried\t\n", n)
	}
	_ = w.Flush()
}
