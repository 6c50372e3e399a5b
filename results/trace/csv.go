package trace

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"time"
)

// A current, in A, and a voltage, in V, that no such measurement has: a file with more is read with a wrong unit or column.
const (
	mostAmps  = 1000
	mostVolts = 1000
)

// table is a CSV file that is being imported.
type table struct {
	o         Options
	file      *os.File
	size      int64
	begin     lines // where the rows begin
	delimiter byte
	decimal   byte
	columns   columns
	spacing   *spacing // nil when every row is a sample
	rate      float64
	start     time.Time
	offset    float64 // s of the first sample since start
	fields    []field
	now       Clock // after each
}

func openCSV(path string, o Options) (source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t := &table{o: o, file: f}
	if err := t.open(path); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return t, nil
}

func (t *table) Close() error { return t.file.Close() }

func (t *table) open(path string) error {
	info, err := t.file.Stat()
	if err != nil {
		return err
	}
	t.size = info.Size()
	l := newLines(path, t.file, 0, 0)
	if err := l.next(); err != nil {
		if err == io.EOF {
			err = fmt.Errorf("%s: there is no row in it", path)
		}
		return err
	}
	if err := t.heading(l); err != nil {
		return err
	}
	return t.sample()
}

// heading reads the first line: titles, or a row already.
func (t *table) heading(l *lines) (err error) {
	t.delimiter = t.o.Delimiter
	if t.delimiter == 0 {
		t.delimiter = delimiter(l.text, t.o.Decimal)
	}
	if t.fields, err = l.fields(t.delimiter, nil); err != nil {
		return err
	}
	f := finder{n: len(t.fields), o: t.o}
	t.begin = lines{path: l.path, offset: l.offset, number: l.number}
	if isRow(t.fields) || t.isCurrent() {
		t.begin.offset, t.begin.number = 0, 0
	} else {
		for _, one := range t.fields {
			f.titles = append(f.titles, newTitle(string(one.text)))
		}
	}
	if t.columns, err = f.find(); err != nil {
		return l.errorf(1, "%w", err)
	}
	return nil
}

// delimiter is what stands between the columns of a line.
func delimiter(line []byte, decimal byte) byte {
	for _, d := range []byte{'\t', ';'} {
		if bytes.IndexByte(line, d) >= 0 {
			return d
		}
	}
	if decimal == ',' {
		return ';'
	}
	return ','
}

// isRow is whether all fields of a line are numbers.
func isRow(fields []field) bool {
	for _, f := range fields {
		_, point := parseNumber(f.text, '.')
		_, comma := parseNumber(f.text, ',')
		if !point && !comma {
			return false
		}
	}
	return true
}

// isCurrent is whether the first line has a current already, in the column of the number that was asked for.
func (t *table) isCurrent() bool {
	n, err := strconv.Atoi(t.o.Current)
	if err != nil || n < 1 || n > len(t.fields) {
		return false
	}
	v, ok := parseNumber(t.fields[n-1].text, '.')
	return ok && !math.IsNaN(v)
}

// rows begins to read the rows.
func (t *table) rows() *lines {
	return newLines(t.begin.path, t.file, t.begin.offset, t.begin.number)
}

// sample reads the first rows to find decimal sign and rate.
func (t *table) sample() error {
	l := t.rows()
	var times []float64
	digit, n, known := math.Inf(1), 0, false
	place := l.path // of what newSpacing finds wrong
	for ; n <= enough; n++ {
		err := t.split(l)
		if err == io.EOF || n > 0 && l.broken(err) {
			break
		}
		if err != nil {
			return err
		}
		if !known {
			t.decimal, known = t.findDecimal()
		}
		if t.columns.time < 0 {
			continue
		}
		at, err := t.time(l)
		if n > 0 && l.broken(err) {
			break
		}
		if err != nil {
			return err
		}
		if n > 0 && at <= times[n-1] && place == l.path {
			place = l.place(t.fields[t.columns.time].column)
		}
		times = append(times, at)
		digit = min(digit, resolution(t.fields[t.columns.time].text, t.decimal)*t.columns.timeUnit)
		digit = max(digit, math.Nextafter(math.Abs(at), math.Inf(1))-math.Abs(at)) // of ns since 1970 the last digits do not fit
	}
	if n == 0 {
		return l.errorf(1, "there is no row in it")
	}
	t.rate = t.o.Rate
	if t.columns.time < 0 {
		return t.withoutTimes(l)
	}
	var err error
	if t.spacing, err = newSpacing(times, digit, t.o.Rate); err != nil {
		return fmt.Errorf("%s: %w", place, err)
	}
	t.rate = rounded(1/t.spacing.period, 12) // 100000 again, not 99999.99999999999
	t.begins(times[0])
	return nil
}

