package stats

import (
	"math"
	"testing"
)

// The data sets Lew (deflections of a beam, 200 values) and Michelso (the speed of light, 299 000 km/s and these, 100 values) of
// the Statistical Reference Datasets of NIST, https://www.itl.nist.gov/div898/strd, which certify mean, standard deviation and
// lag-1 autocorrelation. They are in the public domain.
var (
	lew = []float64{
		-213, -564, -35, -15, 141, 115, -420, -360, 203, -338, -431, 194, -220, -513, 154, -125, -559, 92,
		-21, -579, -52, 99, -543, -175, 162, -457, -346, 204, -300, -474, 164, -107, -572, -8, 83, -541,
		-224, 180, -420, -374, 201, -236, -531, 83, 27, -564, -112, 131, -507, -254, 199, -311, -495, 143,
		-46, -579, -90, 136, -472, -338, 202, -287, -477, 169, -124, -568, 17, 48, -568, -135, 162, -430,
		-422, 172, -74, -577, -13, 92, -534, -243, 194, -355, -465, 156, -81, -578, -64, 139, -449, -384,
		193, -198, -538, 110, -44, -577, -6, 66, -552, -164, 161, -460, -344, 205, -281, -504, 134, -28,
		-576, -118, 156, -437, -381, 200, -220, -540, 83, 11, -568, -160, 172, -414, -408, 188, -125, -572,
		-32, 139, -492, -321, 205, -262, -504, 142, -83, -574, 0, 48, -571, -106, 137, -501, -266, 190,
		-391, -406, 194, -186, -553, 83, -13, -577, -49, 103, -515, -280, 201, 300, -506, 131, -45, -578,
		-80, 138, -462, -361, 201, -211, -554, 32, 74, -533, -235, 187, -372, -442, 182, -147, -566, 25,
		68, -535, -244, 194, -351, -463, 174, -125, -570, 15, 72, -550, -190, 172, -424, -385, 198, -218,
		-536, 96,
	}
	michelson = []float64{
		850, 740, 900, 1070, 930, 850, 950, 980, 980, 880, 1000, 980, 930, 650, 760, 810, 1000, 1000, 960, 960,
		960, 940, 960, 940, 880, 800, 850, 880, 900, 840, 830, 790, 810, 880, 880, 830, 800, 790, 760, 800,
		880, 880, 880, 860, 720, 720, 620, 860, 970, 950, 880, 910, 850, 870, 840, 840, 850, 840, 840, 840,
		890, 810, 810, 820, 800, 770, 760, 740, 750, 760, 910, 920, 890, 860, 880, 720, 840, 850, 850, 780,
		890, 840, 780, 810, 760, 810, 790, 810, 820, 850, 870, 870, 810, 740, 810, 940, 950, 800, 810, 870,
	}
)

// alternating is a data set NumAcc of NIST: offset + 0.2, then 500 times offset + 0.1 and offset + 0.3.
func alternating(offset float64) []float64 {
	x := []float64{offset + 0.2}
	for range 500 {
		x = append(x, offset+0.1, offset+0.3)
	}
	return x
}

// digits is to how many digits got is want, at most 15.
func digits(got, want float64) float64 {
	if got == want {
		return 15
	}
	return min(15, -math.Log10(math.Abs(got-want)/math.Abs(want)))
}

// The certified values. NumAcc4 cannot do better than its own digits: 10 000 000.2 and 0.1 leave 8.
func TestNIST(t *testing.T) {
	light := make([]float64, len(michelson))
	for i, v := range michelson {
		light[i] = (299000 + v) / 1000
	}
	for _, c := range []struct {
		name                  string
		x                     []float64
		mean, deviation, lag1 float64
		least                 float64
	}{
		{"Lew", lew, -177.435, 277.332168044316, -0.307304800605679, 13.5},
		{"Michelso", light, 299.852400000000, 0.0790105478190518, 0.535199668621283, 12},
		{"NumAcc3", alternating(1e6), 1000000.2, 0.1, -0.999, 9},
		{"NumAcc4", alternating(1e7), 10000000.2, 0.1, -0.999, 8},
	} {
		s := Describe(c.x)
		if d := digits(s.Mean, c.mean); d < 13.5 {
			t.Errorf("%s: mean %v, %.1f digits of %v", c.name, s.Mean, d, c.mean)
		}
		if d := digits(s.Deviation, c.deviation); d < c.least {
			t.Errorf("%s: deviation %v, %.1f digits of %v", c.name, s.Deviation, d, c.deviation)
		}
		if d := digits(Deviation(c.x), c.deviation); d < c.least {
			t.Errorf("%s: Deviation %v, %.1f digits of %v", c.name, Deviation(c.x), d, c.deviation)
		}
		if d := digits(Lag1(c.x), c.lag1); d < c.least {
			t.Errorf("%s: lag-1 autocorrelation %v, %.1f digits of %v", c.name, Lag1(c.x), d, c.lag1)
		}
	}
}

// R 4.2: s <- 12345; for (i in 1:200) {s <- (s*16807) %% 2147483647; u[i] <- s/2147483647 - .5};
// acf(filter(u, .7, method = "recursive"), plot = FALSE, lag.max = 3)$acf.
func TestAutocovariancesOfR(t *testing.T) {
	x, s, v := make([]float64, 200), 12345.0, 0.0
	for i := range x {
		s = math.Mod(s*16807, 2147483647)
		v = 0.7*v + s/2147483647 - 0.5
		x[i] = v
	}
	got := autocovariances(x)
	for lag, want := range []float64{1, 0.6882905316525223, 0.4804669514585913, 0.3421277862200774} {
		if math.Abs(got[lag]/got[0]-want) > 1e-12 {
			t.Errorf("lag %d: %v, R has %v", lag, got[lag]/got[0], want)
		}
	}
	if math.Abs(Lag1(x)-0.6882905316525223) > 1e-13 {
		t.Errorf("Lag1 %v", Lag1(x))
	}
}

// By hand: covariances 4, 2, 1, 0.5, 0.75, -0.25, 0.2, -0.3 have the pairs 6, 1.5, 0.5 and -0.1, which ends them: 2 x 8 / 4 - 1
// = 3. When the second pair is 7 it counts 6, as the first: 2 x 12.5 / 4 - 1 = 5.25.
func TestMonotone(t *testing.T) {
	for _, c := range []struct {
		covariances []float64
		want        float64
	}{
		{[]float64{4, 2, 1, 0.5, 0.75, -0.25, 0.2, -0.3}, 3},
		{[]float64{4, 2, 4, 3, 0.75, -0.25, 0.2, -0.3}, 5.25},
		{[]float64{4, -4, 3, -2}, -1},
	} {
		if got := monotone(c.covariances); got != c.want {
			t.Errorf("%v: %v, want %v", c.covariances, got, c.want)
		}
	}
}

func TestLag1OfFew(t *testing.T) {
	for _, x := range [][]float64{nil, {3}, {3, 3, 3}} {
		if r := Lag1(x); r != 0 {
			t.Errorf("%v: %v", x, r)
		}
	}
}
