package history

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"st67bench/results"
)

// Columns of the CSV beside the metrics.
var (
	wanted   = []string{"release", "session", "role", "firmware", "run"}
	optional = []string{"unit", "rig", "tool"}
)

// Column is a metric of a CSV: positive numbers that are compared by their ratio, or a loss, whose values may be 0 and are
// compared by their difference.
type Column struct {
	Name   string
	Better int     // +1 higher is better, -1 lower is
	Margin float64 // the least change that counts, a fraction
}

// ParseColumn reads NAME:higher|lower:MARGIN, such as "throughput_mbps:higher:3%".
func ParseColumn(text string) (Column, error) {
	name, rest, ok := strings.Cut(text, ":")
	direction, margin, ok2 := strings.Cut(rest, ":")
	better, ok3 := map[string]int{"higher": +1, "lower": -1}[direction]
	if !ok || !ok2 || !ok3 || name == "" {
		return Column{}, fmt.Errorf("%q is not NAME:higher|lower:MARGIN, such as throughput_mbps:higher:3%%", text)
	}
	m, err := results.ParseQuantity(margin, "")
	if err != nil {
		return Column{}, fmt.Errorf("margin of %s: %w", name, err)
	}
	if m <= 0 || m >= 1 {
		return Column{}, fmt.Errorf("margin of %s: %s is not between 0 and 100 %%", name, margin)
	}
	return Column{name, better, m}, nil
}

// ratio is false of a loss; st67bench export calls it CASE/loss.
func (c Column) ratio() bool { return !Loss(path.Base(c.Name)) }

// ReadCSV reads one row for each boot, and makes a series of each column asked for. The first row names the columns; the
// format is described in docs/history.md. file names the text in the error, which is [Mistakes].
func ReadCSV(file string, text io.Reader, columns []Column) ([]Series, error) {
	in := bufio.NewReader(text)
	if mark, err := in.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = in.Discard(3) // they were seen
	}
	r := rows{finder: finder{file: file}, csv: csv.NewReader(in), columns: columns}
	r.csv.FieldsPerRecord = -1
	r.csv.ReuseRecord = true
	r.header()
	if err := r.err(); err != nil {
		return nil, err // what is in rows whose columns are not known says nothing
	}
	for len(r.mistakes) < enoughMistakes && r.next() {
	}
	switch {
	case len(r.mistakes) > 0:
	case len(r.all) == 0:
		r.mistake(1, 1, "there is no row below the names of the columns")
	case !slices.ContainsFunc(r.all, func(one row) bool { return one.role == results.RoleCandidate }):
		r.mistake(2, 1, "every row is the reference's; those of the releases have the role candidate")
	}
	if len(r.mistakes) >= enoughMistakes {
		last := &r.mistakes[len(r.mistakes)-1]
		last.Text += "; what follows was not looked at"
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return r.series(), nil
}

// enoughMistakes are told; more would all be of one kind.
const enoughMistakes = 20

// row is one boot, or one repeat of a boot.
type row struct {
	release, session, role, firmware, run, unit, rig, tool string
	values                                                 []float64 // by column; NaN where the cell is empty
}

type rows struct {
	finder
	csv     *csv.Reader
	columns []Column
	names   []string       // of the columns
	place   map[string]int // of each name among them
	all     []row
}

// header reads the names of the columns.
func (r *rows) header() {
	record, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		r.mistake(1, 1, "the file is empty; its first row names the columns: %s, and the metrics", strings.Join(wanted, ","))
		return
	}
	if err != nil {
		r.broken(err)
		return
	}
	switch first := strings.Join(record, ","); {
	case strings.Contains(first, "\x00"):
		r.mistake(1, 1, "UTF-16; save it as UTF-8")
		return
	case strings.Contains(first, "\r"):
		r.mistake(1, 1, "its lines end with CR alone; save it with LF or CR LF")
		return
	}
	r.place = map[string]int{}
	for i, cell := range record {
		name := strings.TrimSpace(cell)
		if _, twice := r.place[name]; twice && name != "" {
			line, col := r.csv.FieldPos(i)
			r.mistake(line, col, "column %s is there twice", name)
		}
		r.place[name] = i
		r.names = append(r.names, name)
	}
	if len(record) == 1 && strings.ContainsAny(record[0], ";\t") {
		r.mistake(1, 1, "commas separate columns: %s, and the metrics", strings.Join(wanted, ","))
		return
	}
	lacks := slices.DeleteFunc(slices.Clone(wanted), func(name string) bool { return slices.Contains(r.names, name) })
	if len(lacks) > 0 {
		r.mistake(1, 1, "the first row does not name %s; it names %s", strings.Join(lacks, ", "), some(r.names))
	}
	for _, c := range r.columns {
		if !slices.Contains(r.metrics(), c.Name) {
			r.mistake(1, 1, "no column %s for --metric; there are %s", c.Name, some(r.metrics()))
		}
	}
}

