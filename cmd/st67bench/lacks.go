package main

import "os/exec"

// lacking are the needs of the scenario that neither the rig file nor this machine meets, with what to do about it.
func (m *measurement) lacking(s *session) []string {
	var lacks []string
	for _, need := range m.rig.Lacks(m.scenario.Needs) {
		switch need {
		case "iperf", "iperf3":
			_, err := exec.LookPath(need)
			if err == nil || m.rig.Peer.Via != "" { // a remote peer has its own, or says that it has none
				continue
			}
			need += ": sudo apt-get install " + need
		case "ble-peer":
			need = "second module: neighbour: in the rig file"
		case "mqtt":
			continue // below: local may be in the rig file, and no mosquitto here
		}
		lacks = append(lacks, need)
	}
	if s.broker == nil && needs(m.scenario, "mqtt") {
		lacks = append(lacks, brokerTodo)
	}
	return lacks
}
