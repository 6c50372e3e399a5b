package bench

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
	"st67bench/scenarios"
)

// iperfPort is where the module's iperf listens (manual 4.1.37.2).
const iperfPort = 5001

const (
	// iperfBusy is for how long the module may still be at the end of an earlier test: it says that one over UDP is over
	// ten times, 350 ms apart.
	iperfBusy = 5 * time.Second
	// iperfAgain is how long to wait before the next attempt.
	iperfAgain = 500 * time.Millisecond
	// iperfListen is how long the module may take to listen after its OK; datagrams before that would count as lost.
	iperfListen = 200 * time.Millisecond
)

// iperf lets the module's own AT+IPERF run against an end of iperf 2 at the peer. The payload never crosses the host link,
// so this is what module and radio can do without it.
type iperf struct {
	scenarios.Workload
	test  *peer.IperfTest
	rows  chan iperfRow
	log   *iperfReport // of the log port; nil when the rig has none
	unlog func()
	begun bool // AT+IPERF was taken
}

// iperfRow is a row of a test in progress, and when it came.
type iperfRow struct {
	peer.IperfRow
	at time.Time
}

// Prepare ends what may be left of an earlier test, and lets a peer that receives listen.
func (w *iperf) Prepare(ctx context.Context, r *Rig) error {
	if err := r.Module.IperfStop(ctx); err != nil {
		return err
	}
	w.rows = make(chan iperfRow, 16)
	if r.Log != nil {
		w.log = &iperfReport{}
		w.unlog = r.Log(w.log.add)
	}
	if w.Direction == "rx" {
		return nil
	}
	return w.open(ctx, r, netip.AddrPort{})
}

// open opens the peer's end; at is the module's server.
func (w *iperf) open(ctx context.Context, r *Rig, at netip.AddrPort) error {
	ends, ok := r.Peer.(peer.IperfPeer)
	if !ok {
		return fmt.Errorf("%w run iperf at its peer", ErrCannot)
	}
	end := map[[2]string]peer.IperfEnd{
		{"tx", "native"}: peer.IperfNativeSink, {"rx", "native"}: peer.IperfNativeSource,
		{"tx", "iperf"}: peer.IperfRealServer, {"rx", "iperf"}: peer.IperfRealClient,
	}[[2]string{w.Direction, w.Tool}]
	test, err := ends.Iperf(ctx, end, peer.IperfOptions{
		Protocol: w.Protocol, Address: at, Time: w.Duration, Rate: w.Rate, Row: w.row,
	})
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("%w: %w", ErrCannot, err)
	}
	w.test = test
	return err
}

// row hands a row to Run. It must not wait; there are 16 s until one is left out.
func (w *iperf) row(row peer.IperfRow) {
	select {
	case w.rows <- iperfRow{row, time.Now()}:
	default:
	}
}

// Run starts the module, and a peer that sends, waits for the peer's end, and takes the result from it.
func (w *iperf) Run(ctx context.Context, r *Rig, rec *Recorder) error {
	if err := w.begin(ctx, r); err != nil {
		return err
	}
	if w.Direction == "rx" {
		if err := w.send(ctx, r); err != nil {
			return err
		}
	}
	got, err := w.wait(ctx, rec)
	if err != nil {
		return err
	}
	own, err := w.stop(ctx, r)
	if err != nil {
		return err
	}
	return w.metrics(rec, got, own)
}

// begin starts the module's end, which may be busy with the end of an earlier test.
func (w *iperf) begin(ctx context.Context, r *Rig) error {
	o := st67.IperfOptions{Direction: w.Direction, Protocol: w.Protocol, Time: w.Duration}
	if w.test != nil {
		o.To = w.test.Addr()
	}
	for by := time.Now().Add(iperfBusy); ; {
		err := r.Module.Iperf(ctx, o)
		if err == nil {
			w.begun = true
			return nil
		}
		if err = refused(err); errors.Is(err, errRefused) || st67.DialogBroken(err) || ctx.Err() != nil {
			return err
		}
		if time.Now().After(by) {
			return fmt.Errorf("%w; the module is busy with another test, and AT+IPERFSTOP did not end it: reset it with AT+RST", err)
		}
		if err := r.Module.IperfStop(ctx); err != nil {
			return err
		}
		if err := pause(ctx, iperfAgain); err != nil {
			return err
		}
	}
}

// send lets the peer send to the module.
func (w *iperf) send(ctx context.Context, r *Rig) error {
	if w.Protocol == "udp" {
		if err := pause(ctx, iperfListen); err != nil {
			return err
		}
	}
	return w.open(ctx, r, netip.AddrPortFrom(r.Module.Address(), iperfPort))
}

// wait waits for the end of the test at the peer, and records its rows.
func (w *iperf) wait(ctx context.Context, rec *Recorder) (peer.IperfResult, error) {
	begin := time.Now()
	series := "goodput"
	if w.Direction == "rx" {
		series = "throughput"
	}
	type ended struct {
		result peer.IperfResult
		err    error
	}
	end := make(chan ended, 1)
	test := w.test
	go func() {
		result, err := test.Wait(ctx)
		end <- ended{result, err}
	}()
	moved, last := 0.0, begin // bytes
	for {
		select {
		case row := <-w.rows:
			rec.Sample(series, row.at, row.Rate)
			moved += row.Rate / 8 * row.at.Sub(last).Seconds()
			last = row.at
			rec.Moved(int64(moved))
			rec.Progress(row.at, row.at.Sub(begin).Seconds()/w.Duration.Seconds())
		case e := <-end:
			return e.result, e.err
		}
	}
}

// stop lets the module say what it has counted, and ends its test. What it has counted is nil when it printed none. A peer
// may have ended while much of what it sent is still on its way: as long as rows come, the module's test is not over.
func (w *iperf) stop(ctx context.Context, r *Rig) (own *peer.IperfRow, err error) {
	last, heard := time.Now(), w.heard(r)
	by := last.Add(w.Duration + iperfBusy)
	for w.report(r) == nil && (w.log != nil || heard > 0) && time.Since(last) < reportWait && time.Now().Before(by) {
		if err := pause(ctx, lookEvery); err != nil {
			return nil, err
		}
		if n := w.heard(r); n != heard {
			last, heard = time.Now(), n
		}
	}
	if err := r.Module.IperfStop(ctx); err != nil {
		return nil, err
	}
	w.begun = false
	return w.report(r), nil
}

// Conclude ends both ends, whatever became of them.
func (w *iperf) Conclude(ctx context.Context, r *Rig) error {
	var errs []error
	if w.begun {
		errs = append(errs, r.Module.IperfStop(ctx))
	}
	if w.test != nil {
		errs = append(errs, w.test.Close())
	}
	if w.unlog != nil {
		w.unlog()
	}
	*w = iperf{Workload: w.Workload}
	return errors.Join(errs...)
}
