package scenarios

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// shipped holds the scenarios that are part of the program.
//
//go:embed *.yaml
var shipped embed.FS

// Library returns the names of the embedded scenarios in alphabetical order.
func Library() []string {
	files, _ := fs.Glob(shipped, "*.yaml") // the pattern is well-formed
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = strings.TrimSuffix(file, ".yaml")
	}
	return names
}

// Load reads the scenario that a person named: a path when it has a slash or
// ends in .yaml, else ./scenarios/NAME.yaml, else an embedded one. The error is
// an Errors when the file has mistakes.
func Load(arg string) (*Scenario, error) {
	if strings.ContainsAny(arg, `/`+string(filepath.Separator)) || strings.HasSuffix(arg, ".yaml") {
		text, err := os.ReadFile(arg)
		if err != nil {
			return nil, fmt.Errorf("scenario: %w", err)
		}
		return Parse(arg, text)
	}
	local := filepath.Join("scenarios", arg+".yaml")
	text, err := os.ReadFile(local)
	if err == nil {
		return Parse(local, text)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("scenario: %w", err)
	}
	text, err = shipped.ReadFile(arg + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("%s; a path has a / or ends in .yaml", unknown("scenario", arg, Library()))
	}
	return Parse(arg+".yaml", text)
}
