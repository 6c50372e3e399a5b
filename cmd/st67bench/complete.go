package main

import (
	"github.com/spf13/cobra"

	"st67bench/results"
	"st67bench/scenarios"
)

// completePlan offers what can be run: scenarios and campaigns.
func completePlan(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return append(scenarios.Campaigns(), scenarios.Library()...), cobra.ShellCompDirectiveDefault
}

// completeRun offers the runs of the default folder, and files.
func completeRun(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	names := []string{"last"}
	runs, err := results.List(defaultOut)
	if err != nil {
		return names, cobra.ShellCompDirectiveDefault
	}
	for _, r := range runs {
		names = append(names, r.ID)
	}
	return names, cobra.ShellCompDirectiveDefault
}
