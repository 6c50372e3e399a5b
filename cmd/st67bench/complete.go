package main

import (
	"slices"

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

// completeSide offers what can be compared: baselines and runs, and files.
func completeSide(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	names, directive := completeRun(cmd, args, word)
	baselines, _ := allBaselines()
	for _, b := range baselines {
		if !slices.Contains(names, b.Name) {
			names = append(names, b.Name)
		}
	}
	return names, directive
}
