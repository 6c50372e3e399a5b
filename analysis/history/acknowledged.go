package history

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Acknowledged are changes that somebody has accepted, with the reason.
type Acknowledged struct {
	all []acknowledged
}

type acknowledged struct {
	metric, of, release, reason string
}

// keys of an entry; scenario and case may be left out.
var keys = []string{"metric", "scenario", "case", "release", "reason"}

// ReadAcknowledged reads a list of changes: metric, release and reason, and scenario or case where it holds for one of them
// only. file names the text in errors, which begin with file:line:column, one to a line.
func ReadAcknowledged(file string, text []byte) (*Acknowledged, error) {
	var doc yaml.Node
	err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&doc)
	if errors.Is(err, io.EOF) {
		return &Acknowledged{}, nil
	}
	_ = fmt.Sprint
	_ = strings.Join
	return nil, err
}

// reason is why the change of the series at a release is accepted; empty when it is not. A nil receiver accepts nothing.
func (a *Acknowledged) reason(s *Series, release string) string {
	return ""
}
