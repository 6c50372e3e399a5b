package main

import (
	"net"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"st67bench/bench/peer"
)

// A server of iperf3 that the rig names stands for the peer's network, also when the peer is in this process; one that is not there
// is said.
func TestNamedIperf3Server(t *testing.T) {
	program, err := exec.LookPath("iperf3")
	if err != nil {
		t.Skip("no iperf3 here: sudo apt-get install iperf3")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := l.Addr().String()
	l.Close()
	local := peer.Local(peer.Network{}, netip.MustParseAddr("127.0.0.1"))
	if c := networkCeiling(t.Context(), local, server); !strings.HasPrefix(c["network_ceiling_note"], "not measured: ") || c["network_ceiling_up"] != "" {
		t.Errorf("nobody there: %v", c)
	}
	_, port, _ := net.SplitHostPort(server)
	run := exec.CommandContext(t.Context(), program, "-s", "-p", port, "-B", "127.0.0.1")
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = run.Process.Kill()
		_ = run.Wait()
	}()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if conn, err := net.Dial("tcp", server); err == nil {
			conn.Close() // the server goes on: it was not told -1
			break
		}
	}
	var c map[string]string
	for range 5 { // it may still be busy with the connection that tried it
		if c = networkCeiling(t.Context(), local, server); c["network_ceiling_note"] == "" {
			break
		}
	}
	for _, name := range []string{"network_ceiling_up", "network_ceiling_down"} {
		if rate, err := strconv.ParseFloat(c[name], 64); err != nil || rate < 1e8 {
			t.Errorf("%s is %q over the loopback network: %v", name, c[name], c)
		}
	}
}
