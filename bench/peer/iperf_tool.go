package peer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// iperfTool is the program.
const iperfTool = "iperf"

// toolRows bounds what iperf prints: a kilobyte for each second's row, and the default for the rest.
const toolRows = 1 << 10

// iperfFault are the lines of stderr that end a test. iperf 2.1.8 exits with 0 all the same.
// "recv failed: Connection reset by peer" is none of them, nor that the module sent no report.
var iperfFault = regexp.MustCompile(`(connect|bind|listen|accept|socket|getaddrinfo) failed|^error|[Uu]nable to|not a valid|(invalid|unrecognized) option|no (route|such) `)

// IperfVersion is the version of the program iperf on this machine, such as "2.1.8". iperf 2 is meant, which is another
// program than iperf3.
func IperfVersion(ctx context.Context) (string, error) {
	// It exits with 1, and says its version on stderr or stdout.
	r, err := Run(ctx, ExecOptions{Path: iperfTool, Args: []string{"-v"}, Deadline: 10 * time.Second})
	f := strings.Fields(r.Stdout + r.Stderr)
	if len(f) >= 3 && f[0] == "iperf" && f[1] == "version" {
		return f[2], nil
	}
	if err == nil {
		err = fmt.Errorf("peer: the program iperf is no iperf 2: it says %.40q; install the package iperf", r.Stdout)
	}
	return "", err
}

// IperfServer is IperfSink with the program iperf, over TCP. It returns when the program listens. There is none over
// UDP: servers of iperf 2.1 crash, or print without end, on the module's datagrams.
func IperfServer(ctx context.Context, o IperfOptions) (*IperfTest, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if o.Protocol == UDP {
		return nil, errors.New("peer: no iperf server over udp: it crashes, or prints without end, on the module's datagrams; use the native sink")
	}
	version, err := IperfVersion(ctx)
	if err != nil {
		return nil, err
	}
	at, err := o.port()
	if err != nil {
		return nil, err
	}
	// The time ends the wait for the module too. Text has the banner that tells when it listens; -f B gives all digits.
	limit := wholeSeconds(o.Time) + 5
	args := append([]string{"-s", "-P", "1", "-t", strconv.Itoa(limit), "-i", "1", "-f", "B"}, on(at)...)
	ready := make(chan struct{})
	t := &toolTest{o: o, tool: "iperf " + version, by: IperfReceiver, heard: func(line string) {
		if strings.HasPrefix(line, "Server listening") {
			close(ready)
		}
	}}
	test := running(ctx, at, func(ctx context.Context) (IperfResult, error) {
		return t.run(ctx, args, 2*time.Duration(limit)*time.Second+iperfGrace)
	})
	if err := awaitListening(ctx, test, ready); err != nil {
		_ = test.Close()
		return nil, err
	}
	return test, nil
}

// IperfClient is IperfSource with the program iperf. Its figures are the sender's, over UDP those of the module's
// report where it sends one.
func IperfClient(ctx context.Context, o IperfOptions) (*IperfTest, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if o.Protocol == UDP && o.Rate == 0 {
		return nil, errors.New("peer: iperf needs a rate over udp")
	}
	version, err := IperfVersion(ctx)
	if err != nil {
		return nil, err
	}
	to := o.Address
	args := append([]string{"-c", to.Addr().String(), "-t", trimmed(o.Time.Seconds()), "-i", "1"}, "-p", strconv.Itoa(int(to.Port())))
	if o.Protocol == UDP { // as text, for only that has the module's report
		args = append(args, "-u", "-b", strconv.FormatFloat(math.Round(o.Rate), 'f', 0, 64), "-l", strconv.Itoa(o.Datagram), "-f", "B")
	} else { // the rate with all digits
		args = append(args, "-y", "C")
	}
	if to.Addr().Is6() {
		args = append(args, "-V")
	}
	return running(ctx, to, func(ctx context.Context) (IperfResult, error) {
		for by := time.Now().Add(iperfStart); ; time.Sleep(iperfRetry) {
			t := &toolTest{o: o, tool: "iperf " + version, by: IperfSender}
			r, err := t.run(ctx, args, o.Time+iperfGrace)
			if err == nil || o.Protocol == UDP || !strings.Contains(err.Error(), "refused") || time.Now().After(by) || ctx.Err() != nil {
				return r, err
			}
		}
	}), nil
}

