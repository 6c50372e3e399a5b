package wifi

// choose picks the access point that a join tries: the one that is heard best
// among those that fit. reason is why it will not let the station in, 0 when it
// will. The caller holds mu.
func (f *Family) choose(to network) (best AccessPoint, reason int) {
	best = AccessPoint{Join: joinTime}
	reason = noBSSID
	for _, ap := range f.air.now().AccessPoints {
		fits := ap.SSID == to.SSID && (to.BSSID == "" || to.BSSID == ap.BSSID)
		if !fits || ap.Off || ap.Channel > f.channels() || reason != noBSSID && ap.RSSI <= best.RSSI {
			continue
		}
		best, reason = ap, f.refusal(to, ap)
	}
	return best, reason
}

// refusal is why an access point does not let the station in, 0 when it does.
// The caller holds mu.
func (f *Family) refusal(to network, ap AccessPoint) int {
	switch {
	case ap.Refuse != 0:
		return ap.Refuse
	case f.set.StaProto&protocolBits(ap.Protocol) == 0:
		return assocFailed
	case ap.Security == WEP || to.WEP:
		return wepRefusal(to, ap)
	case ap.Security == Enterprise, (to.Password == "") != (ap.Security == Open):
		return securityMismatch
	case to.PMF == 3 && (ap.Security == Open || ap.Security == WPA):
		return securityMismatch
	case to.Password == ap.Password:
		return 0
	case ap.Security == WPA3:
		return authFailed
	default:
		return handshakeTimeout
	}
}

// wepRefusal is refusal when either side wants WEP.
func wepRefusal(to network, ap AccessPoint) int {
	switch {
	case ap.Security != WEP || !to.WEP:
		return securityMismatch
	case len(to.Password) != 5 && len(to.Password) != 10 && len(to.Password) != 13 && len(to.Password) != 26:
		return wepKeyLength
	case to.Password != ap.Password:
		return algorithmRefused
	}
	return 0
}
