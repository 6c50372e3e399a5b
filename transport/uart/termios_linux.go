package uart

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// termiosLine is a serial line of the Linux kernel. The descriptor is
// non-blocking and in the runtime's poller, which gives deadlines, whole writes
// and a Close that wakes everyone. It is reached by SyscallConn only: File.Fd
// would switch it back to blocking.
type termiosLine struct {
	f       *os.File
	device  string
	baud    int // as read back
	latency latency
	atOpen  icounter // the driver's totals
	counts  bool     // the driver has such totals
}

func openLine(c Config) (line, error) {
	f, err := os.OpenFile(c.Device, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, openError(c.Device, err)
	}
	l := &termiosLine{f: f, device: c.Device}
	if err := l.control(func(fd int) error { return l.setUp(fd, c) }); err != nil {
		f.Close()
		return nil, err
	}
	return l, nil
}

// setUp makes a fresh descriptor ours and the line the one that was asked for.
func (l *termiosLine) setUp(fd int, c Config) error {
	if _, err := unix.IoctlGetTermios(fd, unix.TCGETS2); err != nil {
		return fmt.Errorf("open %s: this is not a serial line: %w", c.Device, err)
	}
	if err := claim(fd, c.Device); err != nil {
		return err
	}
	baud, err := configure(fd, c)
	if err != nil {
		unix.IoctlSetInt(fd, unix.TIOCNXCL, 0)
		return err
	}
	l.baud = baud
	l.latency = lowerLatency(fd, filepath.Join(sysTTY(c.Device), "device", "latency_timer"))
	l.atOpen, l.counts = readCounters(fd)
	return nil
}

// claim makes the line exclusive. TIOCEXCL stops everyone but root; the lock
// stops root's programs that take one too; who was there before either is found
// by looking. The slave side of a pseudo-terminal is often held open by the
// program behind it, so that is no conflict.
func claim(fd int, device string) error {
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return openError(device, unix.EBUSY)
	}
	if !isPTY(fd) {
		if _, _, held := Holder(device); held {
			return openError(device, unix.EBUSY)
		}
	}
	if err := unix.IoctlSetInt(fd, unix.TIOCEXCL, 0); err != nil {
		return fmt.Errorf("open %s: taking it exclusively: %w", device, err)
	}
	return nil
}

// isPTY tells by the device number: the kernel's majors 136 to 143 are the
// slave sides (Documentation/admin-guide/devices.txt).
func isPTY(fd int) bool {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return false
	}
	major := unix.Major(uint64(st.Rdev))
	return major >= 136 && major <= 143
}

// configure sets raw mode, rate and flow control in one step, checks them, and
// drops what had been received before. It returns the real rate in bit/s.
func configure(fd int, c Config) (int, error) {
	if err := unix.IoctlSetTermios(fd, unix.TCSETS2, settings(c)); err != nil {
		return 0, fmt.Errorf("open %s: the driver does not take %d bit/s with flow %s: %w", c.Device, c.Baud, c.Flow, err)
	}
	baud, err := verify(fd, c)
	if err != nil {
		return 0, err
	}
	if err := unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH); err != nil {
		return 0, fmt.Errorf("open %s: dropping stale input: %w", c.Device, err)
	}
	return baud, nil
}

// settings is the raw 8N1 line. An input rate of B0 (no CIBAUD bits) means "as
// the output rate". HUPCL stays off, so that closing the line does not drop
// DTR, which many boards wire to the module's reset.
func settings(c Config) *unix.Termios {
	t := &unix.Termios{Cflag: unix.CS8 | unix.CREAD | unix.CLOCAL | unix.BOTHER, Ispeed: uint32(c.Baud), Ospeed: uint32(c.Baud)}
	if c.Flow == FlowRTSCTS {
		t.Cflag |= unix.CRTSCTS
	}
	t.Cc[unix.VMIN] = 1
	return t
}

// verify reads the line's settings back. Drivers accept a rate that they cannot
// make and silently run at another: ftdi_sio took 12000000 and ran at 9600.
func verify(fd int, c Config) (int, error) {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS2)
	if err != nil {
		return 0, fmt.Errorf("open %s: reading its settings back: %w", c.Device, err)
	}
	got := int(t.Ospeed)
	if off := got - c.Baud; off > c.Baud/50 || -off > c.Baud/50 {
		return 0, fmt.Errorf("open %s: asked for %d bit/s, the driver runs at %d, more than 2 %% off; choose a rate that this adapter can make",
			c.Device, c.Baud, got)
	}
	if set := t.Cflag&unix.CRTSCTS != 0; set != (c.Flow == FlowRTSCTS) {
		return 0, fmt.Errorf("open %s: the driver does not take flow control %s: it reads back otherwise", c.Device, c.Flow)
	}
	return got, nil
}

