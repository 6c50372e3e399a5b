package bench

import (
	"time"

	"golang.org/x/sys/unix"
)

// nap sleeps for d, or less when a signal comes, by the system's own timer: to some 60 µs.
func nap(d time.Duration) {
	t := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&t, nil)
}
