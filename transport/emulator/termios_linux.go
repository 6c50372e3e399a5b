package emulator

import (
	"os"

	"golang.org/x/sys/unix"
)

const noCTTY = unix.O_NOCTTY

// unlockPTY makes the slave usable and returns its number.
func unlockPTY(master *os.File) (n int, err error) {
	return n, control(master, func(fd int) error {
		if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
			return err
		}
		n, err = unix.IoctlGetInt(fd, unix.TIOCGPTN)
		return err
	})
}

func control(f *os.File, do func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = do(int(fd)) }); err != nil {
		return err
	}
	return inner
}

// setRaw opens the slave and sets it to 8N1 without any processing. Closing it
// again is what lets the master see, by EIO, that nobody has it open.
func setRaw(slave string, baud int) error {
	fd, err := unix.Open(slave, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: slave, Err: err}
	}
	defer unix.Close(fd)
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS2)
	if err != nil {
		return err
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.B38400
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	if baud > 0 {
		t.Cflag = t.Cflag&^unix.CBAUD | unix.BOTHER
		t.Ispeed, t.Ospeed = uint32(baud), uint32(baud)
	}
	return unix.IoctlSetTermios(fd, unix.TCSETS2, t)
}