// monsoonRate is that of Monsoon's instruments, whose library gives each of its samples a row unless it is told otherwise.
const monsoonRate = 5000

func (t *table) withoutTimes(l *lines) error {
	if t.rate == 0 && t.columns.monsoon {
		t.rate = monsoonRate
	}
	if t.rate == 0 {
		return fmt.Errorf("%s: it has no column of times; give the rate: --rate 100000", l.path)
	}
	return nil
}

// since1970 is the least number of seconds that is taken for an instant, of 2001.
const since1970 = 1e9

// begins says when the first sample was. Times that count from 1970 tell the day too.
func (t *table) begins(first float64) {
	t.offset = first
	if first >= since1970 && first < 1e11 {
		t.start = time.Unix(0, 0).Add(seconds(first)).UTC()
		t.offset = 0
	}
}

func seconds(s float64) time.Duration { return time.Duration(math.Round(min(max(s, -9e9), 9e9) * 1e9)) }

// findDecimal is the sign that the row at hand has, known when it has one: whole numbers do not tell.
func (t *table) findDecimal() (sign byte, known bool) {
	if t.o.Decimal != 0 {
		return t.o.Decimal, true
	}
	for _, f := range t.fields {
		if _, ok := parseNumber(f.text, ','); ok && t.delimiter != ',' && bytes.IndexByte(f.text, ',') >= 0 {
			return ',', true
		}
		known = known || bytes.IndexByte(f.text, '.') >= 0
	}
	return '.', known
}

// split reads the next row.
func (t *table) split(l *lines) (err error) {
	if err = l.next(); err != nil {
		return err
	}
	if t.fields, err = l.fields(t.delimiter, t.fields); err != nil {
		return err
	}
	if len(t.fields) <= t.columns.last {
		return l.errorf(len(l.text)+1, "a row of %d columns, where column %d is needed", len(t.fields), t.columns.last+1)
	}
	for _, f := range t.fields[min(t.columns.n, len(t.fields)):] {
		if len(f.text) > 0 { // 38,5 would be read as 38
			return l.errorf(f.column, "a row of %d columns, where the first line has %d; if its decimal sign is what stands between columns too, save it with another delimiter",
				len(t.fields), t.columns.n)
		}
	}
	return nil
}

// time reads the time of the row, in s.
func (t *table) time(l *lines) (float64, error) {
	at, err := t.number(l, t.columns.time)
	if err == nil && math.IsNaN(at) {
		err = l.errorf(t.fields[t.columns.time].column, "a row without a time; --time none when the rows are evenly spaced")
	}
	return at * t.columns.timeUnit, err
}

// number reads a field of the row; NaN when there is nothing.
func (t *table) number(l *lines, column int) (float64, error) {
	f := t.fields[column]
	v, ok := parseNumber(f.text, t.decimal)
	if !ok || math.IsInf(v, 0) {
		hint := ""
		switch {
		case t.decimal == '.' && bytes.IndexByte(f.text, ',') >= 0:
			hint = "; --decimal , reads a decimal comma"
		case column == t.columns.time:
			hint = "; dates are not read: --time none --rate N when the rows are evenly spaced"
		}
		return 0, l.errorf(f.column, "%q is no number%s", f.text, hint)
	}
	return v, nil
}

func (t *table) header() Header {
	h := Header{Instrument: string(CSV), Kind: Point, Rate: t.rate, Digital: t.columns.names, Start: t.start}
	if t.columns.volts >= 0 {
		h.VoltsFrom = "measured"
	}
	if t.columns.profiler {
		h.Instrument, h.Kind = foreign, ppk2Kind(t.rate)
	}
	return h
}

func (t *table) about() Side { return Side{Clock: t.now} }

func (t *table) each(emit func(Block) error) error {
	l := t.rows()
	b := batch{emit: emit, size: blockSize}
	next := int64(0)
	for rows := 0; ; rows++ {
		err := t.split(l)
		if err == io.EOF {
			break
		}
		if err == nil {
			err = t.row(l, &b, &next)
		}
		if rows > 0 && l.broken(err) {
			b.block.Events = append(b.block.Events, Event{Index: next, Kind: Warning, Text: "its last line has no end and is left out: the program was stopped while it wrote"})
			break
		}
		if err != nil {
			return err
		}
		if rows%blockSize == 0 {
			t.o.Progress(float64(l.offset) / float64(max(t.size, 1)))
		}
	}
	return t.end(&b, next)
}

