package tune

import (
	"math"
	"testing"
)

// The moderated variances are those of R 4.2.2 by the formulas of Smyth (2004): e <- log(v) - digamma(d/2) + log(d/2); x <- var(e) -
// trigamma(d/2); d0 <- 2 uniroot(function(y) trigamma(y) - x); s0 <- exp(mean(e) + digamma(d0/2) - log(d0/2)); (d0 s0 + d v)/(d0 + d).
func TestModerate(t *testing.T) {
	got, df := moderate([]float64{1.2, 0.8, 25, 0.04, 1.7, 0.9, 51, 0.6}, 4)
	want := []float64{1.084754519010683, 0.769572871242706, 19.838062561205316, 0.170727740483550, 1.478731578720655, 0.848368283184701, 40.324869666123824, 0.611982047358718}
	for i := range want {
		if math.Abs(got[i]/want[i]-1) > 1e-9 {
			t.Errorf("variance %d is %v, want %v", i, got[i], want[i])
		}
	}
	if math.Abs(df-5.07643770292695) > 1e-9 {
		t.Errorf("df %v, want 5.076", df)
	}
}

// Variances that differ less than chance has it (of the logarithms of 2 degrees of freedom: x < 0 in R for these) are taken for
// equal: each is drawn to the mean, 1.65, with the (8 - 1) x 2 degrees of freedom that all have together: (14 x 1.65 + 2 v) / 16.
func TestModerateEqualVariances(t *testing.T) {
	v := []float64{1.2, 0.8, 2.5, 0.4, 1.7, 0.9, 5.1, 0.6}
	got, df := moderate(v, 2)
	for i := range v {
		if want := (14*1.65 + 2*v[i]) / 16; math.Abs(got[i]-want) > 1e-12 {
			t.Errorf("variance %d is %v, want %v", i, got[i], want)
		}
	}
	if df != 16 {
		t.Errorf("df %v, want 16", df)
	}
	if got, _ := moderate([]float64{1, 0, 2, 1, 1}, 2); got != nil {
		t.Errorf("%v of a variance of 0", got)
	}
}

// R 4.2.2: trigamma(c(0.3, 7)).
func TestTrigamma(t *testing.T) {
	for x, want := range map[float64]float64{0.3: 12.245364546107732, 7: 0.153545177959338} {
		if got := trigamma(x); math.Abs(got/want-1) > 1e-12 {
			t.Errorf("trigamma(%v) is %v, want %v", x, got, want)
		}
		if got := inverseTrigamma(want); math.Abs(got/x-1) > 1e-9 {
			t.Errorf("the inverse at %v is %v, want %v", want, got, x)
		}
	}
}
