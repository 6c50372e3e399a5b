//go:build !race

package power

import "testing"

// unraced skips a test under the race detector.
func unraced(*testing.T) {}
