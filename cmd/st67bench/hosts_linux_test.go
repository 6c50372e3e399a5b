package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// asHosts says that the test binary runs in a network namespace of its own.
const asHosts = "ST67BENCH_AS_HOSTS"

// The network between the two hosts: a cable that both ends shape.
const (
	harnessHost = "10.67.0.2"
	peerHost    = "10.67.0.1"
	shapedRate  = 2e6 // bit/s of frames
)

// TestTwoHosts has the harness in one network namespace, and st67bench peer in another. What the remote peer measures of
// the emulated module, whose sockets go through the cable, is what the shaper lets through, and strangers are served nothing.
//
// The token bucket counts frames from the Ethernet header on. A frame of TCP has 14 B of it, 20 B of IPv4, 32 B of TCP with
// its timestamps, and 1448 B of payload, which fill a packet of 1500 B; a datagram has 8 B of UDP in their place.
func TestTwoHosts(t *testing.T) {
	if os.Getenv(asHosts) == "" { // not parallel: what the shaper lets through is measured by the clock
		apart(t)
		return
	}
	key := private(t)
	t.Setenv(peerKeyFileVariable, key)
	said := farHost(t, key)
	t.Run("strangers", func(t *testing.T) { strangers(t, said) })
	t.Run("up", func(t *testing.T) {
		shaped(t, "workload: {kind: cipsend, length: 1448, duration: 2s}\nsweep: {protocol: [tcp, udp]}\n")
	})
	t.Run("down", func(t *testing.T) {
		shaped(t, "workload: {kind: receive, length: 1448, duration: 2s}\nsweep: {mode: [active, passive]}\n")
	})
}

// What the shaper lets through of payload, in bit/s.
const (
	shapedTCP = shapedRate * 1448 / (14 + 20 + 32 + 1448)
	shapedUDP = shapedRate * 1448 / (14 + 20 + 8 + 1448)
)

// apart runs the test once more, in a network namespace of its own.
func apart(t *testing.T) {
	for _, program := range []string{"ip", "tc"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("the two hosts need iproute2:", err)
		}
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), asHosts+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Getuid() != 0 { // the root of a namespace of users
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Skip("no network namespace here:", err)
	}
	err := cmd.Wait()
	if _, why, skipped := strings.Cut(out.String(), noCable); skipped {
		reason, _, _ := strings.Cut(why, "\n")
		t.Skip(noCable + reason)
	}
	if err != nil || !strings.Contains(out.String(), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, &out)
		return
	}
	t.Log(out.String())
}

// noCable begins the reason why this machine cannot have the two hosts.
const noCable = "no shaped cable between namespaces here: "

// sh runs a line of shell.
func sh(t *testing.T, line string) {
	t.Helper()
	if out, err := exec.Command("sh", "-c", line).CombinedOutput(); err != nil {
		t.Skip(noCable + line + ": " + strings.TrimSpace(string(out)))
	}
}

// farHost plugs the cable in and starts the peer at its other end, until the test ends. It returns what the peer says on stderr.
func farHost(t *testing.T, key string) *heard {
	t.Helper()
	shaper := fmt.Sprintf("root tbf rate %dbit burst 8kb latency 600ms", int(shapedRate))
	sh(t, "ip link set lo up && ip link add here type veth peer name there && ip addr add "+harnessHost+"/32 dev here")
	script := "read plugged && ip link set lo up && ip addr add " + peerHost + "/32 dev there && ip link set there up && " +
		route(harnessHost, "there", peerHost) + " && tc qdisc replace dev there " + shaper + ` && exec "$0" peer --listen ` + peerHost + `:6768 --key "$1"`
	cmd := exec.Command("sh", "-c", script, os.Args[0], key)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	said := &heard{}
	cmd.Stderr = said
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skip(noCable + err.Error())
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	sh(t, "ip link set there netns "+strconv.Itoa(cmd.Process.Pid)+" && ip link set here up && "+
		route(peerHost, "here", harnessHost)+" && tc qdisc replace dev here "+shaper)
	_, _ = io.WriteString(in, "\n")
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Skip(noCable + said.String())
	} else if line != "peer on "+peerHost+":6768\n" {
		t.Fatalf("the peer says %q", line)
	}
	return said
}

// route leads to the other host. Its TCP window fits into the shaper's queue, 150 kB, so that no segment is lost; and it
// keeps the queue from running empty while this machine does something else for 400 ms.
func route(to, dev, from string) string {
	return "ip route add " + to + " dev " + dev + " src " + from + " window 100000"
}

