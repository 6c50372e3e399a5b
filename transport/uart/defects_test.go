//go:build linux

package uart

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience bounds what should happen at once, for a slow machine.
const patience = 10 * time.Second

// signals bombards every thread of this process while the test runs: a signal
// sent to the process would always land on its first thread.
func signals(t *testing.T) {
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, unix.SIGUSR1)
	stop := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		for {
			threads, _ := os.ReadDir("/proc/self/task")
			for _, th := range threads {
				id, _ := strconv.Atoi(th.Name())
				unix.Tgkill(os.Getpid(), id, unix.SIGUSR1)
			}
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Microsecond):
			}
		}
	})
	t.Cleanup(func() {
		close(stop)
		done.Wait()
		signal.Stop(caught)
	})
}

// profile runs a CPU profile while the test runs, and something to profile, so
// that SIGPROF comes.
func profile(t *testing.T) {
	if err := pprof.StartCPUProfile(io.Discard); err != nil {
		t.Skipf("a CPU profile is running already: %v", err)
	}
	var stop atomic.Bool
	var done sync.WaitGroup
	done.Go(func() {
		for !stop.Load() {
		}
	})
	t.Cleanup(func() {
		stop.Store(true)
		done.Wait()
		pprof.StopCPUProfile()
	})
}

// A write to a peer that takes its time must be whole, whatever signals land on
// the thread in write(2).
func TestWriteIsWholeUnderSignals(t *testing.T) {
	for name, disturb := range map[string]func(*testing.T){"signal storm": signals, "CPU profile": profile} {
		t.Run(name, func(t *testing.T) {
			master, p := openLinePair(t, Config{Baud: 2_000_000})
			disturb(t)
			const writes = 20
			sent := bytes.Repeat([]byte("0123456789abcdef"), 4096)
			received := make(chan []byte)
			go func() {
				got := make([]byte, writes*len(sent))
				for n := 0; n < len(got); {
					time.Sleep(200 * time.Microsecond) // slow enough for the writer to wait
					k, err := master.Read(got[n:min(n+4096, len(got))])
					if err != nil {
						break
					}
					n += k
				}
				received <- got
			}()
			for i := range writes {
				if n, err := p.Write(sent); n != len(sent) || err != nil {
					t.Errorf("write %d: took %d of %d bytes, error %v", i, n, len(sent), err)
				}
			}
			if got := <-received; !bytes.Equal(got, bytes.Repeat(sent, writes)) {
				t.Error("the bytes received are not the bytes sent")
			}
		})
	}
}

// block writes until the line takes nothing more, as one held off by CTS does,
// and returns the channel that the blocked write's error will come on.
func block(t *testing.T, p io.Writer) <-chan error {
	t.Helper()
	var mu sync.Mutex
	var last time.Time
	failed := make(chan error, 1)
	go func() {
		for {
			mu.Lock()
			last = time.Now()
			mu.Unlock()
			if _, err := p.Write(make([]byte, 65536)); err != nil {
				failed <- err
				return
			}
		}
	}()
	for {
		time.Sleep(20 * time.Millisecond)
		mu.Lock()
		idle := !last.IsZero() && time.Since(last) > 100*time.Millisecond
		mu.Unlock()
		if idle {
			return failed
		}
	}
}

// wait returns what comes, or fails the test.
func wait(t *testing.T, what string, c <-chan error) error {
	t.Helper()
	select {
	case err := <-c:
		return err
	case <-time.After(patience):
		t.Fatalf("%s did not end within %v", what, patience)
		return nil
	}
}

func TestCloseUnblocksReadAndWrite(t *testing.T) {
	_, p := openLinePair(t, Config{Baud: 2_000_000, Flow: FlowRTSCTS})
	read := make(chan error, 1)
	go func() {
		_, err := p.Read(make([]byte, 16))
		read <- err
	}()
	write := block(t, p)
	start := time.Now()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]<-chan error{"read": read, "write": write} {
		if err := wait(t, what, c); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s ended with %v, want os.ErrClosed", what, err)
		}
	}
	t.Logf("Close and both calls took %v", time.Since(start))
	if err := p.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("second Close gave %v, want os.ErrClosed", err)
	}
}

func TestDeadlines(t *testing.T) {
	master, p := openLinePair(t, Config{Baud: 2_000_000})
	p.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := p.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read gave %v, want os.ErrDeadlineExceeded", err)
	}
	write := block(t, p)
	p.SetWriteDeadline(time.Now()) // also for a write that is pending
	if err := wait(t, "write", write); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("write gave %v, want os.ErrDeadlineExceeded", err)
	}
	p.SetReadDeadline(time.Time{})
	if _, err := master.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1)
	if n, err := p.Read(b); n != 1 || err != nil || b[0] != 'x' {
		t.Errorf("after its deadline was taken back, read gave %d %q %v", n, b, err)
	}
}

// A child process must not hold the line open after us.
func TestNotInheritedByChildren(t *testing.T) {
	_, p := openLinePair(t, Config{Baud: 115200})
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	fds, err := filepath.Glob("/proc/" + strconv.Itoa(cmd.Process.Pid) + "/fd/*")
	if err != nil || len(fds) == 0 {
		t.Fatalf("cannot look at the child's descriptors: %v", err)
	}
	for _, fd := range fds {
		if target, _ := os.Readlink(fd); target == p.config.Device {
			t.Errorf("the child has %s open as %s", target, fd)
		}
	}
}

// select(2) stops at descriptor 1023; the poller must not.
func TestManyDescriptors(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur < 1200 {
		t.Skipf("the limit of open files is %d, this needs 1200", limit.Cur)
	}
	for {
		fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		if fd >= 1024 {
			break
		}
	}
	master, p := openLinePair(t, Config{Baud: 115200})
	p.line.(*termiosLine).control(func(fd int) error {
		if fd < 1024 {
			t.Errorf("the line has descriptor %d, this test is about 1024 and more", fd)
		}
		return nil
	})
	if _, err := master.Write([]byte("AT\r\n")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 16)
	n, err := p.Read(b)
	if got := string(b[:n]); err != nil || !strings.HasPrefix("AT\r\n", got) || n == 0 {
		t.Errorf("read %q, %v", got, err)
	}
}
