package wifi

// task is something that goes on beside the AT task until it is done or ended:
// the station's attempts to join, a scan, the SoftAP's stations, the monitor.
type task struct{ stop chan struct{} }

// start ends what is in the slot and begins something new there; false when the
// module is switched off. The caller holds mu.
func (f *Family) start(slot **task, run func(*task)) bool {
	f.end(slot)
	if f.closed {
		return false
	}
	t := &task{stop: make(chan struct{})}
	*slot = t
	f.busy.Go(func() { run(t) })
	return true
}

// end ends what is in the slot. The caller holds mu.
func (f *Family) end(slot **task) {
	if *slot != nil {
		close((*slot).stop)
		*slot = nil
	}
}

// endAll ends everything. The caller holds mu.
func (f *Family) endAll() {
	for _, slot := range []**task{&f.session, &f.missing, &f.scan, &f.softAP, &f.monitor} {
		f.end(slot)
	}
}
