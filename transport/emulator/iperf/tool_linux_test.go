package iperf

import (
	"net"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// toolOutput bounds what is kept of a program's output; toolTime is when it is
// killed, whatever it does. A server of iperf 2.1 that is sent what it does not
// understand may print without end and ignore every other signal.
const (
	toolOutput = 1 << 16
	toolTime   = 30 * time.Second
)

// tool is the iperf of this machine.
type tool struct {
	t    *testing.T
	cmd  *exec.Cmd
	done chan struct{}
	more chan struct{}

	mu  sync.Mutex
	out []byte
	err error
}

// iperf starts it, or skips the test where there is none.
func iperf(t *testing.T, args ...string) *tool {
	t.Helper()
	path, err := exec.LookPath("iperf")
	if err != nil {
		t.Skip("no iperf 2 on this machine")
	}
	p := &tool{t: t, done: make(chan struct{}), more: make(chan struct{}, 1)}
	p.cmd = exec.Command(path, args...)
	p.cmd.Env = []string{"LC_ALL=C", "TZ=UTC"}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }
	late := time.AfterFunc(toolTime, kill)
	go func() {
		defer close(p.done)
		p.err = p.cmd.Wait()
		late.Stop()
	}()
	t.Cleanup(func() {
		select {
		case <-p.done:
		default:
			kill()
			<-p.done
		}
	})
	return p
}

// Write takes the output, and kills the program when it is too much.
func (p *tool) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out = append(p.out, b...); len(p.out) > toolOutput {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		p.out = p.out[:toolOutput]
	}
	select {
	case p.more <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (p *tool) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.out)
}

// await waits until the program has printed s.
func (p *tool) await(s string) {
	p.t.Helper()
	for !strings.Contains(p.text(), s) {
		select {
		case <-p.more:
		case <-p.done:
			p.t.Fatalf("iperf ended (%v) with\n%s", p.err, p.text())
		}
	}
}

// end waits until the program has ended, and returns what it has printed.
func (p *tool) end() string {
	p.t.Helper()
	<-p.done
	if p.err != nil {
		p.t.Errorf("iperf ended with %v", p.err)
	}
	return p.text()
}

// freePort is a port that nobody had a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// awaitLog waits until the module's log has one of some texts, and returns all of it.
func (b *bench) awaitLog(texts ...string) string {
	b.t.Helper()
	log := ""
	for end := time.Now().Add(toolTime); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		log += b.logged()
		for _, s := range texts {
			if strings.Contains(log, s) {
				return log
			}
		}
	}
	b.t.Fatalf("the log has %q, not %q", log, texts)
	return ""
}

// awaitEnd waits until the module's test is over, and returns the rest of its log.
func (b *bench) awaitEnd() string {
	b.t.Helper()
	for end := time.Now().Add(toolTime); b.f.running(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("the test goes on; the log has %q", b.logged())
		}
	}
	return b.awaitLog("bits/sec", "bit/sec")
}

// upload starts a test of the module as TCP client. The tool prints that it listens
// a moment before it does, so one that is refused is repeated.
func (b *bench) upload(line string) {
	b.t.Helper()
	for range 50 {
		b.ok(line)
		if !strings.Contains(b.awaitLog(rules, resetText), resetText) {
			return
		}
		for b.f.running() {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.t.Fatal("the server refuses")
}
