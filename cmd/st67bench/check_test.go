package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// findings runs check --json on a rig.
func findings(t *testing.T, rig string) (code int, all []finding) {
	t.Helper()
	code, stdout, errOut := cli(t, "check", "--json", "--rig", rig)
	for line := range strings.Lines(stdout) {
		var f finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatalf("%q: %v (%s)", line, err, errOut)
		}
		all = append(all, f)
	}
	return code, all
}

// want fails unless a finding of this name and status holds every text.
func want(t *testing.T, all []finding, status, name string, texts ...string) {
	t.Helper()
	for _, f := range all {
		whole := f.Text + "\n" + strings.Join(f.Fix, "\n")
		hit := f.Status == status && f.Name == name
		for _, text := range texts {
			hit = hit && strings.Contains(whole, text)
		}
		if hit {
			return
		}
	}
	t.Errorf("no %s %s with %q in\n%+v", status, name, texts, all)
}

func TestCheckEmulated(t *testing.T) {
	code, all := findings(t, "emulated?link=memory")
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	for _, name := range []string{"port", "module", "reset", "supply", "join", "rssi", "dhcp", "gateway", "peer"} {
		want(t, all, ok, name)
	}
	want(t, all, ok, "port", "EMULATED MODULE")
	want(t, all, ok, "module", "2.0.106", "profile t01-2.0.106")
}

// A network that refuses is named with its reason, in words.
func TestCheckJoinFails(t *testing.T) {
	t.Setenv("ST67_PASSWORD", "not the password")
	rig := write(t, "rig.yaml", "name: wrong\nmodule: emulated?link=memory\nwifi: {ssid: st67bench, password: \"${ST67_PASSWORD}\"}\n")
	code, all := findings(t, rig)
	if code != exitError {
		t.Errorf("exit %d, want 1", code)
	}
	want(t, all, wrong, "join", "st67bench")
	want(t, all, skip, "peer", "no network")
	for _, f := range all {
		if strings.Contains(f.Text, "not the password") {
			t.Errorf("%s shows the password", f.Text)
		}
	}
}

func TestCheckMissingPort(t *testing.T) {
	code, all := findings(t, "uart:/dev/ttyNONE?baud=115200")
	if code != exitError {
		t.Errorf("exit %d, want 1", code)
	}
	want(t, all, wrong, "port", "/dev/ttyNONE", "no such file")
	want(t, all, skip, "module", "no link")
}

// fakeLine is a pseudo-terminal on which say plays the module until the test ends.
func fakeLine(t *testing.T, say func(master *os.File)) (rig, device string) {
	t.Helper()
	skipWithoutPTY(t)
	master, slave := openPTY(t)
	keep, err := os.OpenFile(slave, os.O_RDWR, 0) // so that the line outlives its openings
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		say(master)
	}()
	t.Cleanup(func() {
		_ = master.Close()
		<-done
		_ = keep.Close()
	})
	return "uart:" + slave + "?baud=115200", slave
}

// swallow reads what comes until the line is closed.
func swallow(master *os.File) {
	buf := make([]byte, 4096)
	for {
		if _, err := master.Read(buf); err != nil {
			return
		}
	}
}

func TestCheckSilentLine(t *testing.T) {
	t.Parallel() // it mostly waits
	rig, _ := fakeLine(t, swallow)
	code, all := findings(t, rig)
	if code != exitError {
		t.Errorf("exit %d, want 1", code)
	}
	want(t, all, wrong, "module", "silent", "AT over SPI only", "docs/rig.md")
}

func TestCheckLogLine(t *testing.T) {
	t.Parallel() // it mostly waits
	rig, _ := fakeLine(t, func(master *os.File) {
		go swallow(master)
		for {
			if _, err := master.WriteString("[I][     0.512] dynamic memory init success, ocram heap size = 134 Kbyte\r\n"); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	_, all := findings(t, rig)
	want(t, all, wrong, "module", "boot log but no AT", "AT over SPI only", "AT-over-UART build")
}

// Another program that has the port open is named.
func TestCheckHolder(t *testing.T) {
	t.Parallel() // it mostly waits
	rig, device := fakeLine(t, swallow)
	cmd := exec.Command("sh", "-c", "exec 3<>"+device+"; echo open; read x")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = in.Close()
		_ = cmd.Wait()
	}()
	if _, err := out.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	_, all := findings(t, rig)
	want(t, all, wrong, "holder", "sh (pid", "kill ")
}

// init writes a rig file that check accepts, and never overwrites one unasked.
func TestInit(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rig.yaml")
	code, stdout, errOut := cli(t, "init", "--module", "emulated?link=memory", file)
	if code != 0 || !strings.Contains(stdout, "wrote     "+file) || !strings.Contains(stdout, "0 problems") {
		t.Fatalf("exit %d\n%s%s", code, stdout, errOut)
	}
	text, err := os.ReadFile(file)
	if err != nil || strings.Count(string(text), "#") < 4 {
		t.Errorf("the rig file has no comments: %v\n%s", err, text)
	}
	if code, _, errOut = cli(t, "init", file); code != exitUsage || !strings.Contains(errOut, "--force") {
		t.Errorf("second init: exit %d, %s", code, errOut)
	}
	code, stdout, errOut = cli(t, "init", "--force", "--module", "uart:/dev/ttyUSB0?baud=2000000", file)
	if code != exitUsage || !strings.Contains(errOut, "export ST67_SSID") || strings.Contains(stdout, "problems") {
		t.Errorf("without a network: exit %d\n%s%s", code, stdout, errOut)
	}
	text, _ = os.ReadFile(file)
	if !strings.Contains(string(text), `password: "${ST67_PASSWORD}"`) {
		t.Errorf("the rig file does not take the password from the environment:\n%s", text)
	}
}
