package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"st67bench/results"
	"st67bench/results/trace"
)

// exportFormats are those that power export writes.
var exportFormats = []string{"parquet", "csv", "ppk2"}

// exportFlags are those of power export.
type exportFlags struct {
	format, from, to, out string
	json                  bool
}

func newPowerExport(a *app) *cobra.Command {
	var f exportFlags
	c := &cobra.Command{
		Use:   "export FILE",
		Short: "Write a trace, or a part of it, as Parquet, CSV or .ppk2",
		Long: "export writes the samples of a trace with their times: for pandas, DuckDB or a spreadsheet. --from and --to are instants on the clock that\n" +
			"CSV shows: of a run, since its start; of another trace, since its first sample or as its file had them.",
		Example: "  st67bench power export --format parquet results/runs/2026-11-22T184000Z-dtim-sweep/power/000017.ppk2\n" +
			"  st67bench power export --from 12s --to 12.5s --out - idle.ppk2 | head",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFiles("ppk2"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.powerExport(cmd.Context(), args[0], f)
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.format, "format", "", "`format`: parquet, csv or ppk2 (default: by the extension of --out, else csv)")
	fl.StringVar(&f.from, "from", "", "begin at this `instant`, such as 12.5s (default: the first sample)")
	fl.StringVar(&f.to, "to", "", "end before this `instant` (default: after the last sample)")
	fl.StringVar(&f.out, "out", "", "write this `file`; - is stdout, for csv (default: the name of FILE with the format's extension, unless there is such a file)")
	fl.BoolVar(&f.json, "json", false, "print what was made as JSON")
	choose(c, "format", exportFormats...)
	return c
}

// settle fills in what was left to be found.
func (f *exportFlags) settle(file string) error {
	if f.format == "" {
		f.format = "csv"
		if ext := strings.TrimPrefix(filepath.Ext(f.out), "."); slices.Contains(exportFormats, ext) {
			f.format = ext
		}
	}
	if !slices.Contains(exportFormats, f.format) {
		return fmt.Errorf("--format %s is not known; %s are", f.format, strings.Join(exportFormats, ", "))
	}
	named := f.out != ""
	if !named {
		f.out = beside(file, "."+f.format)
	}
	switch _, err := os.Lstat(f.out); {
	case oneOf(f.out, trace.Files(file)):
		return fmt.Errorf("%s would be written over, which belongs to FILE; name another with --out", f.out)
	case !named && err == nil: // it may be what the trace was imported from
		return fmt.Errorf("%s is there already; write over it with --out %s, or name another", f.out, f.out)
	case f.out == "-" && f.format != "csv":
		return fmt.Errorf("--out - is for csv; %s needs a file", f.format)
	case f.out == "-" && f.json:
		return errors.New("--json and --out - both want stdout")
	}
	return nil
}

// oneOf says whether a path is one of some files, whatever it is called.
func oneOf(path string, files []string) bool {
	info, err := os.Stat(path)
	return err == nil && slices.ContainsFunc(files, func(one string) bool {
		other, err := os.Stat(one)
		return err == nil && os.SameFile(info, other)
	})
}

func (a *app) powerExport(ctx context.Context, file string, f exportFlags) error {
	if err := f.settle(file); err != nil {
		return usage(&flagError{"st67bench power export", err})
	}
	t, err := trace.Open(file)
	if err != nil {
		return err
	}
	defer t.Close() // it was only read
	if err := t.Verify(); err != nil {
		return err
	}
	cut, err := f.cut(t)
	if err != nil {
		return usage(err)
	}
	var done func()
	cut.Progress, done = a.progressOf(file)
	side, err := a.export(ctx, cut, f)
	done()
	if err != nil {
		return exists(err)
	}
	m := newMadeTrace(f.out, f.format, side)
	m.Warnings = warnings(t.Side()) // of the whole trace: they may be about every part
	if f.json {
		return json.NewEncoder(a.out).Encode(m)
	}
	m.warn(a.errOut)
	if f.out == "-" {
		return nil
	}
	fmt.Fprintf(a.out, "%-9s %s: %s\n", f.format, f.out, m)
	return nil
}

// cut is the part that is asked for.
func (f *exportFlags) cut(t *trace.File) (trace.Cut, error) {
	s := t.Side()
	c := trace.Cut{Reader: t, To: s.Samples}
	for _, edge := range []struct {
		flag, text string
		index      *int64
	}{{"from", f.from, &c.From}, {"to", f.to, &c.To}} {
		if edge.text == "" {
			continue
		}
		at, err := results.ParseQuantity(edge.text, "s")
		if err != nil {
			return c, fmt.Errorf("--%s: %w", edge.flag, err)
		}
		index := (at - s.Clock.Offset.Seconds()) / s.Clock.Period
		*edge.index = int64(math.Round(min(max(index, 0), float64(s.Samples))))
	}
	if c.From >= c.To {
		return c, fmt.Errorf("there is no sample between --from and --to; the trace is from %.6f s to %.6f s",
			s.Clock.Time(0).Seconds(), s.Clock.Time(float64(s.Samples)).Seconds())
	}
	return c, nil
}

// export writes the part, whole or not at all.
func (a *app) export(ctx context.Context, c trace.Cut, f exportFlags) (trace.Side, error) {
	write := c.WriteCSV
	switch f.format {
	case "ppk2":
		return c.WritePPK2(ctx, f.out)
	case "parquet":
		write = c.WriteParquet
	}
	if f.out == "-" {
		return c.Side(), write(ctx, a.out)
	}
	return c.Side(), replace(f.out, func(w io.Writer) error { return write(ctx, w) })
}

// replace makes path what write writes, or leaves it as it was.
func replace(path string, write func(io.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<16)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = file.Chmod(0o644)
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
