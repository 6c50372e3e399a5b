//go:build !linux

package uart

func openLine(c Config) (line, error) { return openLibrary(c) }

// Holder names another process that has the device open. This system has no
// way to tell, so ok is always false.
func Holder(device string) (pid int, program string, ok bool) { return 0, "", false }
