//go:build !linux

package emulator

import (
	"context"
	"errors"

	"st67bench/transport/emulator/meter"
)

// PTY needs Linux.
func (m *Module) PTY(string) (string, error) {
	return "", errors.New("an emulated module behind a PTY needs Linux; here use link=memory, or link=tcp for other programs")
}

// LogPTY needs Linux.
func (m *Module) LogPTY(string) (string, error) {
	return "", errors.New("a log port behind a PTY needs Linux")
}

// ServeMeterPTY needs Linux.
func ServeMeterPTY(context.Context, string, *meter.Meter, func(string)) error {
	return errors.New("an emulated meter behind a PTY needs Linux; here offer it over TCP")
}
