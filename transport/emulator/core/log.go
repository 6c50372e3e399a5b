package core

import (
	"io"
	"sync"
)

// logLines is how many lines wait for a log port that is not read; more are lost,
// as on a serial line.
const logLines = 256

// logPort is the module's log UART. Writing to it never waits.
type logPort struct {
	lines chan string
	once  sync.Once
	busy  sync.WaitGroup
}

// newLogPort starts the port; w may be nil, then nothing is kept.
func newLogPort(w io.Writer) *logPort {
	p := &logPort{lines: make(chan string, logLines)}
	if w == nil {
		w = io.Discard
	}
	p.busy.Go(func() {
		for s := range p.lines {
			_, _ = io.WriteString(w, s)
		}
	})
	return p
}

func (p *logPort) print(s string) {
	select {
	case p.lines <- s:
	default:
	}
}

// close ends the port when what was printed has been written.
func (p *logPort) close() {
	p.once.Do(func() { close(p.lines) })
	p.busy.Wait()
}
