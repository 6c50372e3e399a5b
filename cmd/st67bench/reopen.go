package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strconv"

	"st67bench/bench"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
)

// relinked is a link URL with a case's settings over the rig's own: flow, speed as a fraction of the rig's, frame. A
// setting that this kind of link has not wraps bench.ErrCannot.
func relinked(link scenarios.LinkURL, settings map[string]string) (scenarios.LinkURL, error) {
	out := link
	out.Query = maps.Clone(link.Query)
	if out.Query == nil {
		out.Query = url.Values{}
	}
	for name, value := range settings {
		var err error
		switch name {
		case "flow":
			err = reflow(out, value)
		case "speed":
			err = respeed(link, out, value)
		case "frame":
			err = reframe(out, value)
		}
		if err != nil {
			return link, err
		}
	}
	return out, nil
}

func reflow(out scenarios.LinkURL, value string) error {
	switch {
	case out.Kind() == "spi", out.Scheme == "tcp", out.Scheme == "unix", out.Scheme == "replay":
		return fmt.Errorf("%w set flow control: a link by %s has none", bench.ErrCannot, out.Kind())
	}
	out.Query.Set("flow", value)
	return nil
}

// respeed multiplies the rig's rate. A real module's baud rate is built into its firmware.
func respeed(link, out scenarios.LinkURL, value string) error {
	fraction, err := strconv.ParseFloat(value, 64)
	if err != nil || fraction == 1 {
		return err
	}
	key := "speed"
	switch {
	case link.Kind() == "spi":
	case link.Scheme == "emulated":
		key = "baud"
	default:
		return fmt.Errorf("%w change the rate of its line: the module's baud rate is built into its firmware", bench.ErrCannot)
	}
	out.Query.Set(key, strconv.FormatInt(int64(link.Number(key)*fraction), 10))
	return nil
}

func reframe(out scenarios.LinkURL, value string) error {
	if out.Kind() != "spi" {
		return fmt.Errorf("%w change the length of a transfer: only a link by SPI has transfers", bench.ErrCannot)
	}
	out.Query.Set("max", value)
	return nil
}

// reopen closes the link and opens it with a case's settings, and with it the dialog and the association. When that
// fails, it is opened as before, and the case cannot be had on this rig.
func (s *session) reopen(ctx context.Context, settings map[string]string) error {
	want, err := relinked(s.rig.Module, settings)
	if err != nil {
		return err
	}
	before := s.url
	s.away()
	err = s.enter(ctx, want)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if again := s.enter(ctx, before); again != nil {
		return fmt.Errorf("%w; and it cannot be opened as before: %w", err, again)
	}
	return fmt.Errorf("%w open its link like this: %w", bench.ErrCannot, err)
}

// renew closes the link, does what has to be done meanwhile, and opens it as it was.
func (s *session) renew(ctx context.Context, meanwhile func() error) error {
	s.away()
	err := meanwhile()
	return errors.Join(err, s.enter(context.WithoutCancel(ctx), s.url))
}

// away closes the link for a while. A module that cannot be put back is found by whoever opens it next.
func (s *session) away() {
	if err := s.release(); err != nil {
		s.logger.Warn("before its link is opened anew: " + err.Error())
	}
}

// enter opens link and dialog, and joins.
func (s *session) enter(ctx context.Context, link scenarios.LinkURL) error {
	next, err := s.open(ctx, link)
	if err != nil {
		return err
	}
	err = s.begin(ctx, next, link)
	if err == nil {
		_, err = s.module.Join(ctx, s.wifi)
	}
	if err != nil {
		_ = s.release() // what it found wrong stands in err
	}
	return err
}

// open opens the link of a URL; an emulated module stays what it is behind it.
func (s *session) open(ctx context.Context, link scenarios.LinkURL) (*opened, error) {
	if !s.emulated() {
		return openLink(ctx, link)
	}
	flow := link.Get("flow")
	if flow == "" {
		flow = emulator.FlowNone
	}
	if err := s.emulator.Wire(int(link.Number("baud")), flow, int(link.Number("speed"))); err != nil {
		return nil, err
	}
	next, err := linkTo(s.emulator, s.link.Identity()["link"], s.device, link)
	if err != nil {
		return nil, err
	}
	o := *s.opened
	o.conn, o.link, o.conditions, o.unlink = next.conn, next.link, next.conditions, next.unlink
	return &o, nil
}
