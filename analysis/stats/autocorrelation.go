package stats

import (
	"math/bits"

	"gonum.org/v1/gonum/dsp/fourier"
)

// leastMonotone is how many values Geyer's estimate needs: on fewer it is too small too often.
const leastMonotone = 100

// Lag1 returns the lag-1 autocorrelation of x: the sum of the products of neighbouring deviations from the mean by the sum of
// their squares. 0 for fewer than two values and for equal ones.
func Lag1(x []float64) float64 {
	if len(x) < 2 {
		return 0
	}
	mean, last := Mean(x), 0.0
	products, squares := 0.0, 0.0
	for _, v := range x {
		d := v - mean
		products += last * d
		squares += d * d
		last = d
	}
	if squares == 0 {
		return 0
	}
	return products / squares
}

// autoregressive is the integrated autocorrelation time, in values, of n values with lag-1 autocorrelation r.
func autoregressive(r, n float64) float64 {
	r = min(r+(1+4*r)/n, (n-1)/(n+1)) // that is n values
	return (1 + r) / (1 - r)
}

// autocovariances returns those of x, with n in the denominator, for all lags from 0 on.
func autocovariances(x []float64) []float64 {
	n := len(x)
	padded := make([]float64, 1<<bits.Len(uint(2*n-1)))
	mean := Mean(x)
	for i, v := range x {
		padded[i] = v - mean
	}
	fft := fourier.NewFFT(len(padded))
	spectrum := fft.Coefficients(nil, padded)
	for i, c := range spectrum {
		spectrum[i] = complex(real(c)*real(c)+imag(c)*imag(c), 0)
	}
	out := fft.Sequence(padded, spectrum)[:n]
	for i := range out {
		out[i] /= float64(len(padded)) * float64(n)
	}
	return out
}

// monotone is Geyer's initial monotone sequence estimate of the integrated autocorrelation time: sums of two neighbouring
// autocovariances are positive and fall; where they no longer do, there is only noise.
func monotone(covariances []float64) float64 {
	sum, last := 0.0, 0.0
	for m := 0; m+1 < len(covariances); m += 2 {
		pair := covariances[m] + covariances[m+1]
		if pair <= 0 {
			break
		}
		if m > 0 {
			pair = min(pair, last)
		}
		sum += pair
		last = pair
	}
	return 2*sum/covariances[0] - 1
}
