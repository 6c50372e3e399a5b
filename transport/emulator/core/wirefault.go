package core

// FrameHit is what the faults do to one transaction of the SPI link.
type FrameHit struct {
	Stall, OldMagic, LostBit bool
	Header, Body             int // offset of the byte whose lowest bit is inverted, in header and payload; -1: none
}

// Frame counts a transaction in which the module sends n bytes of payload, and
// says what happens to it.
func (f *Faults) Frame(n int) FrameHit {
	hit := FrameHit{Header: -1, Body: -1}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count[aTransaction]++
	for _, a := range f.armed {
		if a.counts() == aTransaction && f.frameDue(a, n, &hit) {
			f.injected[a.Name]++
			f.markFrame(a, n, &hit)
		}
	}
	return hit
}

// frameDue says whether a hits the transaction at hand. One that another fault
// of its kind hits already, or that is too short, is left to the next.
func (f *Faults) frameDue(a *armed, n int, hit *FrameHit) bool {
	switch a.kind {
	case stall:
		if !hit.Stall && a.left == 0 && a.on(aTransaction, f.count[aTransaction]) {
			a.left = max(a.count, 1)
		}
		if hit.Stall || a.left == 0 {
			return false
		}
		a.left--
		return true
	case flipHeader:
		if hit.Header >= 0 {
			return false
		}
	case flipBody:
		if hit.Body >= 0 || max(a.offset, 0) >= n {
			return false
		}
	}
	return a.on(aTransaction, f.count[aTransaction])
}

// markFrame notes in hit what a does to a frame of n bytes.
func (f *Faults) markFrame(a *armed, n int, hit *FrameHit) {
	switch a.kind {
	case stall:
		hit.Stall = true
	case oldMagic:
		hit.OldMagic = true
	case lostBit:
		hit.LostBit = true
	case flipHeader:
		hit.Header = f.place(a.offset, headerBytes)
	case flipBody:
		hit.Body = f.place(a.offset, n)
	}
}

// place is an offset, drawn from the seed among the first n when it is not given.
func (f *Faults) place(offset, n int) int {
	if offset < 0 {
		return f.rng.IntN(n)
	}
	return offset
}

// Edge counts a change of RDY and says whether it goes unseen.
func (f *Faults) Edge() bool { return f.strike(anEdge, lostEdge) }
