package main

import (
	"fmt"
	"io"
	"time"

	"st67bench/results"
)

// runInfo is one row of `list runs`.
type runInfo struct {
	ID       string    `json:"id"`
	Dir      string    `json:"dir"`
	Start    time.Time `json:"start"`
	Scenario string    `json:"scenario"`
	Rig      string    `json:"rig"`
	Firmware string    `json:"firmware,omitempty"`
	Link     string    `json:"link,omitempty"`
	Emulated bool      `json:"emulated"`
}

// allRuns lists the runs below dir, the newest first.
func allRuns(dir string) ([]runInfo, error) {
	runs, err := results.List(dir)
	if err != nil {
		return nil, err
	}
	rows := []runInfo{}
	for _, r := range runs {
		rows = append(rows, runInfo{
			ID: r.ID, Dir: r.Dir, Start: r.Start, Scenario: r.Scenario.Name, Rig: r.Rig.Name,
			Firmware: r.Identity["firmware"], Link: r.Identity["link"], Emulated: r.Emulated,
		})
	}
	return rows, nil
}

func printRuns(w io.Writer, rows []runInfo) {
	if len(rows) == 0 {
		fmt.Fprintln(w, "no run yet; make one with: st67bench run cipsend-size")
		return
	}
	fmt.Fprintln(w, "RUN\tSCENARIO\tRIG\tFIRMWARE\tLINK")
	for _, r := range rows {
		rig := r.Rig
		if r.Emulated {
			rig = "EMULATED MODULE"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.ID, r.Scenario, rig, orDash(r.Firmware), orDash(r.Link))
	}
}
