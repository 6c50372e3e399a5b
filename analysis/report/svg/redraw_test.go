package svg

import (
	"strings"
	"testing"
)

func TestRedraw(t *testing.T) {
	const head = `<svg width="4" height="3" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">`
	for _, c := range []struct{ in, out, fails string }{
		{`<path d="M1 2" fill="none" class="zr0-cls-0" ecmeta_ssr_type="chart"></path>`, `<path d="M1 2" fill="none"/>`, ""},
		{`<g clip-path="url(#zr0-c0)"><text style="font-size:12px;font-family:` + font + `;">a &lt; b` + "\u202e" + `</text></g>`, `<g clip-path="url(#zr0-c0)"><text style="font-size:12px;">a &lt; b?</text>` + "\n</g>", ""},
		{`<path d="M1 NaN"></path>`, "", "no number"},
		{`<script>1</script>`, "", `element "script"`},
		{`<a xlink:href="x"></a>`, "", `element "a"`},
		{`<path onclick="x"></path>`, "", `attribute "onclick"`},
		{`<path fill="url(https://example.org/a)"></path>`, "", "does not belong"},
		{`<style>a{}</style>`, "", `element "style"`},
		{`<!-- a -->`, "", "xml.Comment"},
		{`<path`, "", "no XML"},
	} {
		var b strings.Builder
		err := redraw(&b, head+c.in+"</svg>")
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%s: %v, want %q", c.in, err, c.fails)
			}
			continue
		}
		if got := strings.TrimSpace(b.String()); err != nil || got != c.out {
			t.Errorf("%s: %q, %v", c.in, got, err)
		}
	}
}

// Known widths from the AFM file of Helvetica, with the room for wider fonts.
func TestMeasure(t *testing.T) {
	for text, want := range map[string]float64{"": 0, "i": 222, "W": 944, "~": 584, "A b": 667 + 278 + 556, "µ": 600, "国": 1000} {
		if got := measure(text, 1000, false); got < want*wider-0.001 || got > want*wider+0.001 {
			t.Errorf("%q is %v wide, want %v", text, got, want*wider)
		}
	}
	lines := wrap("Goodput rises with length "+strings.Repeat("W", 30), 200, 16, true)
	for _, line := range lines {
		if measure(line, 16, true) > 200 {
			t.Errorf("%q is wider than 200 px", line)
		}
	}
	if got := strings.Join(lines, ""); strings.Count(got, "W") != 30 || len(lines) < 4 {
		t.Errorf("%q", lines)
	}
	if got := wrap("WW", 1, 16, true); len(got) != 2 {
		t.Errorf("%q", got)
	}
}
