//go:build unix

package peer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// prompt is far less than the children would take by themselves, and far more than a busy machine needs.
const prompt = 20 * time.Second

// sh runs a shell script.
func sh(t *testing.T, o ExecOptions, script string) (ExecResult, error) {
	t.Helper()
	o.Path, o.Args = "/bin/sh", []string{"-c", script}
	start := time.Now()
	r, err := Run(t.Context(), o)
	if d := time.Since(start); d > prompt {
		t.Errorf("%q took %v", script, d)
	}
	return r, err
}

func TestRun(t *testing.T) {
	r, err := sh(t, ExecOptions{}, `echo out; echo err >&2; echo $LC_ALL $TZ`)
	if err != nil || r.Stdout != "out\nC UTC\n" || r.Stderr != "err\n" || r.Code != 0 || r.Time <= 0 {
		t.Errorf("%+v, %v", r, err)
	}
	var lines []string
	r, err = sh(t, ExecOptions{Line: func(s string) { lines = append(lines, s) }}, `printf 'one\r\n\ntwo'`)
	if got := strings.Join(lines, "|"); err != nil || got != "one||two" || r.Stdout != "" {
		t.Errorf("lines %q, kept %q, %v", got, r.Stdout, err)
	}
}

// Each child goes wrong in another way, and each ends as one sentence that says how.
func TestRunOfBadPrograms(t *testing.T) {
	said := 3 * time.Second // enough for a shell to have set its trap, or spoken, on a busy machine
	fatal := func(line string) bool { return strings.Contains(line, "connect failed") }
	for name, c := range map[string]struct {
		o      ExecOptions
		script string
		want   []string
		is     error
		code   int
	}{
		"crash":                {ExecOptions{}, `echo last words >&2; kill -SEGV $$`, []string{"sh crashed (signal: segmentation fault", `"last words"`}, nil, -1},
		"hang":                 {ExecOptions{Deadline: 200 * time.Millisecond}, `sleep 1000`, []string{"did not end within 200ms"}, errLate, -1},
		"hang, says why":       {ExecOptions{Deadline: said}, `echo waiting >&2; exec sleep 1000`, []string{`it said "waiting"`}, errLate, -1},
		"ends with 0 on TERM":  {ExecOptions{Deadline: said}, `trap 'exit 0' TERM; while :; do sleep 0.05; done`, []string{"did not end"}, errLate, 0},
		"ignores SIGTERM":      {ExecOptions{Deadline: said}, `trap '' TERM; while :; do sleep 0.1; done`, []string{"was killed"}, errLate, -1},
		"floods":               {ExecOptions{}, `trap '' TERM; while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done`, []string{"more than 1048576 bytes"}, errFlood, -1},
		"floods stderr":        {ExecOptions{MaxOutput: 1000}, `while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy >&2; done`, []string{"more than 1000 bytes"}, errFlood, -1},
		"floods the lines":     {ExecOptions{Line: func(string) {}}, `yes`, []string{"more than 1048576 bytes"}, errFlood, -1},
		"lies":                 {ExecOptions{Fault: fatal}, `echo 'tcp connect failed: Connection refused' >&2; exit 0`, []string{"sh: tcp connect failed: Connection refused"}, nil, 0},
		"fails":                {ExecOptions{Fault: fatal}, `echo first; echo why >&2; exit 3`, []string{`exit code 3; it said "why"`}, nil, 3},
		"fails, says on other": {ExecOptions{}, `echo why; exit 4`, []string{`exit code 4; it said "why"`}, nil, 4},
		"fails without a word": {ExecOptions{}, `exit 5`, []string{"exit code 5"}, nil, 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := sh(t, c.o, c.script)
			if err == nil || r.Code != c.code || c.is != nil && !errors.Is(err, c.is) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("%v, %+v", err, r)
			}
			for _, s := range c.want {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q lacks %q", err, s)
				}
			}
			if int64(len(r.Stdout)+len(r.Stderr)) > execOutput {
				t.Errorf("%d bytes are kept", len(r.Stdout)+len(r.Stderr))
			}
		})
	}
}

// A line without end is handed on in pieces, in bounded memory.
func TestRunOfAnEndlessLine(t *testing.T) {
	longest, total := 0, 0
	_, err := sh(t, ExecOptions{Line: func(s string) { longest, total = max(longest, len(s)), total+len(s) }}, `cat /dev/zero`)
	if !errors.Is(err, errFlood) || longest > execLine || total != execOutput {
		t.Errorf("%v; %d bytes, the longest line has %d", err, total, longest)
	}
}

// A child that leaves its own children behind with its output open does not hold up the harness, and they
// do not stay.
func TestRunLeavesNobody(t *testing.T) {
	for name, script := range map[string]string{
		"pipe open":   `sleep 1000 & echo $!`,
		"pipe closed": `sleep 1000 >/dev/null 2>&1 & echo $!`,
		"deaf":        `(trap '' TERM; while :; do sleep 1; done) & echo $!`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := sh(t, ExecOptions{}, script)
			pid, convErr := strconv.Atoi(strings.TrimSpace(r.Stdout))
			if err != nil || convErr != nil {
				t.Fatalf("%+v, %v, %v", r, err, convErr)
			}
			for end := time.Now().Add(prompt); alive(pid); time.Sleep(5 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("%d is still there", pid)
				}
			}
		})
	}
}

// alive says whether a process runs; one that nobody has reaped yet does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, state, _ := strings.Cut(string(stat), ") ")
	return err != nil || !strings.HasPrefix(state, "Z")
}

func TestRunEndsWithItsContext(t *testing.T) {
	why := errors.New("somebody pressed Ctrl-C")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(why) })
	start := time.Now()
	_, err := Run(ctx, ExecOptions{Path: "sleep", Args: []string{"1000"}})
	if !errors.Is(err, why) || time.Since(start) > prompt {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

func TestRunOfWhatIsMissing(t *testing.T) {
	_, err := Run(t.Context(), ExecOptions{Path: "no-such-program", Package: "such-package"})
	if err == nil || !strings.Contains(err.Error(), "no-such-program is not installed") || !strings.Contains(err.Error(), "apt-get install such-package") {
		t.Error(err)
	}
	if _, err := Run(t.Context(), ExecOptions{Path: "/no/such/program"}); err == nil || !strings.Contains(err.Error(), "there is no program program; check the path") {
		t.Error(err)
	}
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/no/such/shell\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), ExecOptions{Path: script}); err == nil || !strings.Contains(err.Error(), "script cannot be started") {
		t.Error(err)
	}
}
