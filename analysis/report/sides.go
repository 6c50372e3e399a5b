package report

import (
	"bytes"
	"encoding/json"
	"io"

	"st67bench/analysis"
	"st67bench/analysis/report/figure"
	"st67bench/results"
)

// Sides are several runs of one sweep, shown in words and as a page.
type Sides struct {
	*figure.Sides
	runs []*results.Run
}

// NewSides puts runs, at least one, side by side in this order; see figure.NewSides. all are their summaries.
func NewSides(all []*analysis.Summary, runs []*results.Run) (*Sides, error) {
	v, err := figure.NewSides(all)
	return &Sides{v, runs}, err
}

func (v *Sides) summaries() []*analysis.Summary {
	all := make([]*analysis.Summary, len(v.Runs))
	for i, r := range v.Runs {
		all[i] = r.Summary
	}
	return all
}

// Text writes every run as Text does, each under its link and name, and then one
// line per run, never wrapped: its link, and how near it came to its ceiling.
func (v *Sides) Text(w io.Writer, width int) error {
	var b bytes.Buffer
	for _, r := range v.Runs {
		line(&b, "run", r.Label(), width)
		if err := Text(&b, r.Summary, width); err != nil {
			return err
		}
		b.WriteByte('\n')
	}
	for _, r := range v.Runs {
		paragraph(&b, r.Label()+": "+figure.CeilingShare(r.Summary), 0, 0)
	}
	if text := analysis.Together(v.summaries()); text != "" {
		paragraph(&b, text, 0, width)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// JSON writes an indented JSON array with, per run, the object that JSON writes.
func (v *Sides) JSON(w io.Writer) error {
	all := make([]json.RawMessage, len(v.Runs))
	for i, r := range v.Runs {
		var b bytes.Buffer
		if err := JSON(&b, r.Summary); err != nil {
			return err
		}
		all[i] = b.Bytes()
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(all)
}
