package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
)

// firstByte is a connection of the module over link 0 that is opened to send one block.
type firstByte struct {
	stream  peer.Stream
	options peer.Options
	sink    peer.Sink
	sent    int64
}

// open opens the peer's end.
func (f *firstByte) open(ctx context.Context, r *Rig) (err error) {
	f.sink, err = r.Peer.Sink(ctx, f.stream, f.options)
	return err
}

// send connects unless the link is up, sends one block, and returns when its last
// byte was at the peer.
func (f *firstByte) send(ctx context.Context, r *Rig) (time.Time, error) {
	if !r.Module.LinkUp(0) {
		if err := r.Module.Connect(ctx, 0, f.options.Protocol, f.sink.Addr()); err != nil {
			return time.Time{}, fmt.Errorf("connect to the peer at %s: %w", f.sink.Addr(), err)
		}
	}
	block, came := f.sent/int64(f.stream.Block), f.sink.Report().Bytes
	if err := f.one(ctx, r); err != nil {
		return time.Time{}, err
	}
	wait, cancel := context.WithTimeoutCause(ctx, settle, fmt.Errorf("nothing within %v after the module had taken it", settle))
	defer cancel()
	if err := f.sink.Wait(wait, came+int64(f.stream.Block)); err != nil {
		return time.Time{}, err
	}
	var t [1]time.Time
	f.sink.Arrived(block, t[:])
	return t[0], nil
}

// one sends one block.
func (f *firstByte) one(ctx context.Context, r *Rig) error {
	payload := make([]byte, f.stream.Block)
	f.stream.Fill(payload, f.sent)
	if r.Refer != nil {
		r.Refer(f.stream.ID, f.sent, payload)
	}
	if _, err := r.Module.Send(ctx, 0, payload, st67.SendOptions{}); err != nil {
		return err
	}
	f.sent += int64(f.stream.Block)
	return nil
}

// close closes the connection and the peer's end.
func (f *firstByte) close(ctx context.Context, r *Rig) error {
	return errors.Join(r.Module.CloseLink(ctx, 0), f.sink.Close())
}
