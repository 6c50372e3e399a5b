package main

import (
	"bytes"
	"context"
	"io"
	"os"

	"golang.org/x/term"
)

// ctrlC is what a terminal in raw mode sends in place of a signal.
const ctrlC = 3

// terminals says whether both streams are terminals, so that a person is there.
func terminals(in io.Reader, out io.Writer) (inFile, outFile *os.File, ok bool) {
	inFile, isIn := in.(*os.File)
	outFile, isOut := out.(*os.File)
	if !isIn || !isOut || !term.IsTerminal(int(inFile.Fd())) || !term.IsTerminal(int(outFile.Fd())) {
		return nil, nil, false
	}
	return inFile, outFile, true
}

// prompted gives the lines that a person types at a prompt with line editing
// and history. Ctrl-C cancels at once, also while a command is going on.
func prompted(ctx context.Context, cancel context.CancelCauseFunc, in, out *os.File) (*atSource, error) {
	before, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return nil, err
	}
	k := &keys{ctx: ctx, typed: make(chan []byte, 64)}
	go k.read(in, cancel)
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{k, out}, "")
	next := func(ctx context.Context, prompt string) (string, error) {
		if width, height, err := term.GetSize(int(out.Fd())); err == nil && width > 0 {
			_ = t.SetSize(width, height) // its error is that of writing to the terminal, which shows by itself
		}
		t.SetPrompt(prompt)
		line, err := t.ReadLine()
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return line, err
	}
	end := func() {
		_ = term.Restore(int(in.Fd()), before) // a terminal that is gone needs nothing
		_, _ = io.WriteString(out, "\n")
	}
	return &atSource{next: next, end: end, out: t, attended: true}, nil
}

// keys is what is typed, read ahead so that Ctrl-C is seen at any time.
type keys struct {
	ctx   context.Context
	typed chan []byte
	rest  []byte
}

// read takes what is typed until Ctrl-C or the end.
func (k *keys) read(in io.Reader, cancel context.CancelCauseFunc) {
	defer close(k.typed)
	for {
		p := make([]byte, 256)
		n, err := in.Read(p)
		if err != nil {
			return
		}
		if bytes.IndexByte(p[:n], ctrlC) >= 0 {
			cancel(errInterrupted)
			return
		}
		select {
		case k.typed <- p[:n]:
		case <-k.ctx.Done():
			return
		}
	}
}

// Read gives the terminal what was typed.
func (k *keys) Read(p []byte) (int, error) {
	if len(k.rest) == 0 {
		select {
		case more, open := <-k.typed:
			if !open {
				return 0, io.EOF
			}
			k.rest = more
		case <-k.ctx.Done():
			return 0, io.EOF
		}
	}
	n := copy(p, k.rest)
	k.rest = k.rest[n:]
	return n, nil
}
