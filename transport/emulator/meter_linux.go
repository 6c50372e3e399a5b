package emulator

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"st67bench/transport/emulator/meter"
)

// ServeMeterPTY offers a meter on a new pseudo-terminal, to one host after the other, until ctx ends or the meter fails.
// When link is not empty it is a symbolic link to it meanwhile. opened is told the path of the terminal: of another one
// after the meter was unplugged, when it is plugged in again.
func ServeMeterPTY(ctx context.Context, link string, m *meter.Meter, opened func(path string)) error {
	for ctx.Err() == nil {
		master, path, err := OpenPTY(Unpaced)
		if err != nil {
			return err
		}
		unlink, err := linkPTY(link, path)
		if err == nil {
			opened(path)
			err = serveMaster(ctx, master, path, m)
			unlink()
		}
		if err = errors.Join(err, master.Close()); err != nil && !errors.Is(err, meter.ErrUnplugged) {
			return err
		}
	}
	return nil
}

// serveMaster serves the hosts that open the slave, which is at path.
func serveMaster(ctx context.Context, master *os.File, path string, m *meter.Meter) error {
	s, err := newPTYStream(master, Unpaced)
	if err != nil {
		return err
	}
	tick := time.NewTicker(ptyPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if s.empty() {
			continue
		}
		if err := master.SetDeadline(time.Time{}); err != nil {
			return err
		}
		if err := m.Serve(ctx, &ptyHost{File: master, slave: path}); err != nil {
			return err
		}
	}
}

// ptyHost is one host at a master, which is there for the next one after Close. A host that has gone is an error of
// Read.
type ptyHost struct {
	*os.File
	slave   string
	writing sync.Mutex
}

func (h *ptyHost) Write(p []byte) (int, error) {
	h.writing.Lock()
	defer h.writing.Unlock()
	return h.File.Write(p)
}

// Close ends pending calls, and forgets what the host has not read: the kernel would keep it for the next one, on the
// slave's side. It waits for a write that was under way, whose end would come after all was forgotten.
func (h *ptyHost) Close() error {
	err := h.SetDeadline(time.Unix(1, 0))
	h.writing.Lock()
	defer h.writing.Unlock()
	slave, failed := os.OpenFile(h.slave, os.O_RDWR|noCTTY|unix.O_NONBLOCK, 0)
	if failed != nil {
		return errors.Join(err, failed)
	}
	defer slave.Close()
	return errors.Join(err, control(slave, func(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH) }))
}
