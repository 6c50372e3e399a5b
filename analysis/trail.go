package analysis

import "time"

// Trail is a series as it went, thinned evenly when it gets long, so that a repeat of days needs no more memory than one of
// minutes.
type Trail struct {
	Most  int // values kept; beyond it every other, and so on
	T     []time.Duration
	V     []float64
	Every int // one of so many samples is kept
	seen  int
}

// Add takes the next sample.
func (l *Trail) Add(t time.Duration, v float64) {
	l.Every = max(l.Every, 1)
	if l.seen++; (l.seen-1)%l.Every != 0 {
		return
	}
	l.T, l.V = append(l.T, t), append(l.V, v)
	if len(l.V) < l.Most {
		return
	}
	for i := range len(l.V) / 2 {
		l.T[i], l.V[i] = l.T[2*i], l.V[2*i]
	}
	l.T, l.V, l.Every = l.T[:len(l.T)/2], l.V[:len(l.V)/2], 2*l.Every
}
