package emulator

import (
	"fmt"
	"os"
	"slices"
	"time"
)

// Measuring a wake-up: wakeRounds bytes, one every wakeGap, which is long
// enough for the reader to fall asleep.
const (
	wakeRounds = 41
	wakeGap    = 300 * time.Microsecond
)

// measureWake returns how long it takes, from a write to the slave of a new
// pseudo-terminal, until a Read that waits on its master has returned: the tenth
// percentile, so that bytes are hardly ever dated before they were written.
func measureWake(master *os.File, slave string) (time.Duration, error) {
	host, err := os.OpenFile(slave, os.O_WRONLY|noCTTY, 0)
	if err != nil {
		return 0, fmt.Errorf("measure the pseudo-terminal: %w", err)
	}
	defer host.Close()
	read := make(chan time.Time, 1)
	go func() {
		defer close(read)
		var b [1]byte
		for range wakeRounds {
			if _, err := master.Read(b[:]); err != nil {
				return
			}
			read <- time.Now()
		}
	}()
	var took []time.Duration
	for range wakeRounds {
		time.Sleep(wakeGap)
		wrote := time.Now()
		if _, err := host.Write([]byte{0}); err != nil {
			return 0, fmt.Errorf("measure the pseudo-terminal: %w", err)
		}
		at, ok := <-read
		if !ok {
			return 0, fmt.Errorf("measure the pseudo-terminal: its master ended")
		}
		took = append(took, at.Sub(wrote))
	}
	slices.Sort(took)
	return took[len(took)/10], nil
}