// shaped measures a workload through the cable, and holds goodput and iperf3 against what the shaper lets through.
//
// A machine that is busy with other things makes a repeat slower than the shaper is; or faster, where it comes late to the
// first read: what waited for that, which the window bounds, counts as if it had come after it. Neither hits the shaper's
// rate, so one repeat that does is enough, and a busy machine has several runs to get there.
func shaped(t *testing.T, workload string) {
	file := write(t, "far.yaml", "name: far\ntitle: t\nneeds: [remote-peer]\n"+workload+"repeats: {min: 2, max: 2}\nwarmup: 0\n")
	nearest := map[string]float64{}
	for range 4 {
		through(t, file, nearest)
		if t.Failed() || len(missed(nearest)) == 0 {
			break
		}
	}
	for _, miss := range missed(nearest) {
		t.Error(miss)
	}
}

// shapedWindow is how much of a stream waits at its receiver at most, in bytes: route's window, and the shaper's burst.
const shapedWindow = 100_000 + 8<<10

// shares is what of payload the shaper lets through, in bit/s, and how far from it a figure may be.
func shares(name string) (rate, off float64) {
	switch {
	case strings.HasPrefix(name, "network_ceiling"): // iperf3 counts in whole reads
		return shapedTCP, 0.1
	case name == "protocol=udp":
		return shapedUDP, 0.03
	}
	return shapedTCP, 0.03
}

// missed is which figures are not what the shaper lets through.
func missed(nearest map[string]float64) (why []string) {
	for name, rate := range nearest {
		if want, off := shares(name); math.Abs(rate/want-1) > off {
			why = append(why, fmt.Sprintf("%s: %.0f bit/s, the shaper lets %.0f through", name, rate, want))
		}
	}
	return why
}

// through runs a scenario, and keeps of each of its figures the one that is nearest to what the shaper lets through.
func through(t *testing.T, file string, nearest map[string]float64) {
	dir := t.TempDir()
	if code, stdout, stderr := cli(t, "run", "-q", "--rig", remoteRig(t, peerHost+":6768"), "--out", dir, file); code != 0 {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	seen := func(name string, rate float64) {
		want, _ := shares(name)
		if old, known := nearest[name]; !known || math.Abs(rate-want) < math.Abs(old-want) {
			nearest[name] = rate
		}
	}
	run := onlyRun(t, dir)
	for _, r := range run.Results {
		m := r.Metrics
		if m["loss"] > 0 && r.Case != "protocol=udp" || m["corrupt"]+m["foreign"]+m["duplicate"] != 0 {
			t.Errorf("%s: what arrived: %v", r.Case, m)
		}
		want, off := shares(r.Case)
		if most := want*(1+off) + 8*shapedWindow/2; m["goodput"] > most { // in 2 s
			t.Errorf("%s: goodput %.0f bit/s, more than %.0f", r.Case, m["goodput"], most)
		}
		t.Logf("%s: goodput %.4g bit/s, clocks to %s s", r.Case, m["goodput"], r.Conditions["clock_uncertainty"])
		seen(r.Case, m["goodput"])
	}
	for _, name := range []string{"network_ceiling_up", "network_ceiling_down"} {
		rate, err := strconv.ParseFloat(run.Conditions[name], 64)
		t.Logf("%s: %.4g bit/s %s", name, rate, run.Conditions["network_ceiling_note"])
		if err == nil {
			seen(name, rate)
		}
	}
}

// strangers come over the cable without the key.
func strangers(t *testing.T, said *heard) {
	at := peerHost + ":6768"
	for name, dial := range map[string]func() (net.Conn, error){
		"in the clear":   func() (net.Conn, error) { return net.Dial("tcp", at) },
		"without a cert": func() (net.Conn, error) { return tls.Dial("tcp", at, &tls.Config{InsecureSkipVerify: true}) },
	} {
		c, err := dial()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		hello := `{"id":1,"op":"hello","args":{"version":1}}`
		_, _ = c.Write(append([]byte{0, 0, 0, byte(len(hello))}, hello...))
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
		if text, _ := io.ReadAll(c); bytes.Contains(text, []byte("result")) {
			t.Errorf("%s: it answers %q", name, text)
		}
		_ = c.Close()
	}
	t.Setenv(peerKeyFileVariable, private(t))
	code, _, stderr := cli(t, "run", "-q", "--rig", remoteRig(t, at), "--out", t.TempDir(), "cipsend-quick")
	if code != exitError || !strings.Contains(stderr, "does not have the same key") {
		t.Errorf("another key: exit %d, %s", code, stderr)
	}
	for end := time.Now().Add(20 * time.Second); strings.Count(said.String(), "refused") < 3; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the peer's log: %s", said)
		}
	}
	if strings.Contains(said.String(), "session begins") {
		t.Errorf("a stranger has a session: %s", said)
	}
}

// heard is what a process says, while it says it.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}
