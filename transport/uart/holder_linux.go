package uart

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Holder names another process that has the device open, the one with the
// lowest number when there are several; ok is false when none is seen. Without
// root only the caller's own processes are seen. The calling process does not
// count.
func Holder(device string) (pid int, program string, ok bool) {
	real, err := filepath.EvalSymlinks(device)
	if err != nil {
		return 0, "", false
	}
	p := holders()[real]
	if p == nil {
		return 0, "", false
	}
	return p.PID, p.Program, true
}

// holders maps each device file below /dev that another process has open to
// that process. The links below /proc/PID/fd hold paths without symbolic links.
func holders() map[string]*Process {
	found := map[string]*Process{}
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		target, err := os.Readlink(link)
		if err != nil || !strings.HasPrefix(target, "/dev/") {
			continue
		}
		dir := filepath.Dir(filepath.Dir(link))
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == os.Getpid() {
			continue
		}
		if p := found[target]; p == nil || pid < p.PID {
			found[target] = &Process{PID: pid, Program: readLine(filepath.Join(dir, "comm"))}
		}
	}
	return found
}