func (l *termiosLine) Read(p []byte) (int, error) { return l.f.Read(p) }

func (l *termiosLine) Write(p []byte) (int, error) {
	n, err := l.f.Write(p)
	// A USB adapter that is pulled out refuses with ENODEV until the kernel has
	// hung its terminal up, and with EIO from then on.
	if errors.Is(err, unix.EIO) || errors.Is(err, unix.ENODEV) {
		err = fmt.Errorf("%w; the line has gone: the adapter was unplugged, or the pseudo-terminal's other end was closed", err)
	}
	return n, err
}

func (l *termiosLine) SetReadDeadline(t time.Time) error  { return l.f.SetReadDeadline(t) }
func (l *termiosLine) SetWriteDeadline(t time.Time) error { return l.f.SetWriteDeadline(t) }

// Close closes first, which wakes pending calls, and cleans up through a second
// descriptor of the same open line. Exclusivity must be given up by hand: it
// belongs to the terminal and outlives our descriptor while others hold one.
func (l *termiosLine) Close() error {
	fd := -1
	dupErr := l.control(func(n int) (err error) {
		fd, err = unix.FcntlInt(uintptr(n), unix.F_DUPFD_CLOEXEC, 0)
		return err
	})
	if err := l.f.Close(); err != nil || dupErr != nil {
		return errors.Join(err, dropped(dupErr))
	}
	defer unix.Close(fd)
	l.settle(fd)
	l.latency.restore(fd)
	unix.IoctlSetInt(fd, unix.TIOCNXCL, 0)
	return nil
}

// dropped is nil for the error of a line that was closed before, which the
// second close reports itself.
func dropped(err error) error {
	if err == nil || errors.Is(err, os.ErrClosed) {
		return nil
	}
	return fmt.Errorf("close serial line: exclusive use was not given up: %w", err)
}

// settleLimit bounds how long Close waits for the driver's queue.
const settleLimit = 250 * time.Millisecond

// settle gives the driver the time that its queue needs, then drops the queue:
// held off by CTS it would keep close(2) waiting, by default for 30 s (the
// kernel's closing_wait).
func (l *termiosLine) settle(fd int) {
	queued, err := unix.IoctlGetInt(fd, unix.TIOCOUTQ)
	wait := min(bytesTime(int64(queued), l.baud)+20*time.Millisecond, settleLimit)
	for end := time.Now().Add(wait); err == nil && queued > 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
		queued, err = unix.IoctlGetInt(fd, unix.TIOCOUTQ)
	}
	if err == nil && queued > 0 {
		unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCOFLUSH)
	}
}

func (l *termiosLine) rate() int { return l.baud }

func (l *termiosLine) conditions() map[string]string {
	m := map[string]string{"rate": strconv.Itoa(l.baud)}
	l.control(func(fd int) error {
		l.latency.conditions(fd, m)
		return nil
	})
	if d := driver(sysTTY(l.device)); d != "" {
		m["driver"] = d
	}
	return m
}

func (l *termiosLine) counters() map[string]uint64 {
	m := map[string]uint64{}
	if !l.counts {
		return m
	}
	l.control(func(fd int) error {
		if now, ok := readCounters(fd); ok {
			l.atOpen.since(now, m)
		}
		return nil
	})
	return m
}

func (l *termiosLine) cts() (asserted, ok bool) {
	err := l.control(func(fd int) error {
		bits, err := unix.IoctlGetInt(fd, unix.TIOCMGET)
		asserted = bits&unix.TIOCM_CTS != 0
		return err
	})
	return asserted && err == nil, err == nil
}

// hold is a break of the driver's (tty_ioctl(4)). A pseudo-terminal has no wire.
func (l *termiosLine) hold(low bool) error {
	request := uint(unix.TIOCCBRK)
	if low {
		request = unix.TIOCSBRK
	}
	return l.control(func(fd int) error {
		if isPTY(fd) {
			if low {
				return fmt.Errorf("%w: a pseudo-terminal has no TX to take low", errors.ErrUnsupported)
			}
			return nil
		}
		unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCOFLUSH) // it would be cut by the break
		err := unix.IoctlSetInt(fd, request, 0)
		if errors.Is(err, unix.ENOTTY) || errors.Is(err, unix.EINVAL) {
			return fmt.Errorf("%w: the driver has no break, so TX stays high: %w", errors.ErrUnsupported, err)
		}
		return err
	})
}

// control runs do with the descriptor, which stays open meanwhile.
func (l *termiosLine) control(do func(fd int) error) error {
	raw, err := l.f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = do(int(fd)) }); err != nil {
		return err
	}
	return inner
}
