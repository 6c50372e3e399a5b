package peer

import (
	"os"
	"strconv"
	"strings"
)

// listens says whether a TCP socket of this machine listens on a port.
func listens(port uint16) (yes, known bool) {
	for _, table := range [...]string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		known = true
		for line := range strings.Lines(string(text)) {
			if listensOn(line, port) {
				return true, true
			}
		}
	}
	return false, known
}

// listensOn reads a row of the table: number, local address, remote address, state, of which 0A is LISTEN.
func listensOn(row string, port uint16) bool {
	f := strings.Fields(row)
	if len(f) < 4 || f[3] != "0A" {
		return false
	}
	_, hex, _ := strings.Cut(f[1], ":")
	n, err := strconv.ParseUint(hex, 16, 16)
	return err == nil && uint16(n) == port
}