// on makes a server listen at an address.
func on(at netip.AddrPort) []string {
	args := []string{"-p", strconv.Itoa(int(at.Port()))}
	if !at.Addr().IsUnspecified() {
		args = append(args, "-B", at.Addr().String())
	}
	if at.Addr().Is6() {
		args = append(args, "-V")
	}
	return args
}

// wholeSeconds is d rounded up.
func wholeSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// trimmed is v with the digits that it needs.
func trimmed(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// port is the address, with a free port when it has none. It was free a moment ago; another server there would be taken for the
// program.
func (o IperfOptions) port() (netip.AddrPort, error) {
	ln, err := net.Listen("tcp", o.Address.String())
	if err != nil {
		return netip.AddrPort{}, o.noSocket(err)
	}
	defer ln.Close()
	at, err := addrPort(ln.Addr())
	return netip.AddrPortFrom(o.Address.Addr(), at.Port()), err
}

// toolTest is one run of the program.
type toolTest struct {
	o        IperfOptions
	tool, by string
	heard    func(line string) // may be nil
	lines    IperfLines
}

func (t *toolTest) line(s string) {
	if t.heard != nil {
		t.heard(s)
	}
	if row, final, ok := t.lines.Add(s); ok && !final {
		t.o.Row(row)
	}
}

// run runs iperf, and makes a result of its total. With one, a program that ended well has done its work.
func (t *toolTest) run(ctx context.Context, args []string, limit time.Duration) (IperfResult, error) {
	x, err := Run(ctx, ExecOptions{
		Path: iperfTool, Args: args, Deadline: limit, Line: t.line, Fault: iperfFault.MatchString,
		MaxOutput: execOutput + int64(limit/time.Second)*toolRows,
	})
	r := IperfResult{Tool: t.tool, By: t.by, Reset: strings.Contains(x.Stderr, "reset by peer")}
	total, ok := t.lines.Total()
	if report, has := t.lines.ServerReport(); has {
		r.By, r.Fin, r.Sent = IperfReceiver, true, total.Bytes
		total = report
	} else if t.by == IperfSender {
		r.Sent = total.Bytes
	}
	if err != nil {
		return r, t.mend(err)
	}
	if r.By == IperfReceiver && t.by == IperfSender && (total.Bytes > r.Sent || total.Lost > total.Datagrams) {
		return r, fmt.Errorf("peer: %s sent %d B and was told that %d B came, and %d of %d datagrams were lost: what answered is no server of iperf, or one of another dialect",
			t.tool, r.Sent, total.Bytes, total.Lost, total.Datagrams)
	}
	if !ok || total.Bytes == 0 {
		return r, fmt.Errorf("peer: %s ended without a result%s", t.tool, quoted(x.Stderr))
	}
	r.Bytes, r.Duration = total.Bytes, total.End-total.Start
	if total.Rate > 0 { // the interval may be rounded to tenths
		r.Duration = time.Duration(8 * float64(total.Bytes) / total.Rate * float64(time.Second))
	}
	r.Datagrams, r.Lost, r.Jitter = total.Datagrams, total.Lost, total.Jitter
	switch {
	case r.Reset && t.by == IperfReceiver:
		r.Note = resetNote
	case t.o.Protocol == TCP:
		r.Fin = true
	case !r.Fin:
		r.Note = IperfNoReport
	}
	return r, nil
}

// mend adds to an error what to do about it.
func (t *toolTest) mend(err error) error {
	for said, mend := range map[string]string{
		"Connection refused":     `the module's server was not there: send AT+IPERF="RX" first`,
		"Address already in use": "choose another port, or end the program that has it",
		"No route to host":       "the module has to be in a network that this host reaches",
		"Network is unreachable": "the module has to be in a network that this host reaches",
		"timed out":              "the module did not answer: check its association, and the host's firewall",
	} {
		if strings.Contains(err.Error(), said) {
			return fmt.Errorf("%w; %s", err, mend)
		}
	}
	return err
}
