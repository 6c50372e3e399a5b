package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"st67bench/analysis/report/page"
	"st67bench/analysis/report/svg"
)

// svgFlag adds the flag of every verb that has a page.
func svgFlag(c *cobra.Command, dir *string) {
	c.Flags().StringVar(dir, "svg", "", "draw each chart of the page as a static SVG file into this `folder`, which is made when it is not there")
	_ = c.MarkFlagDirname("svg")
}

// writeSVG draws the charts of a page into dir and says which files there are, unless quiet.
func (a *app) writeSVG(dir string, build func() (*page.Page, error), quiet bool) error {
	p, err := build()
	if err != nil {
		return err
	}
	written, err := svg.Files(dir, p.Charts(), svg.Look{Mark: p.Mark})
	for _, file := range written {
		if !quiet {
			fmt.Fprintf(a.out, "picture   %s\n", file)
		}
	}
	if len(written) == 0 && err == nil {
		fmt.Fprintln(a.errOut, "no picture: these data support no chart")
	}
	return err
}
