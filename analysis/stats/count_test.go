package stats

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// R 4.2.2: binom.test(k, n)$conf.int. No loss in 10: upper end 1 - .025^(1/10).
func TestClopperPearsonKnown(t *testing.T) {
	for _, c := range []struct {
		k, n   int
		lo, hi float64
	}{
		{0, 10, 0, 0.308497107818761},
		{10, 10, 0.691502892181239, 1},
		{3, 20, 0.0320709371854637, 0.378926826545314},
		{1, 100000, 2.53178047793332e-07, 5.57151603477427e-05},
		{999, 1000, 0.994441075720173, 0.999974682512509},
		{12345, 1000000, 0.0121294938256061, 0.0125633376607128},
		{0, 0, 0, 1},
	} {
		nearInterval(t, "probability", ClopperPearson(c.k, c.n), c.lo, c.hi, 1e-10)
	}
}

// R 4.2.2: poisson.test(k, exposure)$conf.int. No event: upper end -ln .025.
func TestPoissonKnown(t *testing.T) {
	for _, c := range []struct {
		k                int
		exposure, lo, hi float64
	}{
		{0, 10, 0, 0.368887945411394},
		{1, 1, 0.0253178079842899, 5.5716433909389},
		{7, 2.5, 1.12574522060795, 5.76907014468095},
		{100, 1e9, 8.13639912509232e-08, 1.21626793792426e-07},
		{12345, 10, 1212.81809078991, 1256.47222069133},
	} {
		nearInterval(t, "rate", PoissonInterval(c.k, c.exposure), c.lo, c.hi, 1e-10)
	}
}

// Summed over all outcomes, exact intervals cover at least 95 % at every truth.
func TestCountsCover(t *testing.T) {
	const n = 23
	var shares, rates []Interval
	for k := range n + 1 {
		shares = append(shares, ClopperPearson(k, n))
	}
	for k := range 60 { // 60 and more have no part above 1e-12 in what follows
		rates = append(rates, PoissonInterval(k, 1))
	}
	coverage := func(intervals []Interval, truth float64, probability func(float64) float64) (sum float64) {
		for k, i := range intervals {
			if i.covers(truth) {
				sum += probability(float64(k))
			}
		}
		return sum
	}
	for p := 0.01; p < 1; p += 0.01 {
		if c := coverage(shares, p, distuv.Binomial{N: n, P: p}.Prob); c < Confidence {
			t.Errorf("probability %v is covered with %v", p, c)
		}
	}
	for rate := 0.1; rate < 20; rate += 0.1 {
		if c := coverage(rates, rate, distuv.Poisson{Lambda: rate}.Prob); c < Confidence {
			t.Errorf("rate %v is covered with %v", rate, c)
		}
	}
}

// Newcombe 1998, Table II, column of method 10, whose first sample is our second:
// 56/70 - 48/80, 9/10 - 3/10, 6/7 - 2/7, 5/56 - 0/29, 0/10 - 0/20, 0/10 - 0/10,
// 10/10 - 0/20, 10/10 - 0/10 to four places; the further ones from Wilson's
// intervals of R 4.2.2, prop.test(k, n, correct = FALSE)$conf.int.
func TestNewcombeKnown(t *testing.T) {
	for _, c := range []struct {
		k1, n1, k2, n2 int
		lo, hi         float64
	}{
		{48, 80, 56, 70, 0.0524314724023649, 0.333872654036906},
		{3, 10, 9, 10, 0.170522723934503, 0.809017973535488},
		{2, 7, 6, 7, 0.0582279274823123, 0.806249637524228},
		{0, 29, 5, 56, -0.0381371479035369, 0.192560013855112},
		{0, 20, 0, 10, -0.161125158052819, 0.277532799862889},
		{0, 10, 0, 10, -0.277532799862889, 0.277532799862889},
		{0, 20, 10, 10, 0.679086037141915, 1},
		{0, 10, 10, 10, 0.607509350430524, 1},
		{5, 100000, 17, 100000, 2.74086833973025e-05, 0.00022618870658248},
	} {
		nearInterval(t, "difference", Newcombe(c.k1, c.n1, c.k2, c.n2, Confidence), c.lo, c.hi, 1e-9)
		swapped := Newcombe(c.k2, c.n2, c.k1, c.n1, Confidence)
		nearInterval(t, "difference, swapped", swapped, -c.hi, -c.lo, 1e-9)
	}
}

// R 4.2.2: fisher.test(matrix(c(k1, n1-k1, k2, n2-k2), 2))$p.value.
func TestFisherKnown(t *testing.T) {
	for _, c := range []struct {
		k1, n1, k2, n2 int
		want           float64
	}{
		{3, 10, 9, 10, 0.0197666110978804},
		{48, 80, 56, 70, 0.0125211297492092},
		{0, 10, 0, 10, 1},
		{0, 1000, 5, 1000, 0.0621875785163488},
		{5, 100000, 17, 100000, 0.0168946693977517},
		{1, 24, 10, 23, 0.00179741435579527},
		{100, 1000, 400, 1000, 1.3453337977567e-56},
		{0, 0, 3, 10, 1},
	} {
		near(t, "p", Fisher(c.k1, c.n1, c.k2, c.n2), c.want, 1e-9)
		near(t, "p, swapped", Fisher(c.k2, c.n2, c.k1, c.n1), c.want, 1e-9)
	}
}

// R 4.2.2: poisson.test(c(k2, k1), c(t2, t1)).
func TestRateRatioKnown(t *testing.T) {
	for _, c := range []struct {
		k1               int
		t1               float64
		k2               int
		t2               float64
		ratio, lo, hi, p float64
	}{
		{11, 800, 23, 1011, 1.65452747055121, 0.774803776332917, 3.7594297489668, 0.226204339171066},
		{0, 10, 4, 10, math.Inf(1), 0.660124019360094, math.Inf(1), 0.125},
		{4, 10, 0, 20, 0, 0, 0.757433429682935, 0.0123456790123457},
		{7, 1, 7, 2, 0.5, 0.1496548409053, 1.67051061287218, 0.254795922783526},
		{100, 5, 180, 5, 1.8, 1.40192072875791, 2.32212629256054, 2.01450649605635e-06},
		{2000, 100, 2500, 100, 1.25, 1.17814650895689, 1.32636525465434, 9.60884159127357e-14},
		{0, 10, 0, 10, 1, 0, math.Inf(1), 1},
	} {
		ratio, i, p := RateRatio(c.k1, c.t1, c.k2, c.t2)
		near(t, "ratio", ratio, c.ratio, 1e-13)
		nearInterval(t, "ratio", i, c.lo, c.hi, 1e-9)
		near(t, "p", p, c.p, 1e-9)
	}
}
