package main

import "github.com/spf13/cobra"

func newPower(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "power",
		Short: "Work on current traces, without any run",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newPowerAnalyze(a))
	return c
}
