package chart

import "testing"

// A line without symbols has a line in the legend, dashed where it is; the rest is left to ECharts.
func TestLineIcons(t *testing.T) {
	option := map[string]any{
		"legend": map[string]any{"data": []any{"points", "ceiling", "course", "bars"}},
		"series": []any{
			map[string]any{"name": "points", "type": "line", "showSymbol": true, "symbol": "circle"},
			map[string]any{"name": "ceiling", "type": "line", "symbol": "none", "lineStyle": map[string]any{"type": "dashed"}},
			map[string]any{"name": "course", "type": "line", "showSymbol": false, "symbol": "circle"},
			map[string]any{"name": "bars", "type": "bar"},
			map[string]any{"name": "points", "type": "line", "symbol": "none"},
		},
	}
	lineIcons(option)
	lineIcons(map[string]any{})
	for i, want := range []string{"", icons["dashed"], icons[nil], ""} {
		got := option["legend"].(map[string]any)["data"].([]any)[i]
		entry, ok := got.(map[string]any)
		if ok != (want != "") || ok && entry["icon"] != want {
			t.Errorf("entry %d is %v, want the icon %q", i, got, want)
		}
	}
}
