//go:build race

package iperf

// raced says that the race detector is on, under which pools forget.
const raced = true
