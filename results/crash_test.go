package results

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// crashEnv makes the test binary the victim of TestKill: it writes a run below
// this directory until it is killed.
const crashEnv = "RESULTS_CRASH_PARENT"

func TestMain(m *testing.M) {
	if parent := os.Getenv(crashEnv); parent != "" {
		if err := victim(parent); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1) // it never ends by itself
	}
	os.Exit(m.Run())
}

// victim says each step on stdout when it is done.
func victim(parent string) error {
	w, err := Create(parent, newRun())
	if err != nil {
		return err
	}
	fmt.Println("dir", w.Dir())
	for seq := 1; ; seq++ {
		s, err := w.Samples(seq)
		if err != nil {
			return err
		}
		for i := range 3 * batch {
			s.Add(sampleAt(i))
		}
		fmt.Println("open", seq)
		name, err := s.Close()
		if err != nil {
			return err
		}
		fmt.Println("samples", seq)
		r := result(seq)
		r.Samples = name
		if err := w.Append(r); err != nil {
			return err
		}
		fmt.Println("line", seq)
	}
}

// A process that is killed loses at most the case in flight: what it reported
// as stored is there, whole, and what is there can be read.
func TestKill(t *testing.T) {
	for _, step := range []string{"dir ", "open 1", "samples 1", "line 1", "open 4", "samples 4", "line 4"} {
		t.Run(step, func(t *testing.T) {
			dir, stored := killAt(t, step)
			run, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			if len(run.Results) < stored {
				t.Errorf("%d results, %d had been reported as stored", len(run.Results), stored)
			}
			for i, r := range run.Results {
				n := 0
				if err := run.ReadSamples(r.Seq, func(s []Sample) error { n += len(s); return nil }); err != nil || n != 3*batch {
					t.Errorf("result %d has %d samples, %v", i+1, n, err)
				}
			}
			if err := writeBenchFile(dir); err != nil {
				t.Errorf("bench.txt cannot be made afterwards: %v", err)
			}
		})
	}
}

// killAt kills a victim as soon as it has said step, and returns its run
// directory and how many lines it said were stored.
func killAt(t *testing.T, step string) (dir string, stored int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashEnv+"="+t.TempDir())
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	said := false
	for lines := bufio.NewScanner(out); lines.Scan(); {
		text := lines.Text()
		if path, ok := strings.CutPrefix(text, "dir "); ok {
			dir = path
		}
		if strings.HasPrefix(text, "line ") {
			stored++
		}
		if !said && strings.HasPrefix(text, step) {
			said = true
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, _ = io.Copy(io.Discard, out)
	_ = cmd.Wait() // it was killed
	if !said {
		t.Fatalf("the victim never said %q", step)
	}
	return dir, stored
}
