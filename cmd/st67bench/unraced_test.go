//go:build !race

package main

import "testing"

// unraced skips a test under the race detector.
func unraced(*testing.T) {}
