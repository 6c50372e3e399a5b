package results

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A disk that fills up in the middle of a line, here by the kernel's limit of
// the file size: the part that was written is taken back, and once there is room
// the next line is whole.
func TestAppendToFullDisk(t *testing.T) {
	if inChild(t) {
		return
	}
	w := create(t)
	if err := w.Append(result(1)); err != nil {
		t.Fatal(err)
	}
	err := limitFileSize(t, w.size+20, func() error { return w.Append(result(2)) })
	if !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), "not stored") {
		t.Errorf("error is %v", err)
	}
	if n := len(tree(t, w.Dir())[journalFile]); int64(n) != w.size {
		t.Errorf("the journal has %d bytes of which %d are whole lines", n, w.size)
	}
	if err := w.Append(result(2)); err != nil {
		t.Fatal(err)
	}
	if run := reopen(t, w); len(run.Results) != 2 || len(run.Warnings) != 0 {
		t.Errorf("%d results, warnings %q", len(run.Results), run.Warnings)
	}
}

// The same for samples, which then have no file, and for run.json, which stays.
func TestOtherFilesOnFullDisk(t *testing.T) {
	if inChild(t) {
		return
	}
	w := create(t)
	err := limitFileSize(t, 1000, func() error {
		s, err := w.Samples(1)
		if err != nil {
			return err
		}
		for i := range 2 * rowGroup {
			s.Add(sampleAt(i))
		}
		_, err = s.Close()
		return err
	})
	if !errors.Is(err, syscall.EFBIG) {
		t.Errorf("samples: %v", err)
	}
	wantFiles(t, w)
	before := tree(t, w.Dir())[runFile]
	run := newRun()
	run.Tool = strings.Repeat("v", 2000)
	err = limitFileSize(t, 1000, func() error { return w.Update(run) })
	if !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), filepath.Join(w.Dir(), runFile)) {
		t.Errorf("run.json: %v", err)
	}
	if after := tree(t, w.Dir())[runFile]; after != before {
		t.Errorf("run.json is now\n%s", after)
	}
}

// inChild runs the calling test in a process of its own, because the limit holds
// for the test tool's own files too, and says whether that was done.
func inChild(t *testing.T) bool {
	t.Helper()
	const mark = "RESULTS_TEST_CHILD"
	if os.Getenv(mark) != "" {
		return false
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), mark+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return true
}

// limitFileSize runs f while no file of this process may grow beyond n bytes.
func limitFileSize(t *testing.T, n int64, f func() error) error {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	limit := old
	limit.Cur = uint64(n)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	err := f()
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	return err
}
