package core

import "math"

// MaxArgs is how many parameters a command line may carry.
const MaxArgs = 16

// arg is one parameter: a quoted string with its escapes resolved, or bare text.
type arg struct {
	text   []byte
	quoted bool
}

// Args are the parameters of one command line, valid while it is handled. The
// first mistake that an accessor meets is kept and returned by Err, so a
// handler reads all its parameters and then asks once.
type Args struct {
	arg [MaxArgs]arg
	n   int
	err error
}

// Len is the number of parameters, omitted ones included.
func (a *Args) Len() int { return a.n }

// Err is the first mistake that an accessor met, as a [Code].
func (a *Args) Err() error { return a.err }

// Fail is a mistake that the handler has found itself.
func (a *Args) Fail(c Code) { a.fail(c) }

func (a *Args) fail(c Code) {
	if a.err == nil {
		a.err = c
	}
}

// Has says whether parameter i is given.
func (a *Args) Has(i int) bool {
	return i < a.n && (a.arg[i].quoted || len(a.arg[i].text) > 0)
}

// Int is parameter i, a number from lo to hi.
func (a *Args) Int(i int, lo, hi int64) int64 {
	if !a.Has(i) {
		a.fail(BadCount)
		return lo
	}
	if a.arg[i].quoted {
		a.fail(BadType)
		return lo
	}
	v, err := integer(a.arg[i].text)
	if err == nil && (v < lo || v > hi) {
		err = BadValue
	}
	if err != nil {
		a.fail(err.(Code))
		return lo
	}
	return v
}

// IntOr is Int, or def when the parameter is omitted.
func (a *Args) IntOr(i int, def, lo, hi int64) int64 {
	if !a.Has(i) {
		return def
	}
	return a.Int(i, lo, hi)
}

// Text is parameter i, a string of at most most bytes.
func (a *Args) Text(i, most int) []byte {
	if !a.Has(i) {
		a.fail(BadCount)
		return nil
	}
	if !a.arg[i].quoted {
		a.fail(BadType)
		return nil
	}
	if len(a.arg[i].text) > most {
		a.fail(BadLength)
	}
	return a.arg[i].text
}

// TextOr is Text, or def when the parameter is omitted.
func (a *Args) TextOr(i int, def string, most int) string {
	if !a.Has(i) {
		return def
	}
	return string(a.Text(i, most))
}

// integer reads a decimal number with an optional minus sign.
func integer(p []byte) (int64, error) {
	digits := p
	if len(p) > 0 && p[0] == '-' {
		digits = p[1:]
	}
	if len(digits) == 0 {
		return 0, BadType
	}
	var v int64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, BadType
		}
		if v > (math.MaxInt64-9)/10 {
			return 0, BadValue
		}
		v = 10*v + int64(c-'0')
	}
	if len(digits) < len(p) {
		v = -v
	}
	return v, nil
}

// parse splits p, the text after "=", at the commas outside quotes. Strings are
// unescaped in place, so p is changed.
func (a *Args) parse(p []byte) error {
	a.n, a.err = 0, nil
	for {
		if a.n == MaxArgs {
			return BadCount
		}
		v, rest, err := next(p)
		if err != nil {
			return err
		}
		a.arg[a.n] = v
		a.n++
		if rest == nil {
			return nil
		}
		p = rest
	}
}

// next takes one parameter from the front of p; rest is what follows its comma,
// nil when it was the last.
func next(p []byte) (v arg, rest []byte, err error) {
	if len(p) > 0 && p[0] == '"' {
		return nextQuoted(p)
	}
	for i, c := range p {
		switch c {
		case ',':
			return arg{text: p[:i]}, p[i+1:], nil
		case '"':
			return arg{}, nil, BadSyntax
		}
	}
	return arg{text: p}, nil, nil
}

// nextQuoted is next for a p that starts with a quote. A backslash makes the
// byte after it an ordinary one (manual 3.1.5.7).
func nextQuoted(p []byte) (v arg, rest []byte, err error) {
	w := 0
	for i := 1; i < len(p); i++ {
		switch p[i] {
		case '"':
			v = arg{text: p[1 : 1+w], quoted: true}
			switch {
			case i+1 == len(p):
				return v, nil, nil
			case p[i+1] == ',':
				return v, p[i+2:], nil
			}
			return arg{}, nil, BadSyntax
		case '\\':
			if i++; i == len(p) {
				return arg{}, nil, BadSyntax
			}
		}
		p[1+w] = p[i]
		w++
	}
	return arg{}, nil, BadSyntax
}

// command splits a line, without its CRLF, into the name after AT (made upper
// case in place), the form, and the text of the parameters.
func command(line []byte) (name []byte, f form, params []byte, err error) {
	if len(line) < 2 || line[0]|0x20 != 'a' || line[1]|0x20 != 't' {
		return nil, noForm, nil, NoAT
	}
	line = line[2:]
	end := 0
	for end < len(line) && line[end] != '=' && line[end] != '?' {
		if c := line[end]; c >= 'a' && c <= 'z' {
			line[end] = c - 'a' + 'A'
		}
		end++
	}
	name, rest := line[:end], line[end:]
	switch {
	case len(rest) == 0:
		return name, execute, nil, nil
	case len(rest) == 1 && rest[0] == '?':
		return name, query, nil, nil
	case rest[0] == '?':
		return name, noForm, nil, BadSyntax
	case len(rest) == 2 && rest[1] == '?':
		return name, test, nil, nil
	case asks(rest):
		return name, ask, rest[1 : len(rest)-1], nil
	}
	return name, set, rest[1:], nil
}

// asks says whether the parameters end in a question mark outside quotes.
func asks(p []byte) bool {
	if p[len(p)-1] != '?' {
		return false
	}
	inside := false
	for i := 0; i < len(p); i++ {
		switch {
		case p[i] == '"':
			inside = !inside
		case p[i] == '\\' && inside:
			i++
		}
	}
	return !inside
}
