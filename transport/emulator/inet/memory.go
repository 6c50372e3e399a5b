package inet

// Memory is how many bytes of the heap and of the TCP/IP stack's heap the
// connections hold, and what the fault `leak` has left taken. What a connection, a
// socket and a TLS session take beside the receive buffer are estimates.
func (f *Family) Memory() (heap, stack int) {
	const control, tls, socket = 512, 40 << 10, 1024
	f.mu.Lock()
	defer f.mu.Unlock()
	heap = f.leaked
	for id, l := range f.links {
		if l == nil {
			continue
		}
		heap += control + f.buffers[id]
		stack += socket
		if l.raw != l.conn {
			heap += tls
		}
	}
	return heap, stack
}
