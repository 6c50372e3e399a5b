//go:build linux

package uart

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// childDevice is the environment variable that makes the test binary a second
// program: it opens the device it names, says how that went in one line, and
// holds it until its standard input ends.
const childDevice = "UART_TEST_CHILD"

func TestMain(m *testing.M) {
	if device := os.Getenv(childDevice); device != "" {
		p, err := Open(Config{Device: device, Baud: 115200})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("open")
		io.Copy(io.Discard, os.Stdin)
		p.Close()
		return
	}
	goleak.VerifyTestMain(m)
}

// startChild runs the second program, as another user when uid is not 0, and
// returns its first line and its process ID.
func startChild(t *testing.T, device string, uid uint32) (said string, pid int) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), childDevice+"="+device)
	cmd.Dir = "/"
	if uid != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), cmd.Process.Pid
}

// needRoot skips a test that needs a second user.
func needRoot(t *testing.T) {
	t.Helper()
	if unix.Geteuid() != 0 {
		t.Skip("needs root to start a program as another user")
	}
}
