package core

import (
	"time"

	"golang.org/x/sys/unix"
)

// nanosleep sleeps in the kernel: about 50 µs late at most, where a Go timer is
// up to 1 ms late, because the runtime waits for timers in milliseconds of
// epoll. A signal ends it early, which the spin that follows makes good.
func nanosleep(d time.Duration) {
	t := unix.NsecToTimespec(d.Nanoseconds())
	_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &t, nil)
}
