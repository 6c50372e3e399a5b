package bench

import "maps"

// counters are those of the link, and what passed on it: "host_messages" and "host_bytes" that the harness sent, each of
// which wakes a module that sleeps, and "module_messages" and "module_bytes", each of which wakes a host. A message of the
// module is what a silence of 10 ms is before, answers too; on SPI both are transactions, by who began them.
func (r *Rig) counters() map[string]uint64 {
	t := r.Module.Traffic()
	all := map[string]uint64{
		"host_messages": t.HostMessages, "host_bytes": t.HostBytes,
		"module_messages": t.ModuleMessages, "module_bytes": t.ModuleBytes,
	}
	maps.Copy(all, r.Link.Counters())
	return all
}
