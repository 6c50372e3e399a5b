package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"

	"github.com/spf13/cobra"

	"st67bench/bench/peer"
)

func newPeer(a *app) *cobra.Command {
	var listen, keyFile string
	var addresses []string
	var newKey bool
	c := &cobra.Command{
		Use:   "peer",
		Short: "Be the network end for a harness on another machine",
		Long: "peer runs the sinks, sources, echoes and iperf ends of measurements on this machine, until it is interrupted. The\n" +
			"machine at the module names it in its rig file: peer: {via: HOST:PORT}. Both need the same key, in the variable\n" +
			"ST67_PEER_KEY or in a file that nobody else can read; who does not have it is served nothing.",
		Example: "  st67bench peer --new-key > peer.key; chmod 600 peer.key\n" +
			"  st67bench peer --listen 192.168.1.20:6768 --key peer.key",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if newKey {
				fmt.Fprintln(a.out, peer.NewKey().Text())
				return nil
			}
			if listen == "" {
				return usage(errors.New("peer needs --listen HOST:PORT or --new-key; see st67bench peer --help"))
			}
			o := peer.ServeOptions{Log: slog.New(slog.NewTextHandler(a.errOut, nil))}
			for _, text := range addresses {
				address, err := netip.ParseAddr(text)
				if err != nil {
					return usage(fmt.Errorf("--address %q is not an IP address", text))
				}
				o.Addresses = append(o.Addresses, address)
			}
			key, err := peerKey(keyFile)
			if err != nil {
				return err
			}
			return a.servePeer(cmd.Context(), listen, key, o)
		},
	}
	f := c.Flags()
	f.StringVar(&listen, "listen", "", "take the harness's control connection on this `address`, host:port")
	f.StringVar(&keyFile, "key", "", "`file` with the key (default the variable ST67_PEER_KEY, or the file that ST67_PEER_KEY_FILE names)")
	f.StringArrayVar(&addresses, "address", nil, "what the module connects to, when it is not the `address` by which the harness comes; one of each version of IP")
	f.BoolVar(&newKey, "new-key", false, "print a new key, and do nothing else")
	return c
}

// servePeer serves until the context ends.
func (a *app) servePeer(ctx context.Context, listen string, key peer.Key, o peer.ServeOptions) error {
	if _, _, err := net.SplitHostPort(listen); err != nil {
		return usage(fmt.Errorf("--listen %q is not HOST:PORT", listen))
	}
	ln, err := listenTCP(listen)
	if err != nil {
		return fmt.Errorf("cannot listen for the harness: %w; choose an address of this machine and a free port", err)
	}
	fmt.Fprintf(a.out, "peer on %s\n", ln.Addr())
	return peer.ServeControl(ctx, ln, key, o)
}
