package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
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
	traced  transport.Conn // the link, with the trace when there is one
	rig     *scenarios.Rig
	url     scenarios.LinkURL // of the open link
	hooks   *rigHooks
	handed  *bench.Rig // what Rig gave, which follows a link that is opened anew
	logger  *slog.Logger
	log     *transport.Log   // the recording that goes on; nil for none
	logs    []*transport.Log // one for each run that the session serves
	at      *at.Session
	module  *st67.Module
	wifi    st67.Wifi
	peer    peer.Peer
	host    netip.Addr   // of the peer: where the module connects to
	broker  *peer.Broker // of MQTT; nil when the rig has none or the scenario needs none
	logWire *logWire     // the rig file's log port; nil when it names none
	current metered      // what measures the supply current; nil for nothing

	wakeLine *wakeLine // nil when the rig has none

	closeBroker func() error      // nil when there is nothing to close
	around      map[string]string // what surroundings has found; nil before
}

// traceOptions say what of the dialog goes to at.log.
type traceOptions struct {
	out   []io.Writer // of each run that the session serves; none for no trace
	start time.Time
	full  bool
	limit int64
}

// openSession opens the AT dialog and the module over an open link, which it
// owns from now on: on failure the link is closed.
func openSession(ctx context.Context, link *opened, rig *scenarios.Rig, trace traceOptions, log *slog.Logger) (*session, error) {
	s := &session{rig: rig, logger: log, wifi: wifi(link, rig)}
	s.hooks = newHooks(rig, link)
	s.hooks.s = s
	for _, out := range trace.out {
		s.logs = append(s.logs, transport.NewLog(out, transport.LogOptions{
			Start: trace.start, Limit: trace.limit, Full: trace.full, Secrets: s.secrets(),
		}))
	}
	if len(s.logs) > 0 {
		s.record(s.logs[0])
	}
	s.opened = link
	var err error
	if s.wakeLine, err = openWake(rig); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.begin(ctx, link, rig.Module); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.logWire, err = openLog(ctx, rig.Log); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// begin opens the dialog over a link, which it owns from now on.
func (s *session) begin(ctx context.Context, link *opened, url scenarios.LinkURL) error {
	s.opened, s.url = link, url
	s.traced = link.conn
	for _, l := range s.logs {
		s.traced = l.Trace(s.traced)
	}
	s.at = at.New(s.traced, st67.Grammar())
	for _, secret := range s.secrets() {
		s.at.Mask(secret)
	}
	if s.wakeLine != nil { // an earlier run may have been killed while the module slept
		if err := s.wakeLine.pulse(ctx); err != nil {
			return err
		}
	}
	var err error
	s.module, err = st67.Open(ctx, s.at, st67.Options{Wifi: s.wifi, Reset: s.hooks.resetBy(link), Wake: s.wakeLine.options(), Log: s.logger})
	if err == nil && s.handed != nil {
		s.handed.Module, s.handed.Link = s.module, s.link
	}
	return err
}

// wifi is the network of the rig file; an emulated module knows its own air.
func wifi(link *opened, rig *scenarios.Rig) st67.Wifi {
	if link.silent {
		return st67.Wifi{}
	}
	if rig.Wifi.SSID == "" && link.emulated() {
		return st67.Wifi{SSID: emulator.DefaultSSID, Password: emulator.DefaultPassword}
	}
	return st67.Wifi{SSID: rig.Wifi.SSID, Password: rig.Wifi.Password, BSSID: rig.Wifi.BSSID}
}

// record lets one of the session's recordings go on, and the others rest.
func (s *session) record(log *transport.Log) {
	s.log = log
	for _, l := range s.logs {
		l.Pause(l != log)
	}
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
	r := &bench.Rig{Module: s.module, Peer: s.peer, Link: s.link, Wifi: s.wifi, Hooks: s.hooks, Reopen: s.reopen, Broker: s.broker,
		AP: s.accessPoint(), Clocks: s.rig.ClockSources(), Deaf: s.rig.Deaf()}
	s.handed = r
	if s.log != nil {
		r.Refer = func(stream uint32, offset int64, p []byte) { s.log.Refer(stream, offset, p) } // the log of whose turn it is
	}
	if s.current != nil {
		r.Meter = s.current.meter()
	}
	if s.rig.Neighbour != nil || s.emulated() {
		r.Neighbour = s.neighbour
	}
	switch {
	case s.logWire != nil:
		r.Log = s.logWire.watch
	case s.opened.log != nil:
		r.Log = func(take func(string)) func() { return s.opened.log.watch(take) } // a link that is opened anew has another
	}
	return r
}

// timeUnit is what access points count beacon intervals in (IEEE 802.11-2020, 9.4.1.3).
const timeUnit = 1024 * time.Microsecond

// accessPoint is what is known of the network's access point: from the rig file, or from the emulated air.
func (s *session) accessPoint() scenarios.AP {
	ap := s.rig.AP
	ap.TWT = len(s.rig.Lacks([]string{"twt-ap"})) == 0
	if s.emulated() {
		point, _ := s.emulator.Air()
		ap.DTIM, ap.Beacon = point.DTIM, time.Duration(point.Beacon)*timeUnit
	}
	return ap
}

// openPeer opens the network end: the remote one that the rig names, else one in this process.
func (s *session) openPeer(ctx context.Context, rig *scenarios.Rig, station st67.Station) error {
	if rig.Peer.Via != "" {
		remote, err := openRemotePeer(ctx, rig.Peer)
		if err != nil {
			return err
		}
		s.peer, s.host = remote, remote.Host()
		return nil
	}
	host, err := peerAddress(rig, s.emulated(), station)
	if err != nil {
		return err
	}
	network := s.network
	if s.emulated() {
		network.Dial = onAir(network.Dial, station.IP)
	}
	s.host, s.peer = host, peer.Local(network, host)
	return nil
}

// onAir dials an emulated module: its servers are at the station's address on this host, which is not in the network of
// the module's own access point.
func onAir(dial func(ctx context.Context, network, address string) (net.Conn, error), module netip.Addr) func(ctx context.Context, network, address string) (net.Conn, error) {
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if a, err := netip.ParseAddrPort(address); err == nil && !a.Addr().IsLoopback() {
			address = netip.AddrPortFrom(module, a.Port()).String()
		}
		return dial(ctx, network, address)
	}
}

