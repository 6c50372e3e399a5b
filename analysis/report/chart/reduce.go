package chart

// number is what times are given in.
type number interface{ ~int64 | ~float64 }

// Extremes says which of the values v at ascending times t to draw, so that they look like all of them: the least and
// the greatest of each of most/2 stretches of equal time, the first and the last, as indexes in order of time. There are
// at most most of them, for a most of 4 or more; of as many values or fewer, all. No value is NaN.
//
// A mean or every n-th value would hide what a reader looks for: the one second in which nothing went.
func Extremes[T number](t []T, v []float64, most int) []int {
	kept := make([]int, 0, min(len(v), most))
	if len(v) <= most {
		for i := range v {
			kept = append(kept, i)
		}
		return kept
	}
	add := func(i int) {
		if n := len(kept); n == 0 || i > kept[n-1] {
			kept = append(kept, i)
		}
	}
	add(0)
	last := len(v) - 1
	stretches := float64(max(most/2-1, 1))
	whole := float64(t[last] - t[0])
	stretch := func(i int) int {
		if whole == 0 {
			return 0
		}
		return min(int(float64(t[i]-t[0])/whole*stretches), int(stretches)-1)
	}
	for i := 0; i <= last; {
		least, greatest := i, i
		for of := stretch(i); i <= last && stretch(i) == of; i++ {
			if v[i] < v[least] {
				least = i
			}
			if v[i] > v[greatest] {
				greatest = i
			}
		}
		add(min(least, greatest))
		add(max(least, greatest))
	}
	add(last)
	return kept
}
