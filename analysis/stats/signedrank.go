package stats

import (
	"math"
	"slices"
)

// exactSigns is the largest number of differences for which the distribution
// of the signed ranks is counted. There p of the normal approximation is off by
// at most 0.001.
const exactSigns = 200

// SignedRank returns the two-sided p of Wilcoxon's signed rank test (Biometrics
// Bulletin 1, 1945) that d, the differences of pairs, are symmetric about 0: of
// all ways to set the signs, the share that puts the sum of the positive ranks
// at least as far from its mean as it is. Zeros take ranks, then drop out, and
// ties share theirs (Pratt, Journal of the American Statistical Association 54,
// 1959), as R's coin::wilcoxsign_test(distribution = "exact") by default. It is
// exact up to 200 differences and normal beyond. Nothing but zeros gives 1.
func SignedRank(d []float64) float64 {
	sizes := make([]float64, len(d))
	for i, v := range d {
		sizes[i] = math.Abs(v)
	}
	twice, _ := midranks(sizes)
	var ranks []int
	balance := 0 // of twice the ranks above and below 0
	for i, v := range d {
		switch {
		case v > 0:
			balance += twice[i]
		case v < 0:
			balance -= twice[i]
		default:
			continue
		}
		ranks = append(ranks, twice[i])
	}
	balance = max(balance, -balance)
	if len(ranks) > exactSigns {
		a := signedNormal(ranks) // of twice the sum
		return approximation{a.mean / 2, a.deviation / 2}.beyond(float64(balance) / 4)
	}
	shares := signedSums(ranks)
	far, centre := 0.0, len(shares)-1
	for sum, share := range shares {
		if max(2*sum-centre, centre-2*sum) >= balance {
			far += share
		}
	}
	return min(1, far)
}

// LeastSignedRank returns the smallest p that SignedRank can reach with n
// differences without zeros: all of one sign, 2 of 2^n.
func LeastSignedRank(n int) float64 { return min(1, math.Ldexp(2, -n)) }

// Walsh returns the median of the means of all pairs of d, each value with
// itself too, which estimates their centre of symmetry, and its interval from
// the exact distribution of the signed ranks, as HodgesLehmann does. It is nil
// where all of them cover too little, which for 95 % is below 6 values. Beyond
// 200 values it is approximate. d is not empty.
func Walsh(d []float64, confidence float64) (shift float64, interval *Interval) {
	means := make([]float64, 0, len(d)*(len(d)+1)/2)
	for i, a := range d {
		for _, b := range d[i:] {
			means = append(means, a+(b-a)/2)
		}
	}
	slices.Sort(means)
	shift = Quantile(means, 0.5)
	if len(d) > exactSigns {
		return shift, signedNormal(upTo(len(d))).interval(means, confidence)
	}
	return shift, invert(signedSums(upTo(len(d))), means, confidence)
}

// upTo are the ranks of n values without ties.
func upTo(n int) []int {
	ranks := make([]int, n)
	for i := range ranks {
		ranks[i] = i + 1
	}
	return ranks
}

// signedSums returns, for every sum of some of the ranks, the share of all
// choices that gives it.
func signedSums(ranks []int) []float64 {
	top := 0
	for _, r := range ranks {
		top += r
	}
	shares := make([]float64, top+1)
	shares[0] = 1
	top = 0
	for _, r := range ranks {
		top += r
		for sum := top; sum >= 0; sum-- {
			shares[sum] /= 2
			if sum >= r {
				shares[sum] += shares[sum-r] / 2
			}
		}
	}
	return shares
}

// signedNormal approximates the sum of the positive ranks.
func signedNormal(ranks []int) approximation {
	var sum, squares float64
	for _, r := range ranks {
		sum += float64(r)
		squares += float64(r) * float64(r)
	}
	return approximation{sum / 2, math.Sqrt(squares) / 2}
}
