//go:build !race

package emulator

import "testing"

// unraced skips a test under the race detector.
func unraced(*testing.T) {}
