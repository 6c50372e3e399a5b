package emulator

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ptyPoll is how often the master looks for a host while there is none.
const ptyPoll = 5 * time.Millisecond

// ptyStream is the master of a PTY as the module's end of a line.
type ptyStream struct {
	*os.File
	raw     syscall.RawConn
	baud    int // of the configuration
	wakes   wakes
	plugged atomic.Bool // somebody has the slave open

	mu   sync.Mutex
	line unix.Termios
	poll [1]unix.PollFd
	// Kept functions, because one made for each call would be an allocation.
	readLine, readState func(fd uintptr)
}

func newPTYStream(master *os.File, baud int) (*ptyStream, error) {
	raw, err := master.SyscallConn()
	s := &ptyStream{File: master, raw: raw, baud: baud}
	s.readLine = func(fd uintptr) {
		// On a master this gives the slave's settings.
		_, _, _ = unix.Syscall(unix.SYS_IOCTL, fd, unix.TCGETS2, uintptr(unsafe.Pointer(&s.line)))
	}
	s.readState = func(fd uintptr) {
		s.poll[0] = unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
		_, _ = unix.Poll(s.poll[:], 0)
	}
	return s, err
}

// Rate is the rate that the host has set, or Unpaced when the module was asked
// for that.
func (s *ptyStream) Rate() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.baud == Unpaced || s.raw.Control(s.readLine) != nil || s.line.Ospeed == 0 {
		return s.baud
	}
	return int(s.line.Ospeed)
}

// Wake is the median time from a write to the slave until a Read that waited as
// long has returned.
func (s *ptyStream) Wake(waited time.Duration) time.Duration { return s.wakes.after(waited) }

// RTSCTS says whether the host has switched hardware flow control on.
func (s *ptyStream) RTSCTS() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.raw.Control(s.readLine) == nil && s.line.Cflag&unix.CRTSCTS != 0
}

// empty says whether nobody has the slave open. A closed master is not empty,
// so that the read that follows reports it.
func (s *ptyStream) empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.raw.Control(s.readState) == nil && s.poll[0].Revents&unix.POLLHUP != 0 &&
		s.poll[0].Revents&unix.POLLIN == 0
}

// Read waits for a host, over any number of hosts that come and go.
func (s *ptyStream) Read(p []byte) (int, error) {
	for {
		if !s.empty() {
			s.plugged.Store(true)
			n, err := s.File.Read(p)
			if !errors.Is(err, unix.EIO) {
				return n, err
			}
		}
		s.plugged.Store(false)
		time.Sleep(ptyPoll)
	}
}

// Write loses p while there is no host.
func (s *ptyStream) Write(p []byte) (int, error) {
	if !s.plugged.Load() {
		return len(p), nil
	}
	return s.File.Write(p)
}
