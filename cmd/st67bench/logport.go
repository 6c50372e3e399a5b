package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"

	"st67bench/scenarios"
)

// logLine is the longest line of a log, in bytes; a longer one is cut there.
const logLine = 4096

// logPort takes what a module prints on its log UART apart into lines, for those who watch it.
type logPort struct {
	mu       sync.Mutex
	line     []byte
	watchers map[*func(string)]bool
}

// Write implements io.Writer; it does not fail.
func (l *logPort) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for rest := p; len(rest) > 0; {
		piece, after, ended := bytes.Cut(rest, []byte("\n"))
		l.line = append(l.line, piece[:min(len(piece), logLine-len(l.line))]...)
		rest = after
		if ended {
			text := string(bytes.TrimRight(l.line, "\r"))
			for take := range l.watchers {
				(*take)(text)
			}
			l.line = l.line[:0]
		}
	}
	return len(p), nil
}

// watch is bench.Rig's Log.
func (l *logPort) watch(take func(line string)) (stop func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.watchers == nil {
		l.watchers = map[*func(string)]bool{}
	}
	l.watchers[&take] = true
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.watchers, &take)
	}
}

// logWire is the rig's own log port: the link that the rig file names.
type logWire struct {
	logPort
	link *opened
	done chan struct{}
}

// openLog opens the log port of a rig file; nil when it has none.
func openLog(ctx context.Context, url *scenarios.LinkURL) (*logWire, error) {
	if url == nil {
		return nil, nil
	}
	link, err := openLink(ctx, *url)
	if err != nil {
		return nil, fmt.Errorf("the module's log port: %w", err)
	}
	w := &logWire{link: link, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		_, _ = io.Copy(w, link.conn) // what it says is never needed for a result, so a line that breaks is none
	}()
	return w, nil
}

// Close closes the link.
func (w *logWire) Close() error {
	if w == nil {
		return nil
	}
	err := w.link.Close()
	<-w.done
	return err
}
