package emulator

import "st67bench/transport/emulator/core"

// Inject arms a fault while the module runs: NAME[:ARG][@N[/EVERY]], as in the
// package's list. Its counts and times begin now: drop@1 is the next send,
// deauth@0s is at once. Of the faults without @, which are there all the time, a
// new one replaces the one before: lose:0 ends the loss.
func (m *Module) Inject(fault string) error {
	f, err := core.ParseFault(fault)
	if err != nil {
		return err
	}
	return m.faults.Add(f)
}

// Switch switches a quirk on while the module runs, or off when its name has a
// minus sign before it.
func (m *Module) Switch(quirk string) error {
	return m.quirks.Switch(quirk)
}
