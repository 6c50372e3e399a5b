package inet

// V6 says whether AT+CIPV6 is on; only the AT task may ask.
func (f *Family) V6() bool { return f.v6 }

// Raw says whether the link is in passthrough.
func (f *Family) Raw() bool { return f.raw.Load() }
