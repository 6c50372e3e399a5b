package energy

// maxWakes bounds the list of wakes: 29 hours at a wake every 102.4 ms.
const maxWakes = 1 << 20

// wake is one time awake, in samples and A x samples. There may be a million of them: 32 bytes each.
type wake struct {
	on, off int64   // first sample, and the one after the last
	before  float64 // charge of all samples before it
	charge  float32 // all of it, the floor below included
	began   bool    // its begin was seen
	ended   bool    // its end was seen
}

// wakeList makes wakes of pieces of time asleep and awake.
type wakeList struct {
	minOn, merge int64 // samples

	list   []wake
	more   int64 // wakes that found no place in the list
	before bool  // the samples begin awake
	in     bool  // a wake is under way
	now    wake
	charge float64 // of it
	nap    int64   // samples since it may have ended
	napSum float64
	total  compensated // charge of all samples so far
}

func (l *wakeList) awake(from, n int64, sum float64) {
	if !l.in {
		l.in, l.charge, l.now = true, 0, wake{on: from, before: l.total.value(), began: !l.before}
	}
	l.before = false
	l.charge += l.napSum + sum
	l.now.off = from + n
	l.nap, l.napSum = 0, 0
	l.total.add(sum)
}

func (l *wakeList) asleep(n int64, sum float64) {
	l.total.add(sum)
	if !l.in {
		return
	}
	l.nap += n
	l.napSum += sum
	if l.nap >= l.merge {
		l.now.ended = true
		l.end()
	}
}

// cut ends a wake of which the end is not seen.
func (l *wakeList) cut() {
	if l.in {
		l.end()
	}
}

func (l *wakeList) end() {
	if l.now.off-l.now.on >= l.minOn {
		l.now.charge = float32(l.charge)
		if len(l.list) < maxWakes {
			l.list = append(l.list, l.now)
		} else {
			l.more++
		}
	}
	l.in, l.nap, l.napSum = false, 0, 0
}
