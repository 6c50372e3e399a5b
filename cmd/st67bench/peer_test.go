package main

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"st67bench/bench/peer"
	"st67bench/results"
	"st67bench/scenarios"
)

// The patterns that a scenario may ask for are those that the peer knows: scenarios may not import it.
func TestPatternsAreThoseOfThePeer(t *testing.T) {
	text := func(payload string) []byte {
		return []byte("name: p\ntitle: t\nworkload: {kind: cipsend, payload: " + payload + "}\n")
	}
	for _, name := range peer.Patterns() {
		if _, err := scenarios.Parse("p.yaml", text(name)); err != nil {
			t.Error(err)
		}
	}
	_, err := scenarios.Parse("p.yaml", text("burn"))
	if want := "allowed here: " + strings.Join(peer.Patterns(), ", "); err == nil || !strings.Contains(err.Error()+"\n", want+"\n") {
		t.Errorf("%v, want %q", err, want)
	}
}

func TestPeerUsage(t *testing.T) {
	t.Setenv(peerKeyVariable, "")
	t.Setenv(peerKeyFileVariable, "")
	open := write(t, "open.key", peer.NewKey().Text())
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"nothing":   {nil, exitUsage, "needs --listen HOST:PORT or --new-key"},
		"no port":   {[]string{"--listen", "127.0.0.1", "--key", private(t)}, exitUsage, "is not HOST:PORT"},
		"a name":    {[]string{"--listen", "127.0.0.1:0", "--address", "here"}, exitUsage, "not an IP address"},
		"no key":    {[]string{"--listen", "127.0.0.1:0"}, exitError, "st67bench peer --new-key"},
		"no file":   {[]string{"--listen", "127.0.0.1:0", "--key", "/no/such"}, exitError, "no such file"},
		"open file": {[]string{"--listen", "127.0.0.1:0", "--key", open}, exitError, "chmod 600 " + open},
		"no key in": {[]string{"--listen", "127.0.0.1:0", "--key", private(t, "secret")}, exitError, "43 letters"},
		"not ours":  {[]string{"--listen", "192.0.2.1:6768", "--key", private(t)}, exitError, "choose an address of this machine and a free port"},
	} {
		code, _, errOut := cli(t, append([]string{"peer"}, c.args...)...)
		if code != c.code || !strings.Contains(errOut, c.want) || strings.Contains(errOut, "secret") {
			t.Errorf("%s: exit %d, %s", name, code, errOut)
		}
	}
	code, out, _ := cli(t, "peer", "--new-key")
	if _, err := peer.ParseKey(out); code != 0 || err != nil {
		t.Errorf("exit %d, %v", code, err)
	}
}

