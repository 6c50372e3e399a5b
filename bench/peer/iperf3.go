package peer

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"time"
)

const (
	iperf3Tool = "iperf3"
	iperf3Port = 5201
	// iperf3Datagram fits into a segment of an Ethernet, as iperf3 wants it.
	iperf3Datagram = 1448
	// iperf3Connect is how long a client tries to connect.
	iperf3Connect = 3 * time.Second
)

// Iperf3Options say what one run of iperf3 measures: the network between this host and another one, which is the
// ceiling above every figure of a module in between. The module itself does not speak iperf3.
type Iperf3Options struct {
	Host     string // where an iperf3 server listens
	Port     uint16 // 0 is 5201
	Protocol string // TCP (default) or UDP
	Reverse  bool   // the server sends
	Time     time.Duration
	Rate     float64 // bit/s; 0 is as fast as it goes over TCP, and refused over UDP
}

// Iperf3 runs the program iperf3 as client. Time is rounded up to whole seconds.
func Iperf3(ctx context.Context, o Iperf3Options) (Iperf3Result, error) {
	args, err := o.args()
	if err != nil {
		return Iperf3Result{}, err
	}
	r, err := iperf3(ctx, args, o.Time+iperf3Connect+iperfGrace)
	if err != nil {
		return r, err
	}
	if _, ok := r.Rate(); !ok {
		return r, fmt.Errorf("peer: iperf3 with %s ended without a figure of the receiver", o.Host)
	}
	return r, nil
}

func (o Iperf3Options) args() ([]string, error) {
	switch {
	case o.Host == "" || strings.HasPrefix(o.Host, "-"):
		return nil, fmt.Errorf("peer: iperf3 with the host %q: it has to be a name or an address", o.Host)
	case o.Time <= 0:
		return nil, fmt.Errorf("peer: iperf3 for %v: the time has to be more than 0", o.Time)
	case o.Protocol != "" && o.Protocol != TCP && o.Protocol != UDP:
		return nil, fmt.Errorf("peer: iperf3 over %q: it speaks tcp and udp", o.Protocol)
	case o.Rate < 0 || o.Protocol == UDP && o.Rate == 0:
		return nil, errors.New("peer: iperf3 needs a rate over udp, such as what the module could do at most")
	}
	port := int(o.Port)
	if port == 0 {
		port = iperf3Port
	}
	args := []string{
		"-c", o.Host, "-p", strconv.Itoa(port), "-t", strconv.Itoa(wholeSeconds(o.Time)), "-i", "1", "-J",
		"--connect-timeout", strconv.FormatInt(iperf3Connect.Milliseconds(), 10),
	}
	if o.Protocol == UDP {
		args = append(args, "-u", "-l", strconv.Itoa(iperf3Datagram))
	} else if runtime.GOOS == "linux" {
		args = append(args, "-C", "cubic") // systems have several as their default
	}
	if o.Rate > 0 {
		args = append(args, "-b", strconv.FormatFloat(o.Rate, 'f', 0, 64))
	}
	if o.Reverse {
		args = append(args, "-R")
	}
	return args, nil
}

// Iperf3Test is a server of iperf3.
type Iperf3Test = Running[Iperf3Result]

// Iperf3Server serves one run of iperf3, for which it waits half a minute; limit is what the run may take. It returns when the program
// listens. A connection that is no client's uses it up.
func Iperf3Server(ctx context.Context, address netip.AddrPort, limit time.Duration) (*Iperf3Test, error) {
	at, err := IperfOptions{Protocol: TCP, Address: address}.port()
	if err != nil {
		return nil, err
	}
	idle := strconv.Itoa(wholeSeconds(iperfFirst))
	args := []string{"-s", "-1", "-p", strconv.Itoa(int(at.Port())), "-J", "--idle-timeout", idle}
	if !at.Addr().IsUnspecified() {
		args = append(args, "-B", at.Addr().String())
	}
	t := running(ctx, at, func(ctx context.Context) (Iperf3Result, error) {
		return iperf3(ctx, args, iperfFirst+limit+iperfGrace)
	})
	if err := awaitListening(ctx, t, nil); err != nil {
		_ = t.Close()
		return nil, err
	}
	return t, nil
}

// iperf3 runs the program, and reads what it says. What it says of an error counts, its exit code does not: up to 3.13 it is 0.
func iperf3(ctx context.Context, args []string, limit time.Duration) (Iperf3Result, error) {
	x, err := Run(ctx, ExecOptions{
		Path: iperf3Tool, Args: args, Deadline: limit,
		MaxOutput: execOutput + int64(limit/time.Second)*4*toolRows, // an interval has about 700 bytes
	})
	if err != nil && (x.Code < 0 || ctx.Err() != nil || errors.Is(err, errLate)) {
		return Iperf3Result{}, err
	}
	r, parseErr := parseIperf3([]byte(x.Stdout))
	switch {
	case parseErr == nil && r.failure == "":
		return r, nil
	case parseErr == nil:
		return r, fmt.Errorf("peer: iperf3: %s%s", strings.TrimPrefix(r.failure, "error - "), iperf3Mend(r.failure))
	case err != nil:
		return r, err
	}
	return r, fmt.Errorf("peer: iperf3 said nothing that can be read (%w)%s", parseErr, quoted(x.Stderr))
}

// iperf3Mend is what to do about an error.
func iperf3Mend(said string) string {
	for part, mend := range map[string]string{
		"refused":         "; start iperf3 -s there",
		"busy":            "; wait for the other run, or start a server on another port",
		"timed out":       "; check the address, and the firewall there",
		"in use":          "; choose another port, or end the program that has it",
		"not known":       "; check the name",
		"congestion":      "; the host lacks the congestion control cubic",
		"unreachable":     "; check the network there",
		"reset by peer":   "; the server was ended",
		"has terminated":  "; the server was ended",
		"closed the conn": "; the server was ended",
	} {
		if strings.Contains(said, part) {
			return mend
		}
	}
	return ""
}
