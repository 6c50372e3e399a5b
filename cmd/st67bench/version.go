package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"st67bench/analysis/report/page"
	"st67bench/results"
)

// Set by the linker; a plain go build takes what the Go tool recorded.
var version, commit string

// build is what `version --json` says.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	Schema  int    `json:"schema"` // of the run directory
	HTML    bool   `json:"html"`   // ECharts is built in
}

func thisBuild() build {
	b := build{
		Version: version, Commit: commit, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		Schema: results.Schema, HTML: page.HaveECharts(),
	}
	info, ok := debug.ReadBuildInfo()
	if ok && b.Version == "" {
		b.Version = info.Main.Version
	}
	if ok && b.Commit == "" {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Commit = s.Value
			}
		}
	}
	if b.Version == "" {
		b.Version = "unknown"
	}
	if b.Commit == "" {
		b.Commit = "unknown"
	}
	return b
}

// String is what every run records as its tool.
func (b build) String() string { return fmt.Sprintf("st67bench %s (%s)", b.Version, b.Commit) }

func newVersion(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Print version and commit",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			if asJSON {
				return json.NewEncoder(a.out).Encode(b)
			}
			html := "with HTML reports"
			if !b.HTML {
				html = "without HTML reports"
			}
			_, err := fmt.Fprintf(a.out, "%s, %s, %s/%s, %s\n", b, b.Go, b.OS, b.Arch, html)
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return c
}
