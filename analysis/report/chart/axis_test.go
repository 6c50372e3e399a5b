package chart

import "testing"

// The ends of a logarithmic axis are round, beyond the values, and near them.
func TestOutward(t *testing.T) {
	for _, c := range []struct{ low, high, least, most float64 }{
		{2.474e-3, 0.1312, 2.4e-3, 0.14},
		{2e-3, 3e-3, 1.9e-3, 3.1e-3},
		{1e-3, 1e-3, 9.8e-4, 1.1e-3},
		{8.79e-3, 0.506, 8.6e-3, 0.52},
		{5, 99.9, 4.9, 110},
	} {
		if least, most := Outward(c.low, c.high); least != c.least || most != c.most {
			t.Errorf("of %v to %v: %v to %v, want %v to %v", c.low, c.high, least, most, c.least, c.most)
		}
	}
}

// The last instant of a time axis is not written beside the last round one.
func TestElapsed(t *testing.T) {
	x := Elapsed("the run began")
	if show := x.AxisLabel.ShowMaxLabel; x.Max != "dataMax" || show == nil || *show {
		t.Errorf("max %v, its label %v", x.Max, show)
	}
}
