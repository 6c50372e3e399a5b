package main

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// feed is a stdin that a test fills while it is read.
type feed struct {
	r *io.PipeReader
	w *io.PipeWriter
}

func newFeed(text string) *feed {
	f := &feed{}
	f.r, f.w = io.Pipe()
	f.give(text, false)
	return f
}

func (f *feed) Read(p []byte) (int, error) { return f.r.Read(p) }

// give writes a text as it is read; the last one ends the stream.
func (f *feed) give(text string, last bool) {
	go func() {
		_, _ = io.WriteString(f.w, text) // nobody reads on after an error
		if last {
			_ = f.w.Close()
		}
	}()
}

// waiting is a stdout that does something once a text has come.
type waiting struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	text string
	do   func()
}

func (w *waiting) then(text string, do func()) { w.text, w.do = text, do }

func (w *waiting) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := w.buf.Write(p)
	if w.do != nil && strings.Contains(w.buf.String(), w.text) {
		w.do()
		w.do = nil
	}
	return n, err
}

func (w *waiting) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.String()
}
