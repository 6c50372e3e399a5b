package results

import (
	"os"
	"path/filepath"
	"testing"
)

// A name that leads out of the run's directory has no path, even where there is such a file.
func TestPathStaysInside(t *testing.T) {
	base := t.TempDir()
	run := &Run{Dir: filepath.Join(base, "run")}
	if err := os.MkdirAll(filepath.Join(run.Dir, "power"), 0o777); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(base, "secret.ppk2")
	for _, file := range []string{outside, filepath.Join(run.Dir, "power", "000001.ppk2")} {
		if err := os.WriteFile(file, []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(run.Dir, "power", "link.ppk2")); err != nil {
		t.Fatal(err)
	}
	if got, err := run.Path("power/000001.ppk2"); err != nil || got != filepath.Join(run.Dir, "power", "000001.ppk2") {
		t.Errorf("of a file of the run: %q, %v", got, err)
	}
	for _, name := range []string{"../secret.ppk2", "power/../../secret.ppk2", outside, "/etc/passwd", "../../../../../../../../etc/passwd", "power/link.ppk2", "power/none.ppk2"} {
		if got, err := run.Path(name); err == nil {
			t.Errorf("of %q: %q, want an error", name, got)
		}
	}
}
