//go:build race

package emulator

import "testing"

// unraced leaves a test to the pass of .ci/checks without the race detector, under which it takes ten times as long: it computes
// in virtual time, and what it runs is run under the detector by shorter tests.
func unraced(t *testing.T) {
	t.Helper()
	t.Skip("computes for long under the race detector: .ci/checks runs it without")
}
