package remote

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// quick is a TCP connection that acknowledges what was read at once. The kernel
// falls back to delayed acknowledgement by itself (tcp(7), TCP_QUICKACK), so the
// option is set again after each Read.
type quick struct {
	*net.TCPConn
	raw syscall.RawConn
}

func acknowledgeAtOnce(c *net.TCPConn) net.Conn {
	raw, err := c.SyscallConn()
	if err != nil {
		return c
	}
	return quick{c, raw}
}

func (c quick) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	c.raw.Control(quickAck)
	return n, err
}

// quickAck asks for it; a kernel that refuses is merely slower.
func quickAck(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1) }
