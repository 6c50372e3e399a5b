package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pseudoTerminal opens a pseudo-terminal of 80 columns and says where its other end is.
func pseudoTerminal(t *testing.T) (master *os.File, path string) {
	t.Helper()
	skipWithoutPTY(t)
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	master = os.NewFile(uintptr(fd), "ptmx")
	t.Cleanup(func() { _ = master.Close() })
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
		t.Fatal(err)
	}
	return master, fmt.Sprintf("/dev/pts/%d", n)
}

// person is at the terminal of a console.
type person struct {
	t      *testing.T
	master *os.File
	cmd    *exec.Cmd
	errOut bytes.Buffer
	seen   string
}

// sitDown starts the command on a terminal of its own.
func sitDown(t *testing.T, args ...string) *person {
	t.Helper()
	master, path := pseudoTerminal(t)
	tty, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	p := &person{t: t, master: master, cmd: exec.Command(os.Args[0], args...)}
	p.cmd.Env = append(os.Environ(), asCommand+"=1")
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = tty, tty, &p.errOut
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	return p
}

// sees waits for a text, and forgets what came up to its end.
func (p *person) sees(text string) {
	p.t.Helper()
	if err := p.master.SetReadDeadline(time.Now().Add(15 * time.Second)); err != nil {
		p.t.Fatal(err)
	}
	buf := make([]byte, 4096)
	for !strings.Contains(p.seen, text) {
		n, err := p.master.Read(buf)
		p.seen += string(buf[:n])
		if err != nil {
			p.t.Fatalf("%v; on the screen is %q, not %q; stderr %q", err, p.seen, text, p.errOut.String())
		}
	}
	p.seen = p.seen[strings.Index(p.seen, text)+len(text):]
}

func (p *person) types(text string) {
	p.t.Helper()
	if _, err := p.master.WriteString(text); err != nil {
		p.t.Fatal(err)
	}
}

// leaves waits for the end of the command.
func (p *person) leaves(code int) {
	p.t.Helper()
	done := make(chan struct{})
	go func() { _ = p.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		p.t.Fatalf("the console does not end; stderr %q", p.errOut.String())
	}
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.t.Errorf("exit %d, want %d; stderr %q", got, code, p.errOut.String())
	}
}

// A prompt: a command, the one before it by the arrow key, a payload, errors that do not end it, and Ctrl-D that does.
func TestAtPrompt(t *testing.T) {
	p := sitDown(t, "at", "--rig", memoryRig)
	p.sees("at> ")
	p.types("AT+VBAT?\r")
	p.sees("+VBAT:3326\r\nOK\r\n")
	p.sees("at> ")
	p.types("\x1b[A\r")
	p.sees("+VBAT:3326\r\nOK\r\n")
	p.types("AT+CIPSEND=5\r")
	p.sees("5 bytes> ")
	p.types("hell\r")
	p.sees("nothing was sent\r\n")
	p.types("AT+CIPSEND=5\r")
	p.sees("5 bytes> ")
	p.types("hello\r")
	p.sees("\nERROR\r\n")
	p.types("AT+RESTORE\r")
	p.sees("--destructive allows it\r\n")
	p.sees("at> ")
	p.types("\x04")
	p.leaves(0)
}

// Ctrl-C ends a command that nobody answers, and the console.
func TestAtCtrlC(t *testing.T) {
	_, silent := pseudoTerminal(t)
	p := sitDown(t, "at", "--rig", "uart:"+silent)
	p.sees("at> ")
	p.types("AT\r")
	p.sees("AT\r\n")
	p.types("\x03")
	p.leaves(0)
}

// A module that was left in a data phase takes commands as payload, until --reset.
func TestAtResetOutOfDataPhase(t *testing.T) {
	skipWithoutPTY(t)
	peer, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	link := filepath.Join(t.TempDir(), "module")
	cmd, out, errOut := start(t, "emulate", "--pty", link)
	if !out.Scan() {
		t.Fatalf("no PTY: %s", errOut)
	}
	defer endEmulate(t, cmd)
	rig := "uart:" + link
	_, port, _ := net.SplitHostPort(peer.Addr().String())
	code, stdout, stderr := talkJoined(t, rig, `AT+CIPSTART=0,"TCP","127.0.0.1",`+port)
	if code != 0 {
		t.Fatalf("exit %d: %s%s", code, stdout, stderr)
	}
	leaveInDataPhase(t, link)
	code, stdout, stderr = cli(t, "at", "--rig", rig, "--timeout", "300ms", "AT")
	if code != exitError || stdout != "" || !strings.Contains(stderr, "ms after AT; no byte seen; a module in a data phase needs --reset") {
		t.Errorf("in the data phase: exit %d, %q, %q", code, stdout, stderr)
	}
	code, stdout, stderr = cli(t, "at", "--rig", rig, "--reset", "AT+CIPMUX?")
	if code != 0 || !strings.HasPrefix(stdout, "ready") || !strings.Contains(stdout, "+CIPMUX:0\nOK\n") {
		t.Errorf("--reset: exit %d, %q, %q", code, stdout, stderr)
	}
}

// leaveInDataPhase begins a send and goes away.
func leaveInDataPhase(t *testing.T, link string) {
	t.Helper()
	rig, err := loadRig("uart:" + link)
	if err != nil {
		t.Fatal(err)
	}
	o, err := openLink(t.Context(), rig.Module)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if _, err := o.conn.Write([]byte("AT+CIPSEND=0,5000\r\n")); err != nil {
		t.Fatal(err)
	}
	for seen := ""; !strings.HasSuffix(seen, ">"); {
		p := make([]byte, 64)
		n, err := o.conn.Read(p)
		if err != nil {
			t.Fatal(err)
		}
		seen += string(p[:n])
	}
}
