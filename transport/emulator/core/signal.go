package core

// Hear tells how strongly the station hears its access point from now on, in dBm;
// the association goes on.
func (r *Radio) Hear(rssi int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ap.RSSI = rssi
}