// some of the names, which are what a file happens to begin with.
func some(names []string) string {
	const enough = 12
	var all []string
	for _, name := range names[:min(len(names), enough)] {
		if quoted := strconv.Quote(name); len(quoted) > len(name)+2 || len(name) > 60 {
			name = quoted[:min(len(quoted), 60)]
		}
		all = append(all, name)
	}
	if more := len(names) - len(all); more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(all, ", "), more)
	}
	return cmp.Or(strings.Join(all, ", "), "none")
}

// metrics are the columns that are none of the others.
func (r *rows) metrics() []string {
	return slices.DeleteFunc(slices.Clone(r.names), func(name string) bool {
		return name == "" || slices.Contains(wanted, name) || slices.Contains(optional, name)
	})
}

// broken is an error of the reader at its place.
func (r *rows) broken(err error) {
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		r.mistake(e.Line, e.Column, "%v", e.Err)
		return
	}
	r.mistake(1, 1, "%v", err)
}

// next reads a row; false at the end.
func (r *rows) next() bool {
	record, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return false
	}
	if err != nil {
		r.broken(err)
		return false
	}
	if len(record) > len(r.names) {
		line, col := r.csv.FieldPos(len(r.names))
		r.mistake(line, col, "%d cells, but %d columns", len(record), len(r.names))
		return true
	}
	one := row{
		release: r.cell(record, "release"), session: r.cell(record, "session"), role: r.cell(record, "role"),
		firmware: r.cell(record, "firmware"), run: r.cell(record, "run"),
		unit: r.cell(record, "unit"), rig: r.cell(record, "rig"), tool: r.cell(record, "tool"),
	}
	if one.release == "" {
		r.at(record, "release", "release is empty")
	}
	if one.role != results.RoleCandidate && one.role != results.RoleReference {
		r.at(record, "role", "unknown role %q; candidate and reference are allowed", one.role)
	}
	for _, c := range r.columns {
		v, err := number(r.cell(record, c.Name), c.ratio())
		if err != nil {
			r.at(record, c.Name, "%s: %v", c.Name, err)
		}
		one.values = append(one.values, v)
	}
	r.all = append(r.all, one)
	return true
}

// cell is a copy of what stands in a column; empty when the row ends before it.
func (r *rows) cell(record []string, name string) string {
	if i, ok := r.place[name]; ok && i < len(record) {
		return strings.Clone(strings.TrimSpace(record[i]))
	}
	return ""
}

// at is a mistake in a column of the present row.
func (r *rows) at(record []string, name, format string, args ...any) {
	i := max(min(r.place[name], len(record)-1), 0)
	line, col := r.csv.FieldPos(i)
	r.mistake(line, col, format, args...)
}

// number reads a cell: NaN when it is empty. One that is compared by ratio is positive.
func number(text string, ratio bool) (float64, error) {
	if text == "" {
		return math.NaN(), nil
	}
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || math.IsNaN(v) || math.IsInf(v, 0) || strings.ContainsAny(text, "xX"):
		return math.NaN(), fmt.Errorf("%q is not a number, such as 12.5; leave the cell empty when it was not measured", text)
	case !ratio && (v < 0 || v > 1):
		return math.NaN(), fmt.Errorf("%s is outside 0..1; a loss is a fraction of what was sent", text)
	case ratio && v <= 0:
		return math.NaN(), fmt.Errorf("%s is not positive, and metrics are compared by ratio; leave the cell empty when it was not measured", text)
	}
	return v, nil
}
