package chart

import (
	"encoding/json"
	"testing"
)

func TestHeatmapSpan(t *testing.T) {
	h := Heatmap{X: []string{"a", "b"}, Y: []string{"c"}, Cells: []HeatCell{{X: 0, Value: -0.02}, {X: 1, Value: 0.05}}}
	if low, high := h.Span(); low != -0.02 || high != 0.05 {
		t.Errorf("%g to %g", low, high)
	}
	h.Diverging = true
	if low, high := h.Span(); low != -0.05 || high != 0.05 {
		t.Errorf("%g to %g; a diverging scale is alike on both sides", low, high)
	}
}

// Colours are names, the scale has two ends though all cells are equal, and levels are names where they look like numbers.
func TestHeatmapOption(t *testing.T) {
	h := Heatmap{X: []string{"64", "512"}, Y: []string{"1"}, Cells: []HeatCell{{Value: 3, Text: "3", Tip: "three"}, {X: 1, Value: 3}}}
	option, err := h.Option()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{"map": option["visualMap"], "x": option["xAxis"].([]any)[0].(map[string]any)["data"]})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Map struct {
			Min, Max float64
			InRange  struct{ Color string }
		}
		X []string
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.Map.Min != 3 || got.Map.Max <= 3 || got.Map.InRange.Color != Ascending || len(got.X) != 2 || got.X[0] != "64" {
		t.Errorf("%+v", got)
	}
}
