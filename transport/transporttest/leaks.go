package transporttest

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// usage is what a process held at one moment.
type usage struct {
	goroutines  goleak.Option
	descriptors map[string]string // number to target; empty where /proc/self/fd is not there
}

func inUse() usage {
	return usage{goleak.IgnoreCurrent(), descriptors()}
}

// descriptors lists what is open. The descriptor of the listing itself is gone
// when its link is read, so it drops out.
func descriptors() map[string]string {
	open := map[string]string{}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return open
	}
	for _, e := range entries {
		if target, err := os.Readlink(filepath.Join("/proc/self/fd", e.Name())); err == nil {
			open[e.Name()] = target
		}
	}
	return open
}

// compare fails the test when something is in use that was not before. What
// ends by itself a little later is waited for.
func (u usage) compare(t *testing.T) {
	t.Helper()
	end := time.Now().Add(patience)
	left := u.left()
	for len(left) > 0 && time.Now().Before(end) {
		time.Sleep(10 * time.Millisecond)
		left = u.left()
	}
	for number, target := range left {
		t.Errorf("descriptor %s (%s) was left open", number, target)
	}
	for time.Now().Before(end) && goleak.Find(u.goroutines) != nil {
		time.Sleep(10 * time.Millisecond)
	}
	if err := goleak.Find(u.goroutines); err != nil {
		t.Errorf("goroutines were left behind: %v", err)
	}
}

// left is what is open now beyond what was: more descriptors, whatever their
// numbers.
func (u usage) left() map[string]string {
	now := descriptors()
	if len(now) <= len(u.descriptors) {
		return nil
	}
	for number, target := range u.descriptors {
		if now[number] == target {
			delete(now, number)
		}
	}
	return now
}

// leaks opens pairs, closes them with calls in flight, and lets Run's own check
// find what stayed. One descriptor a round cannot hide behind one that the
// runtime closed meanwhile.
func leaks(t *testing.T, open func(*testing.T) Pair, _ Features) {
	for range 10 {
		ok := t.Run("round", func(t *testing.T) {
			p := ready(t, open)
			read := start(func() error {
				_, err := p.Conn.Read(make([]byte, 16))
				return err
			})
			p.Conn.SetReadDeadline(time.Now().Add(time.Hour)) // a timer that Close has to stop
			p.Conn.SetWriteDeadline(time.Now().Add(time.Hour))
			p.Conn.Close()
			wantClosed(t, "the pending Read", finish(t, "the pending Read after Close", read))
		})
		if !ok {
			return
		}
	}
}
