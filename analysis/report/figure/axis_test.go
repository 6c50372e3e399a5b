package figure

import (
	"slices"
	"testing"

	"st67bench/analysis"
)

// The stages of all cases stand in the order of the exchange, however few the first case has.
func TestStageNames(t *testing.T) {
	of := func(names ...string) (c stageRow) {
		for _, name := range names {
			c.Stages = append(c.Stages, analysis.Share{Name: name})
		}
		return c
	}
	got := stageNames([]stageRow{of("data", "wait"), of("command", "data", "wait", "host"), of("data", "radio")})
	if want := []string{"command", "data", "wait", "radio", "host"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// What goes of an offered load is a straight line only on a linear axis.
func TestAxisOfOfferedLoad(t *testing.T) {
	for axis, want := range map[string]string{"rate": "value", "length": "log"} {
		if got := (plot{axis: axis, numeric: true}).xAxis().Type; got != want {
			t.Errorf("%s: %s, want %s", axis, got, want)
		}
	}
}
