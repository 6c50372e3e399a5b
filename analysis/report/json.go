package report

import (
	"encoding/json"
	"io"

	"st67bench/analysis"
)

// jsonSchema is the version of what JSON writes. Keys may be added within a
// version; they keep their meaning.
const jsonSchema = 1

// JSON writes the summary as one indented JSON object: "schema", then the fields
// of analysis.Summary, whose documentation is that of the keys. Values are in
// the units of the metric table (bit/s, s, B), shares and widths are fractions,
// and what was not measured is absent.
func JSON(w io.Writer, s *analysis.Summary) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		Schema int `json:"schema"`
		*analysis.Summary
	}{jsonSchema, s})
}
