package emulator

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"st67bench/transport/emulator/core"
)

// wakeGaps are the waits for which a wake-up is measured: a processor that has
// been idle for longer takes longer to wake. wakeRounds is how often each is.
var wakeGaps = [...]time.Duration{50 * time.Microsecond, 500 * time.Microsecond, 5 * time.Millisecond}

const wakeRounds = 21

// wakes has the median wake-up after each of wakeGaps.
type wakes [len(wakeGaps)]time.Duration

// after is the wake-up of a Read that has waited for so long.
func (w wakes) after(waited time.Duration) time.Duration {
	for i, gap := range wakeGaps {
		if waited < 3*gap { // about half way to the next gap, which is ten times as long
			return w[i]
		}
	}
	return w[len(w)-1]
}

// measureWakes measures how long it takes, from a write to the slave of a new
// pseudo-terminal, until a Read that waits on its master has returned.
func measureWakes(master *os.File, slave string) (w wakes, err error) {
	host, err := os.OpenFile(slave, os.O_WRONLY|noCTTY, 0)
	if err != nil {
		return w, fmt.Errorf("measure the pseudo-terminal: %w", err)
	}
	defer host.Close()
	read := make(chan time.Time, 1)
	go func() {
		defer close(read)
		var b [1]byte
		for range wakeRounds * len(wakeGaps) {
			if _, err := master.Read(b[:]); err != nil {
				return
			}
			read <- time.Now()
		}
	}()
	for i, gap := range wakeGaps {
		if w[i], err = medianWake(host, read, gap); err != nil {
			return w, fmt.Errorf("measure the pseudo-terminal: %w", err)
		}
	}
	return w, nil
}

// medianWake writes one byte after each gap and takes the median of the times until it was read.
func medianWake(host *os.File, read <-chan time.Time, gap time.Duration) (time.Duration, error) {
	clock := core.NewClock()
	var took []time.Duration
	for range wakeRounds {
		clock.Sleep(time.Now().Add(gap), nil) // a timer of the runtime would be a millisecond late
		wrote := time.Now()
		if _, err := host.Write([]byte{0}); err != nil {
			return 0, err
		}
		at, ok := <-read
		if !ok {
			return 0, errors.New("its master ended")
		}
		took = append(took, at.Sub(wrote))
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}
