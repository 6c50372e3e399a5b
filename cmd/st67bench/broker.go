package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"st67bench/bench/peer"
	"st67bench/scenarios"
)

const (
	brokerTime = 5 * time.Second      // for mosquitto to listen
	brokerLife = 366 * 24 * time.Hour // at the most
)

// brokerTodo is what a person does on a rig without a broker.
const brokerTodo = "mqtt broker: sudo apt-get install mosquitto, or mqtt: in the rig file"

// mosquitto finds the program, which Debian keeps out of a user's PATH.
func mosquitto() (string, error) {
	if path, err := exec.LookPath("mosquitto"); err == nil {
		return path, nil
	}
	return exec.LookPath("/usr/sbin/mosquitto")
}

// ownBroker says whether the rig's broker is one that is started for the run.
func ownBroker(rig *scenarios.Rig) bool {
	return rig.MQTT == scenarios.LocalBroker || rig.MQTT == "" && rig.Module.Scheme == "emulated"
}

// localBroker is a mosquitto of this run.
type localBroker struct {
	dir     string
	address string
	cancel  context.CancelFunc
	ended   chan struct{}
	err     error // why it ended, after ended is closed
}

// startBroker starts a mosquitto on a free port of host, in a process group of its own, and returns when it listens.
// Everybody who reaches the port may use it.
func startBroker(ctx context.Context, host netip.Addr) (*localBroker, error) {
	path, err := mosquitto()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", brokerTodo, err)
	}
	l, err := net.Listen("tcp", netip.AddrPortFrom(host, 0).String())
	if err != nil {
		return nil, fmt.Errorf("mqtt broker: %w", err)
	}
	b := &localBroker{address: l.Addr().String(), ended: make(chan struct{})}
	_, port, _ := net.SplitHostPort(b.address)
	_ = l.Close()
	if b.dir, err = os.MkdirTemp("", "st67bench-mqtt"); err != nil {
		return nil, err
	}
	config := filepath.Join(b.dir, "mosquitto.conf")
	text := fmt.Sprintf("listener %s %s\nallow_anonymous true\npersistence false\nlog_type error\nlog_type warning\n", port, host)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, errors.Join(err, os.RemoveAll(b.dir))
	}
	life, cancel := context.WithCancel(context.Background())
	b.cancel = cancel
	go func() {
		defer close(b.ended)
		_, b.err = peer.Run(life, peer.ExecOptions{Path: path, Args: []string{"-c", config}, Package: "mosquitto", Deadline: brokerLife})
	}()
	if err := b.ready(ctx); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// ready waits until it listens.
func (b *localBroker) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, brokerTime, fmt.Errorf("mosquitto does not listen on %s after %v", b.address, brokerTime))
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", b.address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-b.ended:
			return fmt.Errorf("mosquitto ended before it listened on %s: %w", b.address, b.err)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Close ends it.
func (b *localBroker) Close() error {
	b.cancel()
	<-b.ended
	return os.RemoveAll(b.dir)
}

// openBroker makes the broker ready that a scenario needs: the rig file's, or one that is started for the run. nil without an
// error: there is none, and whoever needs it is skipped. closeIt is never nil.
func (m *measurement) openBroker(ctx context.Context, s *session) (b *peer.Broker, closeIt func() error, err error) {
	closeIt = func() error { return nil }
	switch {
	case !m.usesBroker():
		return nil, closeIt, nil
	case !ownBroker(m.rig):
		return brokerOf(m.rig.MQTT), closeIt, nil
	case s.opened.broker.IsValid():
		return &peer.Broker{Network: s.network, Address: s.opened.broker.String()}, closeIt, nil
	}
	if _, err := mosquitto(); err != nil {
		return nil, closeIt, nil
	}
	local, err := startBroker(ctx, s.host)
	if err != nil {
		return nil, closeIt, err
	}
	return &peer.Broker{Address: local.address}, local.Close, nil
}

// usesBroker says whether any case has a use for a broker.
func (m *measurement) usesBroker() bool {
	return needs(m.scenario, "mqtt") || slices.ContainsFunc(m.cases, func(c scenarios.Case) bool { return c.Workload.Connected == "mqtt" })
}

// needs says whether a scenario needs something of the rig.
func needs(s *scenarios.Scenario, need string) bool { return slices.Contains(s.Needs, need) }

// brokerOf reads the rig file's URL, whose form was checked; nil for none. A password may hold any character, so it is no URL
// of RFC 3986.
func brokerOf(text string) *peer.Broker {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return nil
	}
	b := &peer.Broker{TLS: scheme == "mqtts"}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		b.Username, b.Password, _ = strings.Cut(rest[:i], ":")
		rest = rest[i+1:]
	}
	b.Address = rest
	if _, _, err := net.SplitHostPort(rest); err != nil {
		port := "1883"
		if b.TLS {
			port = "8883"
		}
		b.Address = net.JoinHostPort(rest, port)
	}
	return b
}
