package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the import path of this module, root its folder.
const (
	module = "st67bench"
	root   = "../.."
)

// allowed are the packages of ours that each package may import in its
// non-test files. A key that ends in /... stands for all packages below it. The
// reasons: analysis must be able to re-make every number without hardware, the
// emulator must not share the engine's bugs, and only cmd opens things.
var allowed = []struct {
	pkg     string
	imports []string
	why     string
}{
	{"results/trace", nil, "formats stand alone"},
	{"results", nil, "what was seen knows nothing of how"},
	{"transport/emulator/core", []string{"transport"}, "the emulator shares no parser with the engines that it tests"},
	{"transport/emulator/memnet", []string{"transport"}, "the in-memory network stands alone"},
	{"transport/emulator", []string{"transport/emulator/..."}, "the emulator shares no parser with the engines that it tests"},
	{"transport/emulator/...", []string{"transport", "transport/emulator/core"}, "a command family knows only the core"},
	{"transport/at", nil, "the AT engine works over any io.ReadWriter"},
	{"transport/...", []string{"transport"}, "a link knows only what a link is"},
	{"transport", nil, "every link builds on it"},
	{"scenarios", []string{"results"}, "what to do needs only the metrics' names and units"},
	{"bench/st67", []string{"transport/at"}, "typed commands speak through the AT engine"},
	{"bench/peer", nil, "the network end may run on another machine"},
	{"bench/power", []string{"results/trace"}, "meters give traces"},
	{"bench", []string{"scenarios", "results", "bench/st67", "bench/peer", "bench/power"}, "bench opens nothing and computes no statistics"},
	{"analysis/stats", nil, "statistics know no metric and no run"},
	{"analysis/energy", []string{"analysis/stats", "results", "results/trace"}, "numbers are re-made from a run directory"},
	{"analysis/report/chart", []string{"analysis", "results"}, "what a chart is knows nothing of which there are"},
	{"analysis/report/glyph", []string{"analysis", "analysis/report/chart", "results"}, "small charts are made of a summary alone"},
	{"analysis/report/page", []string{"analysis/report/chart"}, "a page is data that knows no run"},
	{"analysis/report/svg", []string{"analysis/report/chart", "analysis/report/page"}, "a picture is made of a chart alone"},
	{"analysis/report/...", []string{"analysis", "analysis/...", "results", "results/trace"}, "reports are re-made from a run directory"},
	{"analysis/report", []string{"analysis", "analysis/...", "results", "results/trace"}, "reports are re-made from a run directory"},
	{"analysis/compare", []string{"analysis", "analysis/stats", "results"}, "numbers are re-made from a run directory"},
	{"analysis/history", []string{"analysis", "analysis/stats", "analysis/compare", "results"}, "numbers are re-made from a run directory"},
	{"analysis/tune", []string{"analysis", "analysis/stats", "analysis/compare", "results"}, "numbers are re-made from a run directory"},
	{"analysis/export", []string{"analysis", "analysis/stats", "analysis/compare", "analysis/report/glyph", "results", "results/trace"}, "numbers are re-made from a run directory"},
	{"analysis", []string{"analysis/stats", "results"}, "numbers are re-made from a run directory"},
	{"cmd/st67bench", []string{"..."}, ""},
}

func TestImports(t *testing.T) {
	for _, f := range goFiles(t) {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		pkg := filepath.ToSlash(filepath.Dir(f))
		i := slices.IndexFunc(allowed, func(r struct {
			pkg     string
			imports []string
			why     string
		}) bool {
			return matches(r.pkg, pkg)
		})
		if i < 0 {
			t.Errorf("%s: package %s has no place in the house; see the table in house_test.go", f, pkg)
			continue
		}
		for _, imp := range imports(t, f) {
			ours, ok := strings.CutPrefix(imp, module+"/")
			if ok && !slices.ContainsFunc(allowed[i].imports, func(p string) bool { return matches(p, ours) }) {
				t.Errorf("%s imports %s: %s may import only %v: %s", f, ours, pkg, allowed[i].imports, allowed[i].why)
			}
		}
	}
}

// TestEmulatorTestsAreIndependent: tests of the emulator that used the engines would agree with their bugs.
func TestEmulatorTestsAreIndependent(t *testing.T) {
	for _, f := range goFiles(t) {
		if !strings.HasPrefix(filepath.ToSlash(f), "transport/emulator/") {
			continue
		}
		for _, imp := range imports(t, f) {
			if imp == module+"/transport/at" || imp == module+"/transport/spi" {
				t.Errorf("%s imports %s: the emulator is checked against the module's documented bytes, not against our engine", f, imp)
			}
		}
	}
}

func TestPackageDocs(t *testing.T) {
	docs := map[string]int{}
	for _, f := range goFiles(t) {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, f), nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		docs[filepath.Dir(f)] += len(parsed.Doc.Text())
	}
	for pkg, n := range docs {
		if n < 100 {
			t.Errorf("%s: the package comment has %d characters; it has to explain the package's concepts", pkg, n)
		}
	}
}

func TestFileSizes(t *testing.T) {
	for _, f := range goFiles(t) {
		text, err := os.ReadFile(filepath.Join(root, f))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "\n"); n > 600 {
			t.Errorf("%s has %d lines; more than 600 means that it does more than one thing", f, n)
		}
	}
}

func TestTopLevel(t *testing.T) {
	want := []string{
		".ci", ".git", ".gitignore", "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "analysis", "bench", "cmd",
		"dist", "docs", "go.mod", "go.sum", "results", "scenarios", "st67bench", "st67bench.exe", "transport",
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(want, e.Name()) {
			t.Errorf("%s: nothing else belongs at the top level beside %v", e.Name(), want)
		}
	}
}

// matches says whether a pattern of the table covers a package.
func matches(pattern, pkg string) bool {
	if pattern == "..." || pattern == pkg {
		return true
	}
	below, ok := strings.CutSuffix(pattern, "/...")
	return ok && strings.HasPrefix(pkg, below+"/")
}

// goFiles lists our Go files, relative to the module's root.
func goFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata" || d.Name() == "dist" || d.Name() == "runs") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) == ".go" {
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			files = append(files, rel)
		}
		return nil
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("no Go files found below %s: %v", root, err)
	}
	return files
}

func imports(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, i := range parsed.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, p)
	}
	return paths
}