// private is a file that its owner alone may read: with a new key, or with text.
func private(t *testing.T, text ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "peer.key")
	if len(text) == 0 {
		text = []string{peer.NewKey().Text()}
	}
	if err := os.WriteFile(path, []byte(text[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// remoteRig is a rig with an emulated module whose remote peer serves at via.
func remoteRig(t *testing.T, via string) string {
	t.Helper()
	return write(t, "rig.yaml", "name: two-hosts\nmodule: emulated?link=memory&baud=12000000&latency=0s&radio=unlimited&radio-latency=0s&boot=0s\npeer: {via: \""+via+"\"}\n")
}

// The whole command against a remote peer in a process of its own: it measures, its check is content, and a run says how well
// the clocks agree.
func TestRemotePeer(t *testing.T) {
	key := private(t)
	t.Setenv(peerKeyVariable, "")
	t.Setenv(peerKeyFileVariable, key)
	cmd, out, errOut := start(t, "peer", "--listen", "127.0.0.1:0", "--key", key)
	if !out.Scan() {
		t.Fatalf("no address: %s", errOut)
	}
	via := strings.TrimPrefix(out.Text(), "peer on ")
	rig := remoteRig(t, via)
	code, all := findings(t, rig)
	if code != 0 {
		t.Errorf("check: exit %d", code)
	}
	want(t, all, ok, "remote", via+" has the key", "127.0.0.1", "give or take")
	want(t, all, ok, "peer", "takes TCP")

	for _, workload := range []string{"{kind: cipsend, total: 200kB}", "{kind: receive, total: 200kB}"} {
		dir := t.TempDir()
		file := write(t, "far.yaml", "name: far\ntitle: t\nneeds: [remote-peer]\nworkload: "+workload+"\nrepeats: {min: 1, max: 1}\nwarmup: 0\n")
		if code, stdout, stderr := cli(t, "run", "-q", "--rig", rig, "--out", dir, file); code != 0 {
			t.Fatalf("run: exit %d\n%s%s", code, stdout, stderr)
		}
		far(t, dir)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the peer ended with %v; %s", err, errOut)
	}
}

// far looks at the run in dir, which was measured against a remote peer on this machine.
func far(t *testing.T, dir string) {
	t.Helper()
	run := onlyRun(t, dir)
	if run.Identity["peer"] != "remote" {
		t.Errorf("the peer is %q", run.Identity["peer"])
	}
	for _, conditions := range []map[string]string{run.Conditions, run.Results[0].Conditions} {
		uncertainty, err := strconv.ParseFloat(conditions["clock_uncertainty"], 64)
		if err != nil || uncertainty <= 0 || uncertainty > 0.1 {
			t.Errorf("clock_uncertainty %q", conditions["clock_uncertainty"])
		}
		if offset, err := strconv.ParseFloat(conditions["clock_offset"], 64); err != nil || offset < -1 || offset > 1 {
			t.Errorf("clock_offset %q, and it is one machine", conditions["clock_offset"])
		}
	}
	if _, err := strconv.ParseFloat(run.Results[0].Conditions["clock_uncertainty_after"], 64); err != nil {
		t.Error(err)
	}
	up, err := strconv.ParseFloat(run.Conditions["network_ceiling_up"], 64)
	if note := run.Conditions["network_ceiling_note"]; (err != nil || up < 1e6) != (note != "") {
		t.Errorf("network_ceiling_up %q, note %q", run.Conditions["network_ceiling_up"], note)
	}
	if m := run.Results[0].Metrics; m["goodput"] <= 0 || m["loss"] != 0 || m["received"] < 200e3 {
		t.Errorf("%s: %v", run.Results[0].Err, m)
	}
}

// onlyRun opens the one run of a folder.
func onlyRun(t *testing.T, dir string) *results.Run {
	t.Helper()
	runs, err := results.List(dir)
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs: %v", len(runs), err)
	}
	run, err := results.Open(runs[0].Dir)
	if err != nil || len(run.Results) == 0 {
		t.Fatalf("no result: %v", err)
	}
	return run
}

// What keeps a rig from its remote peer is one sentence that says what to do.
func TestRemotePeerErrors(t *testing.T) {
	_, out, errOut := start(t, "peer", "--listen", "127.0.0.1:0", "--key", private(t))
	if !out.Scan() {
		t.Fatalf("no address: %s", errOut)
	}
	via := strings.TrimPrefix(out.Text(), "peer on ")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
	for name, c := range map[string]struct{ via, key, want string }{
		"no key":       {via, "", "set ST67_PEER_KEY or ST67_PEER_KEY_FILE"},
		"another key":  {via, private(t), "give both sides the same one"},
		"nobody there": {ln.Addr().String(), private(t), "start st67bench peer --listen there"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(peerKeyVariable, "")
			t.Setenv(peerKeyFileVariable, c.key)
			rig := remoteRig(t, c.via)
			code, all := findings(t, rig)
			if code != exitError {
				t.Errorf("check: exit %d", code)
			}
			want(t, all, wrong, "remote", c.want)
			want(t, all, skip, "peer", "no remote peer")
			file := write(t, "far.yaml", "name: far\ntitle: t\nworkload: {kind: cipsend, sends: 20}\n")
			began := time.Now()
			code, _, stderr := cli(t, "run", "-q", "--rig", rig, "--out", t.TempDir(), file)
			if code != exitError || !strings.Contains(stderr, c.want) || time.Since(began) > 20*time.Second {
				t.Errorf("run: exit %d, %s", code, stderr)
			}
		})
	}
}

// With the peer in this process there is no network between it and the harness, and a run says so.
func TestNoNetworkCeiling(t *testing.T) {
	c := networkCeiling(t.Context(), peer.Local(peer.Network{}, netip.IPv6Loopback()), "")
	if len(c) != 1 || !strings.Contains(c["network_ceiling_note"], "the peer is in this process") {
		t.Errorf("%v", c)
	}
}
