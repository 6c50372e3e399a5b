package st67

import "context"

// Wake is how a module that sleeps is woken where its link does not do it: a serial line does not, the SPI link does by CS.
type Wake struct {
	Pin   int                             // of the chip, 16 or 28 (manual 7.1.2)
	Pulse func(ctx context.Context) error // a high level on it; the module is up when it returns
}

// asleep follows whether the module may sleep: then it is woken before whatever comes after a silence.
func (m *Module) asleep(may bool) {
	if may {
		m.s.SetWake(m.o.Wake.Pulse)
	} else {
		m.s.SetWake(nil)
	}
}
