package main

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"st67bench/results"
)

// longScenario takes far longer than any test waits.
const longScenario = "name: long\ntitle: t\nworkload: {kind: cipsend, duration: 1s}\nsweep: {length: [512, 1460]}\nrepeats: {min: 50, max: 50}\nwarmup: 0\n"

// start runs the command as a process of its own.
func start(t *testing.T, args ...string) (*exec.Cmd, *bufio.Scanner, *bytes.Buffer) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, bufio.NewScanner(out), &errOut
}

// untilResults reads the event stream until n results were seen.
func untilResults(t *testing.T, events *bufio.Scanner, n int) {
	t.Helper()
	for n > 0 && events.Scan() {
		if strings.Contains(events.Text(), `"event":"result"`) {
			n--
		}
	}
	if n > 0 {
		t.Fatal("the command ended before its results")
	}
}

// Ctrl-C ends the case, keeps what was measured and marks the rest ABORTED.
func TestInterrupt(t *testing.T) {
	out := t.TempDir()
	cmd, events, errOut := start(t, "run", "--json", "--rig", "emulated?link=memory", "--out", out, write(t, "long.yaml", longScenario))
	untilResults(t, events, 2)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var last string
	for events.Scan() {
		last = events.Text()
	}
	err := cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitError {
		t.Errorf("exit %d (%v), want 1; %s", code, err, errOut)
	}
	if !strings.Contains(last, `"event":"end"`) || !strings.Contains(last, `"exit":1`) {
		t.Errorf("last event is %s", last)
	}
	runs, err := results.List(out)
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs: %v", len(runs), err)
	}
	run, err := results.Open(runs[0].Dir)
	if err != nil {
		t.Fatal(err)
	}
	measured, aborted := 0, 0
	for _, r := range run.Results {
		switch r.Outcome {
		case results.Pass:
			measured++
		case results.Aborted:
			aborted++
		}
	}
	if measured < 2 || aborted < 2 {
		t.Errorf("%d measured, %d aborted; want what was measured, and every unfinished case", measured, aborted)
	}
}

// kill -9 loses at most the case in flight: the run opens, and reports.
func TestKill(t *testing.T) {
	out := t.TempDir()
	cmd, events, _ := start(t, "run", "--json", "--rig", "emulated?link=memory", "--out", out, write(t, "long.yaml", longScenario))
	untilResults(t, events, 2)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	runs, err := results.List(out)
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs: %v", len(runs), err)
	}
	run, err := results.Open(runs[0].Dir)
	if err != nil || len(run.Results) < 2 {
		t.Fatalf("%d results after kill -9: %v", len(run.Results), err)
	}
	if code, stdout, errOut := cli(t, "report", runs[0].Dir); code != 0 || !strings.Contains(stdout, "bit/s") {
		t.Errorf("report: exit %d\n%s%s", code, stdout, errOut)
	}
}

// Any program can use the emulated module: here a raw client over TCP.
func TestEmulateTCP(t *testing.T) {
	cmd, out, errOut := start(t, "emulate", "--tcp", "127.0.0.1:0", "--set", "boot=0s")
	if !out.Scan() {
		t.Fatalf("no address: %s", errOut)
	}
	_, addr, _ := strings.Cut(out.Text(), "tcp:")
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	dialog(t, conn)
	endEmulate(t, cmd)
}

// The same over a pseudo-terminal that the harness opens as a serial port.
func TestEmulatePTY(t *testing.T) {
	skipWithoutPTY(t)
	link := filepath.Join(t.TempDir(), "module")
	cmd, out, errOut := start(t, "emulate", "--pty", link)
	if !out.Scan() {
		t.Fatalf("no PTY: %s", errOut)
	}
	t.Setenv("ST67_SSID", "st67bench")
	t.Setenv("ST67_PASSWORD", "emulated-air")
	rig := write(t, "rig.yaml", "name: pty\nmodule: uart:"+link+"\nwifi: {ssid: \"${ST67_SSID}\", password: \"${ST67_PASSWORD}\"}\npeer: {address: 127.0.0.1}\n")
	code, stdout, stderr := cli(t, "check", "--rig", rig)
	if code != 0 || !strings.Contains(stdout, "0 problems") {
		t.Errorf("check: exit %d\n%s%s", code, stdout, stderr)
	}
	file := write(t, "tiny.yaml", "name: tiny\ntitle: t\nworkload: {kind: cipsend, sends: 30}\nrepeats: {min: 1, max: 1}\n")
	dir := t.TempDir()
	code, stdout, stderr = cli(t, "run", "--rig", rig, "--out", dir, file)
	if code != 0 || strings.Contains(stdout, "EMULATED") {
		t.Errorf("run: exit %d\n%s%s", code, stdout, stderr)
	}
	noSecret(t, dir, "emulated-air")
	endEmulate(t, cmd)
}

// noSecret fails when a file below dir holds the secret.
func noSecret(t *testing.T, dir, secret string) {
	t.Helper()
	files := 0
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("%s holds the password", path)
		}
		return err
	})
	if err != nil || files < 5 {
		t.Errorf("%d files: %v", files, err)
	}
}

// dialog is the shortest proof that a module answers.
func dialog(t *testing.T, conn io.ReadWriter) {
	t.Helper()
	in := bufio.NewReader(conn)
	for _, step := range []struct{ send, want string }{{"", "ready"}, {"AT\r\n", "OK"}} {
		if _, err := io.WriteString(conn, step.send); err != nil {
			t.Fatal(err)
		}
		if _, err := in.ReadString('\n'); err != nil { // the empty line before it
			t.Fatal(err)
		}
		if line, err := in.ReadString('\n'); strings.TrimSpace(line) != step.want {
			t.Fatalf("after %q came %q (%v), want %q", step.send, line, err, step.want)
		}
	}
}

func endEmulate(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("emulate ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("emulate does not end")
	}
}
