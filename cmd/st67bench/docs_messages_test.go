package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var messageBlock = regexp.MustCompile("(?s)```message\n(.*?)```")

// What a page quotes in a block `message` is what the program says: each line stands in its source, with … for what it puts in.
func TestDocMessagesExist(t *testing.T) {
	said := literals(t)
	seen := 0
	for path, text := range pages(t) {
		for _, m := range messageBlock.FindAllStringSubmatch(text, -1) {
			for line := range strings.Lines(m[1]) {
				for part := range strings.SplitSeq(strings.TrimSpace(line), "…") {
					if part = strings.TrimSpace(part); len(part) < 4 {
						continue
					}
					seen++
					if !strings.Contains(said, part) {
						t.Errorf("%s: the program does not say %q", path, part)
					}
				}
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d quotations were looked at", seen)
	}
}

// literals are all texts of the program, one a line, those that + joins as one.
func literals(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				all.WriteString(joined(n) + "\n")
			case *ast.BasicLit:
				all.WriteString(joined(n) + "\n")
			}
			return true
		})
	}
	return strings.ReplaceAll(all.String(), "%%", "%")
}

// joined is the text of literals that + joins; anything else between them is a gap.
func joined(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			if text, err := strconv.Unquote(e.Value); err == nil {
				return text
			}
		}
	case *ast.BinaryExpr:
		return joined(e.X) + joined(e.Y)
	}
	return "\x00"
}
