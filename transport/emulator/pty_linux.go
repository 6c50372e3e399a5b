package emulator

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// PTY puts the module behind a new pseudo-terminal and returns the path of its
// slave, which any program opens as a serial port. The line is paced at the
// rate that the slave is set to; it starts raw, at Config.Baud. While nobody has
// the slave open, what the module says is lost, as on a real line. When link is
// not empty it becomes a symbolic link to the slave until Close; an existing
// link to a terminal that is gone is replaced.
func (m *Module) PTY(link string) (string, error) {
	baud := m.settings().Baud
	master, path, err := OpenPTY(baud)
	if err != nil {
		return "", err
	}
	s, err := newPTYStream(master, baud)
	if err == nil {
		s.wakes, err = measureWakes(master, path)
	}
	if err == nil {
		err = m.linkTo(link, path)
	}
	if err == nil {
		_, err = m.attach(s)
	}
	if err != nil {
		master.Close()
		return "", err
	}
	return path, nil
}

// linkTo makes the symbolic link, if one was asked for, and notes that Close
// has to remove it.
func (m *Module) linkTo(link, path string) error {
	unlink, err := linkPTY(link, path)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.undo = append(m.undo, unlink)
	return nil
}

// linkPTY makes a symbolic link to a terminal, unless link is empty; an existing link to a terminal is replaced.
func linkPTY(link, path string) (unlink func(), err error) {
	if link == "" {
		return func() {}, nil
	}
	if old, err := os.Readlink(link); err == nil && strings.HasPrefix(old, "/dev/pts/") {
		if err := os.Remove(link); err != nil {
			return nil, fmt.Errorf("replace the link to %s: %w", old, err)
		}
	}
	if err := os.Symlink(path, link); err != nil {
		return nil, fmt.Errorf("link to the emulated terminal: %w; choose another name", err)
	}
	return func() {
		if now, err := os.Readlink(link); err == nil && now == path {
			os.Remove(link)
		}
	}, nil
}

// OpenPTY makes a pseudo-terminal, raw and at baud bit/s (B38400 for Unpaced),
// and returns its master and the path of its slave. The master is in
// non-blocking mode, so Close ends a pending Read or Write.
func OpenPTY(baud int) (master *os.File, slave string, err error) {
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|noCTTY, 0)
	if err != nil {
		return nil, "", fmt.Errorf("open a pseudo-terminal: %w", err)
	}
	n, err := unlockPTY(master)
	if err == nil {
		slave = "/dev/pts/" + strconv.Itoa(n)
		err = setRaw(slave, baud)
	}
	if err != nil {
		return nil, "", fmt.Errorf("set up a pseudo-terminal: %w", errors.Join(err, master.Close()))
	}
	return master, slave, nil
}
