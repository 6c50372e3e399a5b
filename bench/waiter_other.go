//go:build !linux

package bench

import "time"

// nap sleeps for d, or longer where timers are coarse.
func nap(d time.Duration) { time.Sleep(d) }
