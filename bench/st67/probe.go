package st67

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"st67bench/transport/at"
)

// Finding is one point in which releases differ or the manual is doubtful, settled by what a module does.
type Finding struct {
	Point string `json:"point"`           // its name; Points lists them
	What  string `json:"what"`            // in words, with the values that it may have
	Value string `json:"value,omitempty"` // what the module does, empty when it could not be settled
	Note  string `json:"note"`            // how it was seen, or why not
}

// point is one probe: how it is settled.
type point struct {
	name string
	doc  string
	find func(p *probe, ctx context.Context) (value, note string, err error)
}

// points are in the order in which they are probed: those without a connection first, the one that may leave a
// broken connection last.
var points = []point{
	{"receive-buffer", "bytes a link buffers until CIPRECVBUF changes it", (*probe).receiveBuffer},
	{"buffer-line", "what CIPRECVBUF= prints before OK: bare or none", (*probe).bufferLine},
	{"sendl-sizes", "parameters that CIPSENDLCFG= needs: 1 or 2", (*probe).sendlSizes},
	{"linger", "CIPTCPOPT takes 65535 for -1: yes or no", (*probe).linger},
	{"dtim", "what SLWKDTIM sets: factor or absolute", (*probe).dtim},
	{"twt-types", "TWT_PARAM's set-up types count from 0 or 1", (*probe).twtTypes},
	{"state-fields", "fields of CWSTATE?", (*probe).stateFields},
	{"ping", "when PING answers: after-ok or before-ok", (*probe).ping},
	{"ping-parameters", "parameters that PING takes", (*probe).pingParameters},
	{"recv-line", "`Recv <n> bytes` before SEND OK: yes or no", (*probe).recvLine},
	{"state-prefix", "prefix of CIPSTATE?'s lines", (*probe).statePrefix},
	{"length-comma", "CIPRECVLEN? ends in a comma: yes or no", (*probe).lengthComma},
	{"ipd-length", "length of a passive +IPD: increment or total", (*probe).ipdLength},
	{"read-limit", "CIPRECVDATA refuses more than the buffer holds: yes or no", (*probe).readLimit},
	{"send-max", "longest CIPSEND in bytes", (*probe).sendMax},
	{"iperf-output", "where IPERF's report lines come: at or none", (*probe).iperfOutput},
	{"send-fail", "a send that cannot be delivered ends in SEND FAIL: yes or no", (*probe).sendFail},
}

// ProbePeer is the network end of a probe: this host as the module reaches it.
type ProbePeer struct {
	Listen func(network, address string) (net.Listener, error)
	Host   netip.Addr
}

// probe is one probing under way.
type probe struct {
	*Module
	peer ProbePeer
	near net.Conn // the peer's end of link 0, nil while there is none
}

// Probe settles every point on a module that has joined a network, and tells each as it is settled. A point that cannot
// be settled has no value. It changes settings, which Restore puts back, and leaves no connection. The error is that of a
// module that no longer answers.
func (m *Module) Probe(ctx context.Context, peer ProbePeer, tell func(Finding)) error {
	p := &probe{Module: m, peer: peer}
	defer p.hangUp(ctx)
	for _, pt := range points {
		value, note, err := pt.find(p, ctx)
		if err != nil {
			note = err.Error()
		}
		tell(Finding{pt.name, pt.doc, value, note})
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil && m.dirty {
			if err := m.resync(ctx); err != nil {
				return fmt.Errorf("after %s: %w", pt.name, err)
			}
		}
	}
	return nil
}

// accepts says whether the module takes a line.
func (p *probe) accepts(ctx context.Context, line string) (bool, error) {
	_, err := p.Command(ctx, line)
	var refused *at.CommandError
	if errors.As(err, &refused) && uint8(refused.Code>>16) != noCommand {
		return false, nil
	}
	return err == nil, err
}

// noCommand is the subcategory of a command that the firmware does not have: its refusal settles nothing.
const noCommand = 0x09

// either is one of two values, and the line that told them apart.
func (p *probe) either(ctx context.Context, line, yes, no string) (value, note string, err error) {
	took, err := p.accepts(ctx, line)
	switch {
	case err != nil:
		return "", "", err
	case took:
		return yes, line + " is taken", nil
	default:
		return no, line + " is refused", nil
	}
}

// dial makes link 0, in passive mode or not, unless it is there.
func (p *probe) dial(ctx context.Context, passive bool) error {
	if p.near != nil && p.LinkUp(0) && p.mode.passive == passive {
		return nil
	}
	p.hangUp(ctx)
	if _, err := p.Command(ctx, "AT+CIPRECVMODE="+digit(passive)); err != nil {
		return err
	}
	l, err := p.peer.Listen("tcp", net.JoinHostPort(p.peer.Host.String(), "0"))
	if err != nil {
		return err
	}
	defer l.Close()
	to, err := netip.ParseAddrPort(l.Addr().String())
	if err != nil {
		return err
	}
	if err := p.Connect(ctx, 0, "tcp", to); err != nil {
		return err
	}
	p.near, err = l.Accept()
	return err
}

