package diagrams

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"html"
	"io"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the diagrams anew")

// The files are what the tables make, and well-formed.
func TestDiagramsAreCurrent(t *testing.T) {
	for _, d := range diagrams {
		path := d.name + ".svg"
		want := draw(d)
		for dec := xml.NewDecoder(bytes.NewReader(want)); ; {
			if _, err := dec.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
		}
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the tables make (%v); go test ./docs/diagrams -update", path, err)
		}
	}
}

// Words fit where they stand: pins in half of their box, what a wire is between two boxes.
func TestWordsFit(t *testing.T) {
	for _, d := range diagrams {
		l := lay(d)
		for _, w := range d.wires {
			gap := l.left(d.boxes[w.to]) - l.right(d.boxes[w.from])
			if width(w.about, 12) > gap-30 {
				t.Errorf("%s: %q needs %d px, between the boxes are %d", d.name, w.about, width(w.about, 12), gap)
			}
			for _, pin := range []string{w.left, w.right} {
				if width(pin, 13) > l.box-16 {
					t.Errorf("%s: %q is wider than its box", d.name, pin)
				}
			}
		}
		for i, b := range d.boxes {
			for row := b.first; row <= b.last; row++ {
				both := 16
				for _, w := range d.wires {
					if w.row == row && w.to == i {
						both += width(w.right, 13)
					}
					if w.row == row && w.from == i {
						both += width(w.left, 13)
					}
				}
				if both > l.box-8 {
					t.Errorf("%s: the pins of %s in row %d touch each other", d.name, b.title, row)
				}
			}
			if width(b.title, 15) > l.box-8 || width(b.about, 12) > l.box-8 {
				t.Errorf("%s: %q, %q is wider than its box", d.name, b.title, b.about)
			}
		}
		for _, n := range d.notes {
			if width(n, 13) > l.width-2*margin {
				t.Errorf("%s: the note %q is wider than the picture, by %d px", d.name, n, width(n, 13)-(l.width-2*margin))
			}
		}
	}
}

const (
	margin = 24
	rowGap = 34
	top    = 112 // of the first row: below the title and the names of the boxes
)

// style is how a kind of wire is drawn; head is the end with the arrow, if any.
var style = map[kind]struct{ colour, dash, head string }{
	toRight:  {"#0072b2", "", "right"},
	toLeft:   {"#00785a", "", "left"},
	power:    {"#b84e00", "", "right"},
	level:    {"#b84e00", "7 4", "left"},
	ground:   {"#1a1a1a", "", ""},
	optional: {"#0072b2", "7 4", "right"},
	answer:   {"#00785a", "7 4", "left"},
	radio:    {"#7a3e68", "1 6", "both"},
}

// layout has the measures of a diagram in px.
type layout struct{ box, gap, width, height int }

func lay(d diagram) layout {
	columns, rows := 0, 0
	for _, b := range d.boxes {
		columns, rows = max(columns, b.column+1), max(rows, b.last+1)
	}
	l := layout{width: 860, height: top + rows*rowGap + 14 + 22*len(d.notes) + margin}
	share := map[int][2]int{2: {270, 272}, 3: {190, 121}, 4: {146, 76}}[columns]
	l.box, l.gap = share[0], share[1]
	return l
}

func (l layout) left(b box) int  { return margin + b.column*(l.box+l.gap) }
func (l layout) right(b box) int { return l.left(b) + l.box }

func rowY(row int) int { return top + row*rowGap }

// width is about how many px a text takes: 0.52 of its size for each character, which is wide for a sans-serif face.
func width(text string, size int) int { return len([]rune(text)) * size * 52 / 100 }

func draw(d diagram) []byte {
	l := lay(d)
	var out bytes.Buffer
	p := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	p(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="title desc" `+
		`font-family="system-ui, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif">`, l.width, l.height, l.width, l.height)
	p(`<!-- made by go test ./docs/diagrams -update -->`)
	p(`<title id="title">%s</title>`, html.EscapeString(d.title))
	p(`<desc id="desc">%s</desc>`, html.EscapeString(d.desc))
	p(`<rect x="0.5" y="0.5" width="%d" height="%d" rx="8" fill="#ffffff" stroke="#8a8f98"/>`, l.width-1, l.height-1)
	p(`<text x="%d" y="34" font-size="18" font-weight="600" fill="#1a1a1a">%s</text>`, margin, html.EscapeString(d.title))
	for _, b := range d.boxes {
		drawBox(p, l, b)
	}
	for _, w := range d.wires {
		drawWire(p, l, d, w)
	}
	for i, n := range d.notes {
		p(`<text x="%d" y="%d" font-size="13" fill="#3d4350">%s</text>`, margin, l.height-margin+4-22*(len(d.notes)-1-i), html.EscapeString(n))
	}
	p(`</svg>`)
	return out.Bytes()
}

func drawBox(p func(string, ...any), l layout, b box) {
	x, mid := l.left(b), l.left(b)+l.box/2
	p(`<rect x="%d" y="52" width="%d" height="%d" rx="6" fill="#f3f5f8" stroke="#5b6270" stroke-width="1.5"/>`, x, l.box, rowY(b.last)+18-52)
	p(`<text x="%d" y="71" font-size="15" font-weight="600" text-anchor="middle" fill="#1a1a1a">%s</text>`, mid, html.EscapeString(b.title))
	if b.about != "" {
		p(`<text x="%d" y="88" font-size="12" text-anchor="middle" fill="#3d4350">%s</text>`, mid, html.EscapeString(b.about))
	}
}

func drawWire(p func(string, ...any), l layout, d diagram, w wire) {
	s, y := style[w.kind], rowY(w.row)
	x1, x2 := l.right(d.boxes[w.from]), l.left(d.boxes[w.to])
	dash, cap := "", ""
	if s.dash != "" {
		dash = fmt.Sprintf(` stroke-dasharray="%s"`, s.dash)
	}
	if w.kind == radio {
		cap = ` stroke-linecap="round"`
	}
	p(`<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="%s" stroke-width="2.5"%s%s/>`, x1+ifThen(s.head == "left" || s.head == "both", 8), y,
		x2-ifThen(s.head == "right" || s.head == "both", 8), y, s.colour, dash, cap)
	if s.head == "right" || s.head == "both" {
		p(`<path d="M%d %d l-11 -6 v12 z" fill="%s"/>`, x2, y, s.colour)
	}
	if s.head == "left" || s.head == "both" {
		p(`<path d="M%d %d l11 -6 v12 z" fill="%s"/>`, x1, y, s.colour)
	}
	pin := func(x int, anchor, text string) {
		if text != "" {
			p(`<text x="%d" y="%d" font-size="13" text-anchor="%s" fill="#1a1a1a">%s</text>`, x, y+4, anchor, html.EscapeString(text))
		}
	}
	pin(x1-8, "end", w.left)
	pin(x2+8, "start", w.right)
	if w.about != "" {
		p(`<text x="%d" y="%d" font-size="12" text-anchor="middle" fill="%s">%s</text>`, (x1+x2)/2, y-6, s.colour, html.EscapeString(strings.TrimSpace(w.about)))
	}
}

func ifThen(yes bool, n int) int {
	if yes {
		return n
	}
	return 0
}
