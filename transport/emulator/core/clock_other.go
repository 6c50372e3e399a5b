//go:build !linux

package core

import "time"

func nanosleep(d time.Duration) { time.Sleep(d) }
