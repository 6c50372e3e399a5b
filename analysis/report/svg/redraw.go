package svg

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"st67bench/analysis/report/chart"
)

// kept are the elements of a drawing and, of their attributes, those that draw. Every
// element may have what is under "".
var kept = map[string][]string{
	"": {"transform", "fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray", "stroke-dashoffset", "stroke-linecap", "stroke-linejoin",
		"stroke-miterlimit", "opacity", "clip-path", "style"},
	"g": nil, "defs": nil, "clipPath": {"id"},
	"path": {"d"}, "rect": {"x", "y", "width", "height", "rx", "ry"}, "circle": {"cx", "cy", "r"}, "ellipse": {"cx", "cy", "rx", "ry"},
	"line": {"x1", "y1", "x2", "y2"}, "polyline": {"points"}, "polygon": {"points"},
	"text": {"x", "y", "dominant-baseline", "text-anchor", "paint-order", "xml:space"}, "tspan": {"x", "y"},
	"linearGradient": {"id", "gradientUnits", "x1", "y1", "x2", "y2"}, "radialGradient": {"id", "gradientUnits", "cx", "cy", "r"},
	"stop": {"offset", "stop-color", "stop-opacity"},
}

// dropped are attributes that say nothing in a picture: for pointers, and for programs.
var dropped = regexp.MustCompile(`^(ecmeta_.*|class|pointer-events)$`)

// notNumbers is what a broken coordinate looks like in an attribute.
var notNumbers = regexp.MustCompile(`NaN|Infinity|undefined|null`)

// outside is what could make a viewer fetch something or run it.
var outside = regexp.MustCompile(`url\((?:[^#]|#[^)]*[^\w)-])|[@\\<]|javascript`)

// redraw writes the inside of an SVG that ECharts made, of the elements and attributes
// of a drawing alone. The error says what else there was.
func redraw(out *strings.Builder, text string) error {
	d := xml.NewDecoder(strings.NewReader(printable(text)))
	depth, open := 0, false // open: the start tag still lacks its ">"
	closeStart := func() {
		if open {
			out.WriteByte('>')
			open = false
		}
	}
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the drawing is no XML: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth == 1 { // the svg itself
				continue
			}
			closeStart()
			if err := startTag(out, t); err != nil {
				return err
			}
			open = true
		case xml.EndElement:
			if depth--; depth == 0 {
				continue
			}
			if open {
				out.WriteString("/>\n")
			} else {
				out.WriteString("</" + t.Name.Local + ">\n")
			}
			open = false
		case xml.CharData:
			if body := strings.Trim(string(t), "\n"); body != "" {
				closeStart()
				out.WriteString(escape(body))
			}
		default:
			return fmt.Errorf("the drawing has %T, which does not belong there", token)
		}
	}
}

func startTag(out *strings.Builder, t xml.StartElement) error {
	attributes, ok := kept[t.Name.Local]
	if !ok || t.Name.Space != "" {
		return fmt.Errorf("the drawing has an element %q, which does not belong there", t.Name.Local)
	}
	out.WriteString("<" + t.Name.Local)
	for _, a := range t.Attr {
		name := a.Name.Local
		if a.Name.Space != "" {
			name = a.Name.Space + ":" + name
		}
		value := strings.ReplaceAll(a.Value, "font-family:"+font+";", "")
		switch {
		case dropped.MatchString(name) || value == "":
			continue
		case !slices.Contains(attributes, name) && !slices.Contains(kept[""], name):
			return fmt.Errorf("the drawing has an attribute %q, which does not belong there", name)
		case notNumbers.MatchString(value):
			return fmt.Errorf("the drawing has %s=%q: some value of the chart is no number", name, value)
		case outside.MatchString(value):
			return fmt.Errorf("the drawing has %s=%q, which does not belong there", name, value)
		}
		out.WriteString(" " + name + `="` + escape(value) + `"`)
	}
	return nil
}

// escape makes text of anybody's that of an element or attribute.
func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(printable(text))
}

// printable leaves only line ends of what cannot be printed.
func printable(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = chart.Printable(line)
	}
	return strings.Join(lines, "\n")
}
