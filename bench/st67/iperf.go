package st67

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"st67bench/transport/at"
)

const (
	iperfPort  = 5001 // AT+IPERF's own (manual 4.1.37.2)
	reportHead = "["  // of a row or a heading
	maxReports = 4096 // rows that are kept, the latest: more than an hour of them
)

// IperfOptions say what AT+IPERF does.
type IperfOptions struct {
	Direction string         // "tx": the module is the client; "rx": the server
	Protocol  string         // "tcp" or "udp"
	To        netip.AddrPort // tx: the server. rx: only its port counts. Port 0 is 5001
	Time      time.Duration  // 1 s or more, in whole seconds; 0: the module's own 10 s
}

// line is the command; empty parameters are the module's defaults.
func (o IperfOptions) line() (string, error) {
	direction, protocol := strings.ToUpper(o.Direction), strings.ToUpper(o.Protocol)
	switch {
	case direction != "TX" && direction != "RX", protocol != "TCP" && protocol != "UDP":
		return "", fmt.Errorf("iperf %q over %q; allowed are tx, rx and tcp, udp", o.Direction, o.Protocol)
	case direction == "TX" && !o.To.Addr().IsValid():
		return "", errors.New("iperf tx: no server is given")
	case o.Time < 0 || o.Time > 0 && o.Time < time.Second || o.Time%time.Second != 0:
		return "", fmt.Errorf("iperf for %v: the module takes whole seconds", o.Time)
	}
	parameters := []string{`"` + direction + `"`, `"` + protocol + `"`, "", "", ""}
	if direction == "TX" {
		parameters[2] = `"` + o.To.Addr().Unmap().String() + `"`
	}
	if o.Time > 0 {
		parameters[3] = fmt.Sprint(int64(o.Time / time.Second))
	}
	if p := o.To.Port(); p != 0 && p != iperfPort {
		parameters[4] = fmt.Sprint(p)
	}
	for parameters[len(parameters)-1] == "" {
		parameters = parameters[:len(parameters)-1]
	}
	return "AT+IPERF=" + strings.Join(parameters, ","), nil
}

// Iperf starts the module's own throughput test and returns at its OK (manual 4.1.37). Nothing says when it has ended.
func (m *Module) Iperf(ctx context.Context, o IperfOptions) error {
	line, err := o.line()
	if err != nil {
		return err
	}
	m.reports.reset()
	m.report(true)
	if _, err = m.exchange(ctx, networkLimit, line); err != nil {
		m.report(false)
		return fmt.Errorf("iperf: %w", err)
	}
	m.on.iperf = true
	return nil
}

// report begins or ends to collect the report's lines.
func (m *Module) report(on bool) {
	next := m.mode
	next.reports = on
	m.setMode(next)
	if on {
		m.s.Watch(reportHead, m.reports.take)
	} else {
		m.s.Watch(reportHead, nil)
	}
}

// reports is what the module has said of its test.
type reports struct {
	mu    sync.Mutex
	lines []string
}

func (r *reports) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = nil
}

func (r *reports) take(line []byte, _ time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.lines) == maxReports {
		r.lines = slices.Delete(r.lines, 0, 1)
	}
	r.lines = append(r.lines, string(line))
}

// IperfStop ends the module's test. One that has ended by itself is no error.
func (m *Module) IperfStop(ctx context.Context) error {
	_, err := m.exchange(ctx, networkLimit, "AT+IPERFSTOP")
	if refused := (*at.CommandError)(nil); err != nil && !errors.As(err, &refused) {
		return err
	}
	m.soon(func(*seen) bool { return false }) // the last row
	m.report(false)
	m.on.iperf = false
	return nil
}

// IperfLines are the rows and headings of the test's report that have come over the AT port since Iperf, the latest 4096
// of them. Firmware that reports on its log port only gives none.
func (m *Module) IperfLines() []string {
	m.reports.mu.Lock()
	defer m.reports.mu.Unlock()
	return slices.Clone(m.reports.lines)
}
