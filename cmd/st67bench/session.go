package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"time"

	"st67bench/bench"
	"st67bench/bench/peer"
	"st67bench/bench/st67"
	"st67bench/scenarios"
	"st67bench/transport"
	"st67bench/transport/at"
	"st67bench/transport/emulator"
)

// session is an opened rig: the link, the dialog over it and the module.
type session struct {
	*opened
	rig      *scenarios.Rig
	url      scenarios.LinkURL // of the open link
	openLink func(context.Context, scenarios.LinkURL) (*opened, error)
	logger   *slog.Logger
	log      *transport.Log
	at       *at.Session
	module   *st67.Module
	wifi     st67.Wifi
	peer     peer.Peer
}

// traceOptions say what of the dialog goes to at.log.
type traceOptions struct {
	out   io.Writer // nil for no trace
	start time.Time
	full  bool
	limit int64
}

// openSession opens the AT dialog and the module over an open link, which it
// owns from now on: on failure the link is closed.
func openSession(ctx context.Context, link *opened, rig *scenarios.Rig, trace traceOptions, log *slog.Logger) (*session, error) {
	s := &session{rig: rig, openLink: openLink, logger: log, wifi: wifi(link, rig)}
	if trace.out != nil {
		s.log = transport.NewLog(trace.out, transport.LogOptions{
			Start: trace.start, Limit: trace.limit, Full: trace.full, Secrets: s.secrets(),
		})
	}
	if err := s.begin(ctx, link, rig.Module); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// begin opens the dialog over a link, which it owns from now on.
func (s *session) begin(ctx context.Context, link *opened, url scenarios.LinkURL) error {
	s.opened, s.url = link, url
	conn := link.conn
	if s.log != nil {
		conn = s.log.Trace(conn)
	}
	s.at = at.New(conn, st67.Grammar())
	for _, secret := range s.secrets() {
		s.at.Mask(secret)
	}
	var err error
	s.module, err = st67.Open(ctx, s.at, st67.Options{Wifi: s.wifi, Reset: resetBy(s.rig, link), Log: s.logger})
	return err
}

// wifi is the network of the rig file; an emulated module knows its own air.
func wifi(link *opened, rig *scenarios.Rig) st67.Wifi {
	if rig.Wifi.SSID == "" && link.emulated() {
		return st67.Wifi{SSID: emulator.DefaultSSID, Password: emulator.DefaultPassword}
	}
	return st67.Wifi{SSID: rig.Wifi.SSID, Password: rig.Wifi.Password, BSSID: rig.Wifi.BSSID}
}

// secrets are those of the rig and the password of the network in use.
func (s *session) secrets() []string {
	if s.wifi.Password == "" {
		return s.rig.Secrets()
	}
	return append(s.rig.Secrets(), s.wifi.Password)
}

// Rig is what the runner drives.
func (s *session) Rig() *bench.Rig {
	r := &bench.Rig{Module: s.module, Peer: s.peer, Link: s.link, Wifi: s.wifi, Hooks: rigHooks{s}}
	r.Reopen = func(ctx context.Context, settings map[string]string) error { return s.reopen(ctx, r, settings) }
	if s.log != nil {
		r.Refer = s.log.Refer
	}
	return r
}

// openPeer makes the peer that the module can reach: the rig's address, or this
// host's address in the module's subnet.
func (s *session) openPeer(rig *scenarios.Rig, station st67.Station) error {
	host, err := peerAddress(rig, s.emulated(), station)
	if err != nil {
		return err
	}
	s.peer = peer.Local(s.network, host)
	return nil
}

func peerAddress(rig *scenarios.Rig, emulated bool, station st67.Station) (netip.Addr, error) {
	switch {
	case rig.Peer.Address != "":
		return ownAddress(rig.Peer.Address)
	case emulated:
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil // the emulated module dials from this host
	default:
		return localAddress(station)
	}
}

// restoreTime bounds what is done for the module on the way out.
const restoreTime = 10 * time.Second

// Close puts the module back as it was found and closes everything.
func (s *session) Close() error {
	err := s.release()
	if s.log != nil {
		err = errors.Join(err, s.log.Close())
	}
	return err
}

// release puts the module back as it was found and closes the link; the trace stays open.
func (s *session) release() error {
	var errs []error
	if s.module != nil {
		ctx, cancel := context.WithTimeout(context.Background(), restoreTime)
		if err := s.module.Restore(ctx); err != nil {
			errs = append(errs, fmt.Errorf("put the module back: %w", err))
		}
		cancel()
	}
	if s.at != nil {
		errs = append(errs, s.at.Close())
	}
	s.module, s.at = nil, nil
	return errors.Join(append(errs, s.opened.Close())...)
}
