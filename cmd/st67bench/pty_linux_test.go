package main

import (
	"os"
	"testing"

	"st67bench/transport/emulator"
)

// openPTY is a pseudo-terminal: its master, and the path of its slave.
func openPTY(t *testing.T) (master *os.File, slave string) {
	t.Helper()
	master, slave, err := emulator.OpenPTY(115200)
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}
