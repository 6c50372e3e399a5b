package svg

import (
	"fmt"
	"strings"

	"st67bench/analysis/report/chart"
)

const (
	margin    = 20 // px round everything
	inset     = 8  // px beside the chart, which keeps room for its own labels
	lineSpace = 1.35
)

// kind is a kind of text round the chart.
type kind struct {
	size   float64 // px
	bold   bool
	colour string // of the theme
}

var (
	markText  = kind{11, true, "mutedInk"}
	titleText = kind{16, true, "ink"}
	basisText = kind{12, false, "mutedInk"}
	howText   = kind{11, false, "mutedInk"}
)

// picture is the chart and what stands round it.
func picture(c *chart.Chart, look Look) ([]byte, error) {
	d, err := draw(c, look)
	if err != nil {
		return nil, err
	}
	p := &paper{width: float64(look.Width), colours: d.Colours, at: margin}
	p.text(markText, strings.ToUpper(look.Mark))
	p.text(titleText, c.Title)
	p.text(basisText, strings.Join(c.Basis.Lines(), " · "))
	p.text(basisText, c.Note)
	p.at += 8
	fmt.Fprintf(&p.body, `<g transform="translate(%d %.0f)">`+"\n", inset, p.at)
	if err := redraw(&p.body, d.SVG); err != nil {
		return nil, err
	}
	p.body.WriteString("</g>\n")
	p.at += float64(d.Height) + 6
	p.text(howText, c.HowTo)
	height := p.at + margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%.0f" viewBox="0 0 %[1]d %.0[2]f" role="img" font-family="%s" font-size="12">`+"\n", look.Width, height, font)
	fmt.Fprintf(&b, "<title>%s</title>\n<desc>%s</desc>\n", escape(strings.TrimSpace(c.Title)), escape(c.Alt))
	fmt.Fprintf(&b, `<rect width="%d" height="%.0f" rx="6" fill="%s"/>`+"\n", look.Width, height, d.Colours["ground"])
	b.WriteString(p.body.String() + "</svg>\n")
	return []byte(b.String()), nil
}

// paper is written from top to bottom.
type paper struct {
	body    strings.Builder
	width   float64 // px
	at      float64 // px from the top
	colours map[string]string
}

// text writes a paragraph.
func (p *paper) text(k kind, text string) {
	for _, line := range wrap(text, p.width-2*margin, k.size, k.bold) {
		p.at += k.size * lineSpace
		weight := ""
		if k.bold {
			weight = ` font-weight="bold"`
		}
		fmt.Fprintf(&p.body, `<text x="%d" y="%.1f" font-size="%.0f"%s fill="%s">%s</text>`+"\n", margin, p.at-k.size*(lineSpace-1), k.size, weight, p.colours[k.colour], escape(line))
	}
}
