package svg

import (
	"strings"
	"unicode/utf8"
)

// font is what pictures ask for: what there is of it decides the viewer.
const font = "Helvetica, Arial, sans-serif"

// widths are those of the characters from space to ~ in Helvetica, in thousandths of its
// size, from Adobe's Core 14 AFM files. Arial and Liberation Sans have the same.
var widths = [...]float64{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
}

const (
	wider  = 1.15 // of the widest of the usual fonts, such as DejaVu Sans and Verdana, over Helvetica
	bolder = 1.22 // of bold text over plain, in the same fonts
)

// measure is the width of text of this size in px, of which nothing is known but that
// it is in a usual font.
func measure(text string, size float64, bold bool) float64 {
	sum := 0.0
	for _, r := range text {
		switch {
		case r >= ' ' && int(r-' ') < len(widths):
			sum += widths[r-' ']
		case r < 0x1100: // other letters and signs
			sum += 600
		default: // ideographs and pictures
			sum += 1000
		}
	}
	if bold {
		sum *= bolder
	}
	return sum * wider * size / 1000
}

// wrap cuts text into lines of at most width px, at spaces; a word that is longer is cut.
func wrap(text string, width, size float64, bold bool) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		for measure(word, size, bold) > width {
			head := word
			for measure(head, size, bold) > width && utf8.RuneCountInString(head) > 1 {
				_, n := utf8.DecodeLastRuneInString(head)
				head = head[:len(head)-n]
			}
			if line != "" {
				lines = append(lines, line)
				line = ""
			}
			lines, word = append(lines, head), word[len(head):]
			if head == "" || word == "" {
				break
			}
		}
		switch longer := strings.TrimSpace(line + " " + word); {
		case measure(longer, size, bold) <= width:
			line = longer
		default:
			lines, line = append(lines, line), word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
