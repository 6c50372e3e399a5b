package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
)

// reach tells gateway, peer by ping, and peer by TCP apart, because which of
// them fails says what is in the way.
func (c *checker) reach(ctx context.Context, s *session, station st67.Station) {
	gateway := c.ping(ctx, s, station.Gateway.String())
	if gateway {
		c.report(ok, "gateway", "answers ping")
	} else {
		c.report(warn, "gateway", fmt.Sprintf("%s does not answer ping: filtered, or the radio link is bad", station.Gateway))
	}
	if c.noRemote {
		c.report(skip, "peer", "not tried: no remote peer")
		return
	}
	if err := s.openPeer(ctx, c.rig, station); err != nil {
		c.report(wrong, "peer", err.Error())
		return
	}
	c.wireless(s.host)
	pinged := c.ping(ctx, s, s.host.String())
	c.tcp(ctx, s, s.host, gateway, pinged)
}

// clockEnough is how well the clock of a remote peer should be known: latencies of the module are a few ms.
const clockEnough = time.Millisecond

// remotePeer looks whether the rig's remote peer is there, has the key, and how well its clock is known.
func (c *checker) remotePeer(ctx context.Context) {
	if c.rig.Peer.Via == "" {
		return
	}
	p, err := openRemotePeer(ctx, c.rig.Peer)
	if err != nil {
		c.noRemote = true
		c.report(wrong, "remote", err.Error())
		return
	}
	defer p.Close()
	offset, uncertainty := p.Clock()
	text := fmt.Sprintf("%s has the key; the module connects to %s; its clock differs by %v, give or take %v",
		c.rig.Peer.Via, p.Host(), offset.Round(time.Microsecond), uncertainty.Round(time.Microsecond))
	if uncertainty > clockEnough {
		c.report(warn, "remote", text+", which every one-way time has on it",
			"connect both machines by cable to the same switch: the uncertainty is half of the shortest round trip")
		return
	}
	c.report(ok, "remote", text)
}

// ping says whether a host answers the module's ping at all.
func (c *checker) ping(ctx context.Context, s *session, host string) bool {
	times, err := s.module.Ping(ctx, host, 3)
	return err == nil && len(times) > 0
}

// tcp connects the module to a sink of ours and sends one block.
func (c *checker) tcp(ctx context.Context, s *session, host netip.Addr, gateway, pinged bool) {
	err := sendOneBlock(ctx, s)
	switch {
	case err == nil && pinged:
		c.report(ok, "peer", host.String()+" answers ping and takes TCP")
	case err == nil:
		c.report(ok, "peer", host.String()+" takes TCP; it does not answer ping, which no scenario here needs")
	case pinged:
		c.report(wrong, "peer", fmt.Sprintf("%s answers ping but not TCP: a firewall on that host", host),
			"there, let TCP from the module's subnet in, for example: sudo nft insert rule inet filter input ip saddr "+subnet(host)+" accept", "the module said: "+err.Error())
	case gateway:
		c.report(wrong, "peer", fmt.Sprintf("%s answers neither ping nor TCP, but the gateway answers: client isolation on the access point, or a firewall", host),
			"switch client (AP) isolation off, or connect this host to the access point by cable", "the module said: "+err.Error())
	default:
		c.report(wrong, "peer", fmt.Sprintf("%s is not reached: %v", host, err), "look at the radio link first: the gateway does not answer either")
	}
}

// sendOneBlock is the shortest true measurement: connect, send, and see it arrive.
func sendOneBlock(ctx context.Context, s *session) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	stream := peer.Stream{ID: 0, Seed: 1, Block: 512}
	sink, err := s.peer.Sink(ctx, stream, peer.Options{})
	if err != nil {
		return err
	}
	defer sink.Close()
	if err := s.module.Connect(ctx, 0, "tcp", sink.Addr()); err != nil {
		return err
	}
	defer s.module.CloseLink(ctx, 0)
	block := make([]byte, stream.Block)
	stream.Fill(block, 0)
	if _, err := s.module.Send(ctx, 0, block, st67.SendOptions{}); err != nil {
		return err
	}
	wait, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	return sink.Wait(wait, int64(len(block)))
}

// wireless names an interface that shares the air with the module.
func (c *checker) wireless(host netip.Addr) {
	name, isWireless := interfaceOf(host)
	if isWireless {
		c.report(warn, "peer", fmt.Sprintf("%s is on %s, a wireless interface: host and module share the air, which may halve the figure", host, name),
			"connect this host to the access point by cable")
	}
}

// interfaceOf is the interface that has an address, and whether it is a radio.
func interfaceOf(host netip.Addr) (name string, wireless bool) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return "", false
	}
	for _, i := range interfaces {
		addrs, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addrs {
			n, isNet := a.(*net.IPNet)
			if !isNet {
				continue
			}
			if p, valid := toPrefix(n); valid && p.Addr() == host {
				_, err := os.Stat(filepath.Join("/sys/class/net", i.Name, "wireless"))
				return i.Name, err == nil
			}
		}
	}
	return "", false
}

// subnet is the /24 or /64 round an address, for a firewall rule.
func subnet(host netip.Addr) string {
	bits := 24
	if host.Is6() {
		bits = 64
	}
	p, err := host.Prefix(bits)
	if err != nil {
		return host.String()
	}
	return p.String()
}

// programs looks for what some scenarios run beside the module.
func (c *checker) programs(ctx context.Context) {
	for _, p := range []string{"iperf", "iperf3"} {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		cmd := exec.CommandContext(ctx, p, "-v")
		out, _ := cmd.CombinedOutput() // iperf 2 exits with 1 after printing its version
		cancel()
		text, _, _ := bytes.Cut(bytes.TrimSpace(out), []byte("\n"))
		if cmd.ProcessState == nil || len(text) == 0 {
			c.report(skip, p, "not installed; scenarios that need it will be skipped: sudo apt-get install "+p)
			continue
		}
		c.report(ok, p, string(text))
	}
}
