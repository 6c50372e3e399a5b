package remote

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"
)

// dialLimit bounds the look-up of the host's name and the connection.
const dialLimit = 10 * time.Second

// keepAlive finds a host that went away without a word within half a minute.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 4}

func dial(c Config) (net.Conn, error) {
	network := "tcp"
	if c.Scheme == Unix {
		network = "unix"
	}
	dialer := net.Dialer{Timeout: dialLimit, KeepAliveConfig: keepAlive}
	conn, err := dialer.Dial(network, c.Target)
	if err != nil {
		return nil, dialError(c, err)
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return conn, nil
	}
	if err := tcp.SetNoDelay(true); err != nil {
		tcp.Close()
		return nil, fmt.Errorf("open %s:%s: switching TCP_NODELAY on: %w", c.Scheme, c.Target, err)
	}
	return acknowledgeAtOnce(tcp), nil
}

// dialError adds what to do.
func dialError(c Config, err error) error {
	err = cause(err)
	var name *net.DNSError
	advice := "is the target right, and the host on?"
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		advice = "is the host's name right? an address works as well"
	case errors.Is(err, syscall.ECONNREFUSED) && c.Scheme == Unix:
		advice = "nobody listens on this socket: its program has ended"
	case errors.Is(err, syscall.ECONNREFUSED):
		advice = "nothing listens there: does the server run, and is this its port?"
	case errors.Is(err, os.ErrDeadlineExceeded):
		advice = fmt.Sprintf("no answer within %v: is the host on, and no firewall between?", dialLimit)
	case errors.Is(err, fs.ErrNotExist):
		advice = "there is no such socket: does the program that makes it run?"
	case errors.Is(err, fs.ErrPermission):
		advice = "the socket's permissions do not let this user in"
	}
	return fmt.Errorf("open %s:%s: %w; %s", c.Scheme, c.Target, err, advice)
}

// cause is what package net wraps: its own words repeat the addresses.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
