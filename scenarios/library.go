package scenarios

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// shipped holds the scenarios and campaigns that are part of the program.
//
//go:embed *.yaml campaigns/*.yaml
var shipped embed.FS

// Library returns the names of the embedded scenarios in alphabetical order.
func Library() []string { return names("*.yaml") }

// Campaigns returns the names of the embedded campaigns in alphabetical order.
func Campaigns() []string { return names("campaigns/*.yaml") }

func names(pattern string) []string {
	files, _ := fs.Glob(shipped, pattern) // the pattern is well-formed
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = strings.TrimSuffix(path.Base(file), ".yaml")
	}
	return names
}

// Load reads the scenario that a person named: a path when it has a slash or
// ends in .yaml, else ./scenarios/NAME.yaml, else an embedded one. The error is
// an Errors when the file has mistakes.
func Load(arg string) (*Scenario, error) {
	file, text, err := find(arg, "")
	if err != nil {
		return nil, err
	}
	s, err := Parse(file, text)
	if err == nil && file == arg {
		s.File = file
	}
	return s, err
}

// LoadAll reads what a person named as Load does, and a campaign too: ./scenarios/campaigns/NAME.yaml, an embedded one, or
// a path of a file with the key campaign. A scenario is a campaign of one, without a name.
func LoadAll(arg string) (*Campaign, error) {
	file, text, err := find(arg, "campaigns")
	if err != nil {
		return nil, err
	}
	if isCampaign(text) {
		return ParseCampaign(file, text, Load)
	}
	s, err := Load(arg)
	if err != nil {
		return nil, err
	}
	return &Campaign{Scenarios: []*Scenario{s}}, nil
}

// isCampaign tells the two kinds of files apart by the key that only a campaign has.
func isCampaign(text []byte) bool {
	return bytes.HasPrefix(text, []byte("campaign:")) || bytes.Contains(text, []byte("\ncampaign:"))
}

// find is the file that a person named, in ./scenarios or embedded, and in folder, unless that is empty.
func find(arg, folder string) (file string, text []byte, err error) {
	if strings.ContainsAny(arg, `/`+string(filepath.Separator)) || strings.HasSuffix(arg, ".yaml") {
		text, err := os.ReadFile(arg)
		if err != nil {
			return "", nil, fmt.Errorf("scenario: %w", err)
		}
		return arg, text, nil
	}
	places := []string{arg + ".yaml"}
	known := Library()
	if folder != "" {
		places = append(places, folder+"/"+arg+".yaml")
		known = append(known, Campaigns()...)
	}
	for _, place := range places {
		local := filepath.Join("scenarios", filepath.FromSlash(place))
		if text, err = os.ReadFile(local); err == nil {
			return local, text, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", nil, fmt.Errorf("scenario: %w", err)
		}
	}
	for _, place := range places {
		if text, err = shipped.ReadFile(place); err == nil {
			return place, text, nil
		}
	}
	return "", nil, fmt.Errorf("%s; a path has a / or ends in .yaml", unknown("scenario", arg, known))
}
