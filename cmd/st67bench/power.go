package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"st67bench/results/trace"
)

// newPower is the verb of current traces; each sub-verb works on a file, without a run.
func newPower(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "power",
		Short: "Import, analyze and export current traces",
		Long: "power works on current traces, NAME.ppk2 with NAME.json beside it: those of a run, in its directory power/, and those of any\n" +
			"instrument whose program saves a file. docs/traces.md has the formats.",
		Args: knownVerb,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newPowerImport(a), newPowerAnalyze(a), newPowerExport(a))
	for _, sub := range c.Commands() {
		sub.Args = usageArgs(sub.Args)
	}
	return c
}

// choose offers the values of a flag to the shell.
func choose(c *cobra.Command, flag string, values ...string) {
	if err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag is not one of the command
	}
}

// completeFiles offers files with these extensions to the shell.
func completeFiles(extensions ...string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return extensions, cobra.ShellCompDirectiveFilterFileExt
	}
}

// madeTrace is what import and export print with --json.
type madeTrace struct {
	File     string   `json:"file"`
	Format   string   `json:"format"` // of what was read or written
	Samples  int64    `json:"samples"`
	Rate     float64  `json:"rate"` // samples/s, nominal
	From     float64  `json:"from_s"`
	To       float64  `json:"to_s"`
	Gaps     int      `json:"gaps"`
	Lost     float64  `json:"lost"` // fraction of the samples
	Marks    []string `json:"marks,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

func newMadeTrace(file, format string, s trace.Side) madeTrace {
	m := madeTrace{File: file, Format: format, Samples: s.Samples, Rate: s.Header.Rate, Gaps: len(s.Gaps)}
	m.From, m.To = s.Clock.Time(0).Seconds(), s.Clock.Time(float64(s.Samples)).Seconds()
	lost := int64(0)
	for _, g := range s.Gaps {
		lost += g.To - g.From
	}
	if s.Samples > 0 {
		m.Lost = float64(lost) / float64(s.Samples)
	}
	for _, mark := range s.Marks {
		m.Marks = append(m.Marks, mark.Name)
	}
	m.Warnings = warnings(s)
	return m
}

// warnings are what an instrument, or whoever wrote the trace, had to say.
func warnings(s trace.Side) (all []string) {
	for _, e := range s.Events {
		if e.Kind == trace.Warning {
			all = append(all, e.Text)
		}
	}
	return all
}

// warn tells people what is wrong with the trace.
func (m madeTrace) warn(w io.Writer) {
	for _, text := range m.Warnings {
		fmt.Fprintf(w, "warning   %s\n", text)
	}
}

// String is it in words.
func (m madeTrace) String() string {
	text := fmt.Sprintf("%d samples at %g samples/s, %.6g s", m.Samples, m.Rate, m.To-m.From)
	if m.Gaps > 0 {
		text += fmt.Sprintf(", %s with %.2g %% of them lost", counted(m.Gaps, "gap"), 100*m.Lost)
	}
	return text
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// beside is a path with another extension.
func beside(path, extension string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + extension
}

// exists says what to do about a file that is in the way.
func exists(err error) error {
	if errors.Is(err, fs.ErrExist) {
		return usage(fmt.Errorf("%w; a trace is never overwritten: name another with --out, or remove it and what belongs to it", err))
	}
	return err
}

// progressOf shows on a terminal how far a long file is. done ends it.
func (a *app) progressOf(file string) (update func(part float64), done func()) {
	if !isTerminal(a.errOut) {
		return func(float64) {}, func() {}
	}
	p := mpb.New(mpb.WithOutput(a.errOut), mpb.WithWidth(24), mpb.WithRefreshRate(200*time.Millisecond))
	const steps = 1000
	bar := p.New(steps, mpb.BarStyle().Lbound("[").Filler("#").Tip("").Padding("-").Rbound("]"), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name("  "+filepath.Base(file)+" ")), mpb.AppendDecorators(decor.Percentage(decor.WC{W: 5})))
	return func(part float64) { bar.SetCurrent(int64(part * steps)) }, func() {
		bar.Abort(true)
		p.Wait()
	}
}
