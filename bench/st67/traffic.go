package st67

import "st67bench/transport/at"

// Traffic is that of the dialog, so that callers need not know it.
type Traffic = at.Traffic

// Traffic is what has passed between host and module since the module was opened.
func (m *Module) Traffic() Traffic { return m.s.Traffic() }
