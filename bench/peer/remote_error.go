package peer

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
)

// errAbandoned ends a request that the harness has given up.
var errAbandoned = errors.New("the harness waits no longer")

// wireErrors are the errors that somebody may look for in another one.
var wireErrors = map[string]error{"eof": io.EOF, "closed": net.ErrClosed, "abandoned": errAbandoned}

// wireError is an error on its way. Is names the one that it wraps.
type wireError struct {
	Text string `json:"text"`
	Is   string `json:"is,omitempty"`
}

// toWire packs an error; nil stays nil.
func toWire(err error) *wireError {
	if err == nil {
		return nil
	}
	w := &wireError{Text: err.Error()}
	for name, is := range wireErrors {
		if errors.Is(err, is) {
			w.Is = name
		}
	}
	return w
}

func (w *wireError) unpack() error {
	if w == nil {
		return nil
	}
	return &remoteError{w.Text, wireErrors[w.Is]}
}

// remoteError is an error of the other side.
type remoteError struct {
	text string
	is   error // may be nil
}

func (e *remoteError) Error() string { return e.text }
func (e *remoteError) Unwrap() error { return e.is }

// causedBy gives the error of a request that was given up the reason why it was.
func causedBy(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	return &remoteError{strings.ReplaceAll(err.Error(), errAbandoned.Error(), cause.Error()), cause}
}