// peerAddress is this host's address for the module: that of the rig, or the one in the module's subnet.
func peerAddress(rig *scenarios.Rig, emulated bool, station st67.Station) (netip.Addr, error) {
	switch {
	case rig.Peer.Address != "" && rig.Peer.Via == "":
		return ownAddress(rig.Peer.Address)
	case emulated, !station.IP.IsValid():
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil // the emulated module dials from this host
	default:
		return localAddress(station)
	}
}

// restoreTime bounds what is done for the module on the way out.
const restoreTime = 10 * time.Second

// use measures the supply current by c; nil for nothing.
func (s *session) use(c metered) {
	if c != nil {
		s.current = c
		c.share(s.hooks)
	}
}

// beside adds to a progress event what the meter sees, for live views.
func (s *session) beside(e bench.Event) bench.Event {
	if s.current != nil && e.Event == "progress" {
		e.Current = s.current.flows()
	}
	return e
}

// end puts the module back as it was found, ends what measures its current, and closes everything.
func (s *session) end() error {
	err := s.restore()
	if s.current != nil {
		err = errors.Join(err, s.current.finish())
	}
	return errors.Join(err, s.Close())
}

// Close puts the module back as it was found and closes everything.
func (s *session) Close() error {
	err := errors.Join(s.release(), s.opened.Close(), s.logWire.Close(), s.wakeLine.Close())
	if remote, ok := s.peer.(io.Closer); ok {
		err = errors.Join(err, remote.Close())
	}
	if s.closeBroker != nil {
		err = errors.Join(err, s.closeBroker())
	}
	for _, l := range s.logs {
		err = errors.Join(err, l.Close())
	}
	return err
}

// release puts the module back as it was found and ends the dialog and its link; trace and emulated module stay.
func (s *session) release() error {
	err := s.restore()
	if s.at != nil {
		err = errors.Join(err, s.at.Close())
	}
	s.at = nil
	return errors.Join(err, s.opened.leave())
}

// restore puts the module back as it was found; it is not used any more.
func (s *session) restore() error {
	m := s.module
	s.module = nil
	if m == nil || s.hooks.offSupply { // nothing is left of what was set
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), restoreTime)
	defer cancel()
	err := m.Restore(ctx)
	if err != nil {
		return fmt.Errorf("put the module back: %w", err)
	}
	return nil
}
