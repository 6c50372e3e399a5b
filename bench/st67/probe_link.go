package st67

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"st67bench/transport/at"
)

// small is the length of a send or a receipt that only has to be there.
const small = 64

func (p *probe) recvLine(ctx context.Context) (value, note string, err error) {
	if err := p.dial(ctx, false); err != nil {
		return "", "", err
	}
	r, err := p.Send(ctx, 0, make([]byte, small), SendOptions{NoRecv: true})
	if err != nil {
		return "", "", err
	}
	recv := false
	for _, l := range r.Lines {
		recv = recv || strings.HasPrefix(string(l), "Recv ")
	}
	return yesNo(recv), fmt.Sprintf("AT+CIPSEND=0,%d", small), p.read(small)
}

// read takes n bytes at the peer.
func (p *probe) read(n int) error {
	p.near.SetReadDeadline(time.Now().Add(networkLimit))
	_, err := io.CopyN(io.Discard, p.near, int64(n))
	return err
}

func (p *probe) statePrefix(ctx context.Context) (value, note string, err error) {
	if err := p.dial(ctx, false); err != nil {
		return "", "", err
	}
	lines, err := p.Command(ctx, "AT+CIPSTATE?")
	if err != nil {
		return "", "", err
	}
	for _, l := range lines {
		if name, _, ok := strings.Cut(strings.TrimSpace(l), ":"); ok && strings.HasPrefix(name, "+") {
			return name[1:], fmt.Sprintf("%q", l), nil
		}
	}
	return "", "", fmt.Errorf("AT+CIPSTATE? answers %q with a connection open", lines)
}

func (p *probe) lengthComma(ctx context.Context) (value, note string, err error) {
	if err := p.dial(ctx, true); err != nil {
		return "", "", err
	}
	lengths, err := p.first(ctx, "AT+CIPRECVLEN?", "CIPRECVLEN")
	return yesNo(strings.HasSuffix(strings.TrimSpace(lengths), ",")), fmt.Sprintf("%q", lengths), err
}

func (p *probe) ipdLength(ctx context.Context) (value, note string, err error) {
	if err := p.dial(ctx, true); err != nil {
		return "", "", err
	}
	return p.meaningOfIPD(ctx, 0, func(n int) error {
		_, err := p.near.Write(make([]byte, n))
		return err
	})
}

func (p *probe) readLimit(ctx context.Context) (value, note string, err error) {
	if err := p.dial(ctx, true); err != nil {
		return "", "", err
	}
	size, err := p.first(ctx, "AT+CIPRECVBUF=0?", "CIPRECVBUF")
	if err != nil {
		return "", "", err
	}
	n, err := strconv.Atoi(size)
	if err != nil {
		return "", "", err
	}
	return p.either(ctx, fmt.Sprintf("AT+CIPRECVDATA=0,%d", n+1), "no", "yes")
}

// sendMax looks for the longest send that is taken, first where firmware and manual have it, then between.
func (p *probe) sendMax(ctx context.Context) (value, note string, err error) {
	if err := p.dial(ctx, false); err != nil {
		return "", "", err
	}
	lo, hi := 1024, 16384 // taken, refused
	for _, n := range []int{6144, 6145, 8192, 8193} {
		took, err := p.sends(ctx, n)
		switch {
		case err != nil:
			return "", "", err
		case took:
			lo = max(lo, n)
		default:
			hi = min(hi, n)
		}
		if hi <= lo+1 {
			break
		}
	}
	for hi > lo+1 {
		n := (lo + hi) / 2
		took, err := p.sends(ctx, n)
		if err != nil {
			return "", "", err
		}
		if took {
			lo = n
		} else {
			hi = n
		}
	}
	return strconv.Itoa(lo), fmt.Sprintf("AT+CIPSEND=0,%d is taken, %d is refused", lo, hi), nil
}

// sends says whether a send of n bytes is taken.
func (p *probe) sends(ctx context.Context, n int) (bool, error) {
	_, err := p.Send(ctx, 0, make([]byte, n), SendOptions{NoRecv: true})
	var refused *at.CommandError
	if errors.As(err, &refused) && refused.Final == "ERROR" {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, p.read(n)
}

// iperfOutput lets the module send to the peer for a second and listens on the AT port.
func (p *probe) iperfOutput(ctx context.Context) (value, note string, err error) {
	p.hangUp(ctx)
	l, err := p.peer.Listen("tcp", net.JoinHostPort(p.peer.Host.String(), "0"))
	if err != nil {
		return "", "", err
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			_, _ = io.Copy(io.Discard, c)
			c.Close()
		}
	}()
	events := p.seen.listen("[")
	defer events.stop()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	if _, err := p.Command(ctx, fmt.Sprintf(`AT+IPERF="TX","TCP","%s",1,%s`, p.peer.Host, port)); err != nil {
		return "", "", err
	}
	wait, cancel := context.WithTimeout(ctx, 5*settled/2)
	defer cancel()
	line, err := events.next(wait)
	_, stopErr := p.Command(ctx, "AT+IPERFSTOP")
	var refused *at.CommandError
	if errors.As(stopErr, &refused) {
		stopErr = nil // it had ended by itself
	}
	if err != nil {
		return "none", "no report line on the AT port in 2.5 s of a run of 1 s", stopErr
	}
	return "at", fmt.Sprintf("%q", line), stopErr
}

// sendFail sends to a peer that does not read until a send fails or 512 KiB were taken.
func (p *probe) sendFail(ctx context.Context) (value, note string, err error) {
	p.hangUp(ctx)
	if _, err := p.Command(ctx, "AT+CIPTCPOPT=0,0,0,500,0"); err != nil {
		return "", "", err
	}
	if err := p.dial(ctx, false); err != nil {
		return "", "", err
	}
	if c, ok := p.near.(*net.TCPConn); ok {
		_ = c.SetReadBuffer(4096)
	}
	defer p.hangUp(ctx)
	const most = 512 << 10
	block := make([]byte, 4096)
	for sent := 0; sent < most; sent += len(block) {
		limited, cancel := context.WithTimeout(ctx, 5*time.Second)
		_, err := p.Send(limited, 0, block, SendOptions{NoRecv: true})
		cancel()
		var refused *at.CommandError
		switch {
		case errors.As(err, &refused):
			return yesNo(refused.Final == "SEND FAIL"), fmt.Sprintf("%s after %d bytes that the peer did not read", refused.Final, sent), nil
		case err != nil:
			return "no", fmt.Sprintf("no answer after %d bytes that the peer did not read: the module waits", sent), err
		}
	}
	return "no", fmt.Sprintf("%d bytes were taken that the peer did not read", most), nil
}
