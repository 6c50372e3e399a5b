package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"st67bench/results"
	"st67bench/results/trace"
)

// importFlags are those of power import.
type importFlags struct {
	options                          trace.Options
	format, decimal, delimiter, kind string
	supply, out                      string
	json                             bool
}

func newPowerImport(a *app) *cobra.Command {
	var f importFlags
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Make a trace of what another program recorded",
		Long: "import reads CSV of any program, .ppk2 of a Power Profiler, float32 without a header, and sessions of sigrok (.sr), and makes NAME.ppk2.\n" +
			"Columns and units are found by the headings; what the file does not tell is asked for and never guessed. Times with a hole make a gap,\n" +
			"times that are not even are refused.",
		Example: "  st67bench power import idle.csv\n" +
			"  st67bench power import --current 2 --unit mA --time 1 --time-unit s --decimal , messung.csv\n" +
			"  st67bench power import --rate 1000000 --unit A --volts volt.f32 --supply 3.3V cur.f32",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFiles("csv", "txt", "ppk2", "f32", "sr"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.powerImport(cmd.Context(), args[0], f)
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.format, "format", "", "`format` of the file: csv, ppk2, f32 or sr (default: by its content and extension)")
	fl.Float64Var(&f.options.Rate, "rate", 0, "samples/s (default: as the file says)")
	fl.StringVar(&f.options.Current, "current", "", "`column` of the current, by its heading or number; of a .sr the analog channel")
	fl.StringVar(&f.options.Time, "time", "", "`column` of the times; none when the rows are evenly spaced whatever it says")
	fl.StringVar(&f.options.Volts, "volts", "", "`column` of the voltage, or none; of float32 a second file, in V")
	fl.StringVar(&f.options.Unit, "unit", "", "`unit` of the current: A, mA, uA or nA (default: by the heading)")
	fl.StringVar(&f.options.TimeUnit, "time-unit", "", "`unit` of the times: s, ms, us or ns (default: by the heading)")
	fl.StringVar(&f.decimal, "decimal", "", "decimal `sign`, . or , (default: by the first row that has one)")
	fl.StringVar(&f.delimiter, "delimiter", "", "`character` between columns, or tab (default: by the first line)")
	fl.StringVar(&f.supply, "supply", "", "`voltage` of the supply, such as 3.3V, for energy")
	fl.StringVar(&f.kind, "kind", "", "what a sample is: `point` in time, or average over its period (default point, of a Power Profiler below 100 kS/s average)")
	fl.StringVar(&f.out, "out", "", "write this `file`, which ends in .ppk2 (default: the name of FILE with .ppk2)")
	fl.BoolVar(&f.json, "json", false, "print what was made as JSON")
	choose(c, "format", "csv", "ppk2", "f32", "sr")
	choose(c, "unit", "A", "mA", "uA", "nA")
	choose(c, "time-unit", "s", "ms", "us", "ns")
	choose(c, "kind", string(trace.Point), string(trace.Average))
	return c
}

// settle makes options of the flags that are texts.
func (f *importFlags) settle(file string) (err error) {
	o := &f.options
	o.Format, o.Kind = trace.Format(f.format), trace.Kind(f.kind)
	if o.Decimal, err = character("decimal", f.decimal); err != nil {
		return err
	}
	if o.Delimiter, err = character("delimiter", f.delimiter); err != nil {
		return err
	}
	if f.supply != "" {
		if o.Supply, err = results.ParseQuantity(f.supply, "V"); err != nil {
			return fmt.Errorf("--supply: %w", err)
		}
	}
	if f.out == "" {
		f.out = beside(file, ".ppk2")
		if filepath.Ext(file) == ".ppk2" {
			return errors.New("FILE has the name that its trace would get; name another: --out NAME.ppk2")
		}
	}
	return o.Check()
}

// character is the value of a flag that is one.
func character(flag, text string) (byte, error) {
	switch {
	case text == "":
		return 0, nil
	case text == "tab" || text == `\t`:
		return '\t', nil
	case len(text) == 1:
		return text[0], nil
	}
	return 0, fmt.Errorf("--%s %q is not one character", flag, text)
}

func (a *app) powerImport(ctx context.Context, file string, f importFlags) error {
	if err := f.settle(file); err != nil {
		return usage(&flagError{"st67bench power import", err})
	}
	var done func()
	f.options.Progress, done = a.progressOf(file)
	side, err := trace.Import(ctx, file, f.out, f.options)
	done()
	if err != nil {
		return exists(err)
	}
	m := newMadeTrace(f.out, "ppk2", side)
	if f.json {
		return json.NewEncoder(a.out).Encode(m)
	}
	m.warn(a.errOut)
	fmt.Fprintf(a.out, "read      %s: %s\ntrace     %s\n", file, m, f.out)
	return nil
}
