package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	fence   = regexp.MustCompile("(?ms)^```.*?^```")
	link    = regexp.MustCompile(`!?\[[^\]]*\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#{1,6} (.*)$`)
	ourFile = regexp.MustCompile(`\b(?:analysis|bench|cmd|docs|results|scenarios|transport)/[a-z0-9_/.-]*[a-z0-9_]\.(?:go|md)\b`)
	ourTest = regexp.MustCompile(`\b(?:Test|Benchmark)[A-Z][A-Za-z0-9]{3,}\b`)
	notSlug = regexp.MustCompile(`[^\p{L}\p{N}\p{M}_ -]`)
)

// Every link of a page leads to a file, and every anchor to a heading of it.
func TestDocLinksLead(t *testing.T) {
	all := pages(t)
	seen := 0
	for path, text := range all {
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			seen++
			file, anchor, _ := strings.Cut(m[1], "#")
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), file)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: the link %s leads nowhere", path, m[1])
			} else if anchor != "" && !slices.Contains(anchors(all[target]), anchor) {
				t.Errorf("%s: the link %s: there is no such heading; there are %v", path, m[1], anchors(all[target]))
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d links were looked at", seen)
	}
}

// Files and tests of ours that a page names are there.
func TestDocFilesAndTestsExist(t *testing.T) {
	var tests strings.Builder
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") {
			text, err := os.ReadFile(filepath.Join(root, file))
			if err != nil {
				t.Fatal(err)
			}
			tests.Write(text)
		}
	}
	seen := 0
	for path, text := range pages(t) {
		for _, file := range ourFile.FindAllString(text, -1) {
			seen++
			if _, err := os.Stat(filepath.Join(root, file)); err != nil {
				t.Errorf("%s: there is no %s", path, file)
			}
		}
		for _, name := range ourTest.FindAllString(text, -1) {
			seen++
			if !strings.Contains(tests.String(), "func "+name) {
				t.Errorf("%s: there is no test %s", path, name)
			}
		}
	}
	if seen < 30 {
		t.Errorf("only %d names were looked at", seen)
	}
}

// Every page is reached from the index, so that nobody has to know its name.
func TestDocPagesAreReached(t *testing.T) {
	all := pages(t)
	reached := map[string]bool{}
	var visit func(string)
	visit = func(path string) {
		if _, page := all[path]; !page || reached[path] {
			return
		}
		reached[path] = true
		for _, m := range link.FindAllStringSubmatch(all[path], -1) {
			file, _, _ := strings.Cut(m[1], "#")
			visit(filepath.Join(filepath.Dir(path), file))
		}
	}
	index := filepath.Join(root, "docs", "README.md")
	visit(index)
	for path := range all {
		if !reached[path] && path != filepath.Join(root, "README.md") {
			t.Errorf("%s: no way of links leads there from %s", path, index)
		}
	}
}

// anchors are those that a page's headings get on GitHub and GitLab.
func anchors(text string) []string {
	var all []string
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		words := link.ReplaceAllStringFunc(m[1], func(l string) string { return l[1:strings.Index(l, "]")] })
		all = append(all, strings.ReplaceAll(notSlug.ReplaceAllString(strings.ToLower(words), ""), " ", "-"))
	}
	return all
}
