package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
	"st67bench/results"
	"st67bench/scenarios"
)

// ipdStream makes a source send as DetermineIPD wants it: a block, and a second later the shorter rest.
const (
	ipdBlock = 100
	ipdRest  = 64
	ipdRate  = 8 * ipdBlock // bit/s
)

// receives says whether any case reads from the module, so that the meaning of +IPD matters.
func (m *measurement) receives() bool {
	return slices.ContainsFunc(m.cases, func(c scenarios.Case) bool { return c.Workload.Mode != "" })
}

// describeIPD finds out what the length of a passive +IPD means on this module, and records it in the Identity, or why it
// is not known in the Conditions. No workload relies on it. The error is that of a module that no longer answers.
func (m *measurement) describeIPD(ctx context.Context, s *session, run *results.Run) error {
	if !m.receives() {
		return nil
	}
	err := determineIPD(ctx, s)
	if err == nil {
		run.Identity["ipd"] = s.module.Identity()["ipd"]
		return nil
	}
	if st67.DialogBroken(err) || ctx.Err() != nil {
		return err
	}
	run.Conditions["ipd"] = "not known: " + err.Error()
	return nil
}

// determineIPD lets the peer send twice over a link in passive mode.
func determineIPD(ctx context.Context, s *session) (err error) {
	if err := s.module.ReceiveMode(ctx, true); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.module.ReceiveMode(ctx, false)) }()
	source, err := s.peer.Source(ctx, peer.Stream{Block: ipdBlock}, peer.SourceOptions{Rate: ipdRate, Total: ipdBlock + ipdRest})
	if err != nil {
		return err
	}
	defer source.Close()
	if err := s.module.Connect(ctx, 0, "tcp", source.Addr()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.module.CloseLink(ctx, 0)) }()
	_, err = s.module.DetermineIPD(ctx, 0, func(n int) error { return sendIPD(ctx, source, n) })
	return err
}

// sendIPD lets the source begin, for the first n, and waits for the rest to have been sent, for the second. A first
// notice that came when the rest was under way says nothing.
func sendIPD(ctx context.Context, source peer.Source, n int) error {
	if n == ipdBlock {
		return source.Start(ctx)
	}
	if source.Sent() > ipdBlock {
		return fmt.Errorf("the first notice took longer than a second")
	}
	select {
	case <-source.Done():
		return source.Err()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
