package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"st67bench/analysis/compare"
	"st67bench/analysis/report"
	"st67bench/analysis/report/page"
	"st67bench/results"
)

func newCompare(a *app) *cobra.Command {
	var asJSON bool
	var margins []string
	var files verdictFiles
	var pages pageFiles
	c := &cobra.Command{
		Use:   "compare BASE NEW",
		Short: "Say whether one release is worse than another, by how much and how surely",
		Long: "compare holds every gated metric of every case of NEW against BASE and draws one joint verdict over goodput, latency, loss and energy.\n" +
			"BASE and NEW are each a run directory, its name below " + defaultOut + ", `last`, a baseline's name (see st67bench baseline), or a folder whose run directories all count: " +
			"several sessions, several scenarios. Scenarios are matched by name, cases by key.\n\n" +
			"One boot (reset and association) is one value: fewer than 3 a side carry no verdict, fewer than 5 none beyond these associations. " +
			"Boots of equal session and block, which were measured side by side, are compared in pairs.\n\n" +
			"The verdict of a metric is REGRESSED or IMPROVED (significant, and more than the margin), NEGLIGIBLE (real, but within the margin), EQUIVALENT, NON-INFERIOR " +
			"(not worse; better was not shown) or INCONCLUSIVE, with the boots that would decide it. The joint verdict and the exit code are\n\n" +
			"  PASS, DOMINATES  0  no metric is worse (and one is better)\n" +
			"  FAIL             3  one is worse, none is better\n" +
			"  TRADE-OFF        5  one is better and one is worse, with the exchange rate\n" +
			"  INCONCLUSIVE     4  too few boots to say so\n\n" +
			"1 when a side has ERROR or ABORTED in place of figures, 2 when the two are not comparable. docs/compare.md has the method.",
		Example: "  st67bench compare 2.0.97 last\n" +
			"  st67bench compare --html compare.html 2.0.97 last\n" +
			"  st67bench compare --margin goodput=2% --json 2.0.97 results/runs/2026-11-22T184000Z-cipsend-size",
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: completeSide,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.compare(args[0], args[1], margins, asJSON, files, pages)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the comparison as JSON")
	marginFlag(c, &margins)
	files.flags(c)
	pages.flags(c, "none")
	return c
}

// marginFlag adds the flag of the verbs that compare.
func marginFlag(c *cobra.Command, margins *[]string) {
	c.Flags().StringSliceVar(margins, "margin", nil, "smallest worsening that matters, `METRIC=FRACTION`, over all other margins: goodput=2%, or loss=0.05% (absolute)")
}

func (a *app) compare(baseName, newName string, margins []string, asJSON bool, files verdictFiles, pages pageFiles) error {
	given, err := parseMargins(margins)
	if err = errors.Join(err, files.check()); err != nil {
		return usage(err)
	}
	base, err := openSide(baseName)
	if err != nil {
		return err
	}
	new, err := openSide(newName)
	if err != nil {
		return err
	}
	c, err := judge(base, new, given)
	if err != nil {
		return err
	}
	err = errors.Join(a.printComparison(c, asJSON), files.writeComparison(c), a.comparisonPages(pages, c, base, new, asJSON))
	if err != nil {
		return err
	}
	return ended(c.Exit, nil)
}

// comparisonPages writes the page of a comparison of these sides, and its charts, and tells where they are.
func (a *app) comparisonPages(f pageFiles, c *compare.Comparison, base, new compare.Side, quiet bool) error {
	again := fmt.Sprintf("compare --html %s %s %s", f.html, named(base), named(new))
	return a.writePages(f, again, func() (*page.Page, error) { return report.ComparisonPage(c, base, new) }, quiet)
}

// named is what a command line calls a side: of a single run its directory, since a side may be called by what it is.
func named(s compare.Side) string {
	if len(s.Runs) == 1 {
		return s.Runs[0].Dir
	}
	return s.Name
}

// judge compares two sides. What an A/A check of their rigs found to be the least that can be seen there is the least margin; those
// that are given go before.
func judge(base, new compare.Side, given []compare.Margins) (*compare.Comparison, error) {
	nameSides(&base, &new)
	margins, err := checkedMargins(defaultAA, slices.Concat(base.Runs, new.Runs))
	if err != nil {
		return nil, err
	}
	c, err := compare.Compare(base, new, compare.Options{Margins: append(margins, given...)})
	return c, refused(err)
}

func (a *app) printComparison(c *compare.Comparison, asJSON bool) error {
	if asJSON {
		return report.ComparisonJSON(a.out, c)
	}
	return report.Comparison(a.out, c, a.width())
}

// refused makes what is not comparable a mistake of the user.
func refused(err error) error {
	if errors.As(err, new(*compare.Refusal)) {
		return usage(err)
	}
	return err
}

// parseMargins reads METRIC=FRACTION.
func parseMargins(given []string) ([]compare.Margins, error) {
	if len(given) == 0 {
		return nil, nil
	}
	set := compare.Margins{From: "--margin", Of: map[string]float64{}}
	for _, text := range given {
		name, value, _ := strings.Cut(text, "=")
		m, ok := results.LookupMetric(name)
		if !ok || m.Better == 0 {
			return nil, fmt.Errorf("--margin %s: %q is no metric that can get worse; goodput=3%% is one", text, name)
		}
		fraction, err := results.ParseQuantity(value, "")
		if err != nil || fraction <= 0 || fraction >= 1 {
			return nil, fmt.Errorf("--margin %s: %q is no fraction between 0 and 100 %%; write %s=3%%", text, value, name)
		}
		set.Of[name] = fraction
	}
	return []compare.Margins{set}, nil
}