// hangUp ends link 0.
func (p *probe) hangUp(ctx context.Context) {
	if p.near == nil {
		return
	}
	p.near.Close()
	p.near = nil
	_ = p.CloseLink(ctx, 0) // it may have gone with the peer
}

func digit(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// first is the value of a query's first line.
func (p *probe) first(ctx context.Context, line, name string) (string, error) {
	lines, err := p.Command(ctx, line)
	if err != nil {
		return "", err
	}
	for _, l := range lines {
		if v, ok := strings.CutPrefix(strings.TrimSpace(l), "+"+name+":"); ok {
			return v, nil
		}
	}
	return "", fmt.Errorf("%s: no +%s: in %q", line, name, lines)
}

func (p *probe) receiveBuffer(ctx context.Context) (value, note string, err error) {
	value, err = p.first(ctx, "AT+CIPRECVBUF=0?", "CIPRECVBUF")
	if _, bad := strconv.Atoi(value); err == nil && bad != nil {
		return "", "", fmt.Errorf("AT+CIPRECVBUF=0? answers %q", value)
	}
	return value, "AT+CIPRECVBUF=0? after a reset", err
}

func (p *probe) bufferLine(ctx context.Context) (value, note string, err error) {
	size, err := p.first(ctx, "AT+CIPRECVBUF=0?", "CIPRECVBUF")
	if err != nil {
		return "", "", err
	}
	lines, err := p.Command(ctx, "AT+CIPRECVBUF=0,"+size)
	if err != nil {
		return "", "", err
	}
	if len(lines) > 0 {
		return "bare", fmt.Sprintf("%q before OK", lines), nil
	}
	return "none", "OK alone", nil
}

func (p *probe) sendlSizes(ctx context.Context) (value, note string, err error) {
	return p.either(ctx, "AT+CIPSENDLCFG=1024", "1", "2")
}

func (p *probe) linger(ctx context.Context) (value, note string, err error) {
	return p.either(ctx, "AT+CIPTCPOPT=0,65535,0,0,0", "yes", "no")
}

// dtim asks for more than the 25 beacons that an absolute DTIM may have, then puts 1 back.
func (p *probe) dtim(ctx context.Context) (value, note string, err error) {
	value, note, err = p.either(ctx, "AT+SLWKDTIM=26", "factor", "absolute")
	if err == nil {
		_, err = p.accepts(ctx, "AT+SLWKDTIM=1")
	}
	return value, note, err
}

// twtTypes asks for type 3, which exists only where they count from 1. No agreement comes of it: power save is off.
func (p *probe) twtTypes(ctx context.Context) (value, note string, err error) {
	return p.either(ctx, "AT+TWT_PARAM=3,1,10,64,512", "1", "0")
}

func (p *probe) stateFields(ctx context.Context) (value, note string, err error) {
	state, err := p.first(ctx, "AT+CWSTATE?", "CWSTATE")
	return strconv.Itoa(len(fields(state))), "AT+CWSTATE?", err
}

// settled is how long an event may lag behind.
const settled = time.Second

func (p *probe) ping(ctx context.Context) (value, note string, err error) {
	events := p.seen.listen("+PING:")
	defer events.stop()
	line := fmt.Sprintf(`AT+PING="%s",64,1`, p.peer.Host)
	lines, err := p.Command(ctx, line)
	if err != nil {
		return "", "", err
	}
	if len(lines) > 0 {
		return "before-ok", fmt.Sprintf("%q before OK", lines), nil
	}
	wait, cancel := context.WithTimeout(ctx, 2*settled)
	defer cancel()
	got, err := events.next(wait)
	if err != nil {
		return "", "", fmt.Errorf("no +PING: after OK: %w", err)
	}
	if !strings.HasSuffix(strings.TrimSpace(got), "ms") { // the manual's form, which is before OK
		return "before-ok", fmt.Sprintf("%q", got), nil
	}
	return "after-ok", fmt.Sprintf("%q after OK", got), nil
}

func (p *probe) pingParameters(ctx context.Context) (value, note string, err error) {
	value, note, err = p.either(ctx, fmt.Sprintf(`AT+PING="%s",64,1,200,500`, p.peer.Host), "5", "4")
	if err == nil {
		err = sleep(ctx, settled) // its time comes after OK
	}
	return value, note, err
}
