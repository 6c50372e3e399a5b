package scenarios

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLibrary(t *testing.T) {
	t.Chdir(t.TempDir()) // so that only the embedded ones are found
	names := Library()
	if len(names) < 4 {
		t.Fatalf("library %q", names)
	}
	for _, name := range names {
		s, err := Load(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if s.Name != name {
			t.Errorf("%s.yaml is named %s", name, s.Name)
		}
		if s.Title == s.Name || len(s.Purpose) < 80 || !strings.HasPrefix(s.Purpose, "Takes ") {
			t.Errorf("%s: title %q, purpose %q; a shipped scenario says how long it takes and how to read it", name, s.Title, s.Purpose)
		}
	}
}

// A path is a path, a name is looked for here first, then in the program.
func TestLoad(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	write := func(file, title string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		text := "name: x\ntitle: " + title + "\nworkload: {kind: cipsend}\n"
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("scenarios/cipsend-size.yaml", "local")
	write("cipsend-size.yaml", "path")
	write("sub/mine", "slash")
	for arg, want := range map[string]string{
		"cipsend-size":      "local",
		"cipsend-size.yaml": "path",
		"sub/mine":          "slash",
		"cipsend-quick":     "Does this rig measure at all?",
	} {
		s, err := Load(arg)
		if err != nil {
			t.Errorf("Load(%q): %v", arg, err)
		} else if s.Title != want {
			t.Errorf("Load(%q) is %q, want %q", arg, s.Title, want)
		}
	}
	for arg, want := range map[string]string{
		"cipsend-sise": `unknown scenario "cipsend-sise"; did you mean "cipsend-size"? allowed here: ` + strings.Join(Library(), ", ") + `; a path has a / or ends in .yaml`,
		"":             `unknown scenario ""`,
		"..":           `unknown scenario ".."`,
		"./none.yaml":  "none.yaml: no such file",
		"none.yaml":    "none.yaml: no such file",
	} {
		if _, err := Load(arg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load(%q): %v, want %s", arg, err, want)
		}
	}
}
