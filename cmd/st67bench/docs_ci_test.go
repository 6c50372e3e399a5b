package main

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

type githubJob struct {
	RunsOn any `yaml:"runs-on"`
	Steps  []struct {
		Name, ID, If, Uses, Run string
		With                    map[string]any
	}
}

type gitlabJob struct {
	Stage         string
	Needs, Script []string
	After         []string `yaml:"after_script"`
}

// The pipelines of docs/ci.md are YAML, whole, and run commands that there are.
func TestDocPipelines(t *testing.T) {
	path := filepath.Join(root, "docs", "ci.md")
	github, gitlab := false, false
	for _, m := range yamlBlock.FindAllStringSubmatch(pages(t)[path], -1) {
		var top map[string]yaml.Node
		if err := yaml.Unmarshal([]byte(m[1]), &top); err != nil {
			continue // a part of a pipeline: a list of steps
		}
		var scripts []string
		switch _, jobs := top["jobs"]; {
		case jobs:
			github = true
			scripts = githubScripts(t, m[1])
		case top["stages"].Kind != 0:
			gitlab = true
			scripts = gitlabScripts(t, top)
		default:
			continue
		}
		n := 0
		for _, s := range scripts {
			n += checkShell(t, path, s)
		}
		if n < 2 {
			t.Errorf("only %d commands in a pipeline", n)
		}
	}
	if !github || !gitlab {
		t.Errorf("pipelines for GitHub: %v, for GitLab: %v", github, gitlab)
	}
}

func githubScripts(t *testing.T, text string) (scripts []string) {
	var w struct {
		Name string
		On   any
		Jobs map[string]githubJob
	}
	if err := yaml.Unmarshal([]byte(text), &w); err != nil || w.Name == "" || w.On == nil {
		t.Fatalf("a workflow: %v, name %q, on %v", err, w.Name, w.On)
	}
	for name, j := range w.Jobs {
		if j.RunsOn == nil || len(j.Steps) == 0 {
			t.Errorf("job %s: runs-on %v, %d steps", name, j.RunsOn, len(j.Steps))
		}
		for i, s := range j.Steps {
			if (s.Uses == "") == (s.Run == "") {
				t.Errorf("job %s, step %d: it either uses or runs something", name, i)
			}
			scripts = append(scripts, s.Run)
		}
		for _, m := range regexp.MustCompile(`steps\.(\w+)\.`).FindAllStringSubmatch(text, -1) {
			if !slices.ContainsFunc(j.Steps, func(s struct {
				Name, ID, If, Uses, Run string
				With                    map[string]any
			}) bool {
				return s.ID == m[1]
			}) {
				t.Errorf("job %s: no step has the id %s", name, m[1])
			}
		}
	}
	return scripts
}

func gitlabScripts(t *testing.T, top map[string]yaml.Node) (scripts []string) {
	var stages []string
	node := top["stages"]
	if err := node.Decode(&stages); err != nil {
		t.Fatal(err)
	}
	for name, node := range top {
		if slices.Contains([]string{"stages", "variables", "workflow", "default", "include"}, name) {
			continue
		}
		var j gitlabJob
		if err := node.Decode(&j); err != nil {
			t.Errorf("job %s: %v", name, err)
		}
		if !slices.Contains(stages, j.Stage) || len(j.Script) == 0 {
			t.Errorf("job %s: stage %q of %v, %d lines of script", name, j.Stage, stages, len(j.Script))
		}
		for _, need := range j.Needs {
			if _, ok := top[need]; !ok {
				t.Errorf("job %s needs %s, which there is not", name, need)
			}
		}
		scripts = append(scripts, append(j.Script, j.After...)...)
	}
	return scripts
}

var (
	inShell = regexp.MustCompile(`(?m)(?:^|[;&|(])\s*(?:if |! |\./)*st67bench +([a-z][^|;&>\n]*)`)
	aWord   = regexp.MustCompile(`"[^"]*"|'[^']*'|\S+`)
)

// checkShell parses the commands of a shell script as st67bench would, and returns how many they are.
func checkShell(t *testing.T, path, script string) int {
	t.Helper()
	all := inShell.FindAllStringSubmatch(script, -1)
	for _, m := range all {
		line, _, _ := strings.Cut(m[1], " #")
		checkCommand(t, path, strings.TrimSpace(line))
	}
	return len(all)
}
