package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"runtime"

	"st67bench/bench/peer"
	"st67bench/scenarios"
)

// Where the key of a remote peer comes from. It is never an argument, for those are shown to everybody on the machine.
const (
	peerKeyVariable     = "ST67_PEER_KEY"
	peerKeyFileVariable = "ST67_PEER_KEY_FILE"
)

// maxKeyFile is more than a file with a key has, in bytes.
const maxKeyFile = 1 << 10

// openRemotePeer opens the peer that serves at the rig's via, HOST:PORT, with the key of the environment. Who opens it
// closes it.
func openRemotePeer(ctx context.Context, rig scenarios.Peer) (*peer.Remote, error) {
	key, err := peerKey("")
	if err != nil {
		return nil, err
	}
	var host netip.Addr
	if rig.Address != "" {
		if host, err = netip.ParseAddr(rig.Address); err != nil {
			return nil, fmt.Errorf("peer address %q: with a remote peer it has to be an IP address of that machine", rig.Address)
		}
	}
	return peer.Dial(ctx, rig.Via, key, host)
}

// peerKey is the key in a file, or that of the environment when no file is named.
func peerKey(file string) (peer.Key, error) {
	if file == "" {
		if text := os.Getenv(peerKeyVariable); text != "" {
			key, err := peer.ParseKey(text)
			if err != nil {
				return key, fmt.Errorf("%s: %w", peerKeyVariable, err)
			}
			return key, nil
		}
		if file = os.Getenv(peerKeyFileVariable); file == "" {
			return peer.Key{}, fmt.Errorf("a remote peer needs a key: set %s or %s to that of the other side, or make one with st67bench peer --new-key",
				peerKeyVariable, peerKeyFileVariable)
		}
	}
	text, err := readPrivate(file)
	if err != nil {
		return peer.Key{}, fmt.Errorf("key of the remote peer: %w", err)
	}
	key, err := peer.ParseKey(text)
	if err != nil {
		return key, fmt.Errorf("%s: %w", file, err)
	}
	return key, nil
}

// readPrivate reads a small file that its owner alone may read. Windows has no such modes.
func readPrivate(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	const others fs.FileMode = 0o077
	switch {
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is no regular file", file)
	case runtime.GOOS != "windows" && info.Mode()&others != 0:
		return "", fmt.Errorf("%s may be read by others (mode %04o); chmod 600 %s, and make a new key if somebody did", file, info.Mode().Perm(), file)
	case info.Size() > maxKeyFile:
		return "", errors.New(file + " is too long for a key")
	}
	text, err := io.ReadAll(f)
	return string(text), err
}
