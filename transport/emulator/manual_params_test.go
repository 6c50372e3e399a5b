package emulator

import (
	"fmt"
	"strconv"
	"strings"

	"st67bench/transport/emulator/core"
)

// form is the parameters of a set form, in the state in which it can be carried out.
type form struct {
	state  string
	manual bool // of the profile `manual` alone
	params []param
}

// param is one parameter: a number in one of some ranges, a string of limited
// length, or one of which the manual gives no bound.
type param struct {
	name, kind string // kind as the data have it, for the docs
	sample     string // a value that is accepted, as it stands on a line
	text       bool
	any        bool // of either type
	optional   bool
	depends    bool      // its bounds are accepted with the right other parameters only
	code       core.Code // of a number out of range
	most       int       // bytes of a string, 0: not known
	ranges     [][2]int64
}

// parseForm reads `[STATE:] NAME TYPE[=SAMPLE], [NAME TYPE[=SAMPLE]], ...`. A parameter
// in brackets may be left out. TYPE is LO..HI, A|B..C (numbers), "MAX" (a string of up to
// MAX bytes), int or str (bounds not known), any (of either type); with `link ` before
// it, it is the ID of a connection; with ~ before it, only what is out of bounds is tried.
func parseForm(text string, manual bool) (form, error) {
	f := form{state: "fresh", manual: manual}
	if state, rest, ok := strings.Cut(text, ": "); ok {
		f.state, text = state, rest
	}
	for word := range strings.SplitSeq(text, ", ") {
		p, err := parseParam(word)
		if err != nil {
			return form{}, fmt.Errorf("%q: %w", word, err)
		}
		f.params = append(f.params, p)
	}
	return f, nil
}

func parseParam(word string) (p param, err error) {
	inner := strings.TrimSuffix(strings.TrimPrefix(word, "["), "]")
	p.optional = inner != word
	name, rest, ok := strings.Cut(inner, " ")
	if !ok {
		return p, fmt.Errorf("no type")
	}
	p.name = name
	kind, sample, sampled := strings.Cut(rest, "=")
	kind, p.depends = strings.CutPrefix(kind, "~")
	p.kind, p.sample, p.code = strings.TrimPrefix(kind, "link "), sample, core.BadValue
	if p.kind != kind {
		kind, p.code = p.kind, core.BadHandle
	}
	switch {
	case kind == "str" || kind[0] == '"':
		p.text = true
		if kind != "str" {
			p.most, err = strconv.Atoi(strings.Trim(kind, `"`))
		}
		if !sampled {
			p.sample = `"a"`
		}
	case kind == "int", kind == "any":
		p.any = kind == "any"
		if !sampled {
			return p, fmt.Errorf("no sample")
		}
	default:
		err = p.parseRanges(kind)
		if err == nil && !sampled {
			p.sample = fmt.Sprint(p.ranges[0][0])
		}
	}
	return p, err
}

func (p *param) parseRanges(kind string) error {
	for r := range strings.SplitSeq(kind, "|") {
		low, high, two := strings.Cut(r, "..")
		if !two {
			high = low
		}
		lo, err := strconv.ParseInt(low, 10, 64)
		if err != nil {
			return err
		}
		hi, err := strconv.ParseInt(high, 10, 64)
		if err != nil {
			return err
		}
		if lo > hi {
			return fmt.Errorf("%s is no range", r)
		}
		p.ranges = append(p.ranges, [2]int64{lo, hi})
	}
	return nil
}

func (p param) allows(v int64) bool {
	for _, r := range p.ranges {
		if v >= r[0] && v <= r[1] {
			return true
		}
	}
	return false
}

// ends are the values at the ends of the ranges; beyond are those just outside.
func (p param) ends() (ends, beyond []int64) {
	for _, r := range p.ranges {
		ends = append(ends, r[0], r[1])
		for _, v := range []int64{r[0] - 1, r[1] + 1} {
			if !p.allows(v) {
				beyond = append(beyond, v)
			}
		}
	}
	return ends, beyond
}

// String is the form for the docs.
func (f form) String() string {
	var words []string
	for _, p := range f.params {
		word := p.name + " " + p.kind
		if p.optional {
			word = "[" + word + "]"
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

// samples are values of all parameters, each of which is accepted.
func (f form) samples() (values []string) {
	for _, p := range f.params {
		values = append(values, p.sample)
	}
	return values
}

// with is the samples with another value for parameter i.
func (f form) with(i int, value string) []string {
	values := f.samples()
	values[i] = value
	return values
}

// needed is how many parameters there have to be.
func (f form) needed() (n int) {
	for i, p := range f.params {
		if !p.optional {
			n = i + 1
		}
	}
	return n
}

// mistake is a list of parameters that is refused, and the sub-code of the refusal.
type mistake struct {
	values []string
	code   core.Code
}

// mistakes are the ways in which a line of this form can be wrong (manual 2.2.9.4).
func (f form) mistakes() (all []mistake) {
	all = append(all, mistake{append(f.samples(), "0"), core.BadCount})
	if n := f.needed(); n > 0 {
		all = append(all, mistake{f.samples()[:n-1], core.BadCount})
	}
	for i, p := range f.params {
		if !p.optional {
			all = append(all, mistake{f.with(i, ""), core.BadCount})
		}
		all = append(all, f.badAt(i)...)
	}
	return all
}

// badAt are the ways in which parameter i can be wrong.
func (f form) badAt(i int) (all []mistake) {
	p := f.params[i]
	switch {
	case p.any:
	case p.text:
		all = append(all, mistake{f.with(i, "1"), core.BadType})
		if p.most > 0 {
			all = append(all, mistake{f.with(i, `"`+strings.Repeat("0", p.most+1)+`"`), core.BadLength})
		}
	default:
		all = append(all, mistake{f.with(i, `"`+p.sample+`"`), core.BadType})
		_, beyond := p.ends()
		for _, v := range beyond {
			all = append(all, mistake{f.with(i, fmt.Sprint(v)), p.code})
		}
	}
	return all
}

// correct are lists of parameters that nothing is wrong with: the samples, with and
// without what may be left out, and each end of each range.
func (f form) correct() (all [][]string) {
	all = append(all, f.samples())
	if n := f.needed(); n > 0 && n < len(f.params) && !f.params[0].depends {
		all = append(all, f.samples()[:n])
	}
	for i, p := range f.params {
		if p.depends {
			continue
		}
		ends, _ := p.ends()
		for _, v := range ends {
			all = append(all, f.with(i, fmt.Sprint(v)))
		}
		if p.most > 0 {
			all = append(all, f.with(i, `"`+strings.Repeat("0", p.most)+`"`))
		}
	}
	return all
}