// end hands out the last samples, and settles the clock.
func (t *table) end(b *batch, next int64) error {
	if t.now = (Clock{Method: NominalMethod, Period: 1 / t.rate}); t.spacing != nil {
		var doubt string
		if t.now, doubt = t.spacing.clock(t.offset); doubt != "" {
			b.block.Events = append(b.block.Events, Event{Index: next, Kind: Warning, Text: doubt})
		}
	}
	return b.flush()
}

// row adds the sample of a row. Without a current it is a lost one.
func (t *table) row(l *lines, b *batch, next *int64) error {
	amps, err := t.number(l, t.columns.current)
	if err != nil {
		return err
	}
	amps *= t.columns.unit
	if math.Abs(amps) > mostAmps {
		return l.errorf(t.fields[t.columns.current].column, "%s A; is the unit right? --unit", short3(amps))
	}
	index := *next
	if t.spacing != nil {
		at, err := t.time(l)
		if err != nil {
			return err
		}
		if index, err = t.spacing.next(at); err != nil {
			return l.errorf(t.fields[t.columns.time].column, "%w", err)
		}
	}
	*next = index + 1
	s := sample{amps: float32(amps), hasVolts: t.columns.volts >= 0, hasDigital: t.columns.names != nil}
	if s.hasVolts {
		volts, err := t.number(l, t.columns.volts)
		if err != nil {
			return err
		}
		if volts *= t.columns.voltsUnit; math.Abs(volts) > mostVolts {
			return l.errorf(t.fields[t.columns.volts].column, "%s V; is it the voltage? --volts", short3(volts))
		}
		s.volts = float32(volts)
	}
	if s.hasDigital {
		if s.digital, err = t.state(l); err != nil {
			return err
		}
	}
	return b.add(index, s)
}

// state reads the digital channels of the row. One that was both in the time of a sample counts as high, as in a .ppk2.
func (t *table) state(l *lines) (state byte, err error) {
	if t.columns.all >= 0 {
		f := t.fields[t.columns.all]
		if len(f.text) != 8 {
			return 0, l.errorf(f.column, "%q is no state of 8 channels", f.text)
		}
		for i := range f.text {
			bit, ok := level(f.text[i : i+1])
			if !ok {
				return 0, l.errorf(f.column+i, "%q is no state of a channel; 0, 1, X and - are", f.text[i])
			}
			state |= bit << i
		}
		return state, nil
	}
	for i, column := range t.columns.digital {
		if column < 0 {
			continue
		}
		f := t.fields[column]
		bit, ok := level(f.text)
		if !ok {
			return 0, l.errorf(f.column, "%q is no state of a channel; 0, 1, X and - are", f.text)
		}
		state |= bit << i
	}
	return state, nil
}

func level(text []byte) (byte, bool) {
	if len(text) != 1 {
		return 0, false
	}
	switch text[0] {
	case '1', 'X':
		return 1, true
	case '0', '-':
		return 0, true
	}
	return 0, false
}

// sample is one, with what it has beside its current.
type sample struct {
	amps, volts          float32
	digital              byte
	hasVolts, hasDigital bool
}

// batch makes blocks of samples.
type batch struct {
	emit  func(Block) error
	size  int
	block Block
}

// add takes a sample. One that is not the next begins another block.
func (b *batch) add(index int64, s sample) error {
	if len(b.block.Amps) == b.size || len(b.block.Amps) > 0 && index != b.block.End() {
		if err := b.flush(); err != nil {
			return err
		}
	}
	if len(b.block.Amps) == 0 {
		b.block.Index = index
	}
	b.block.Amps = append(b.block.Amps, s.amps)
	if s.hasVolts {
		b.block.Volts = append(b.block.Volts, s.volts)
	}
	if s.hasDigital {
		b.block.Digital = append(b.block.Digital, s.digital)
	}
	return nil
}

// flush hands out what there is.
func (b *batch) flush() error {
	if len(b.block.Amps) == 0 {
		return nil
	}
	err := b.emit(b.block)
	b.block.Amps, b.block.Volts, b.block.Digital = b.block.Amps[:0], b.block.Volts[:0], b.block.Digital[:0]
	b.block.Events = b.block.Events[:0]
	return err
}
