package emulator

import (
	"io"
	"os"
	"sync"
	"time"
)

// logWait is how long a line of the log waits for a terminal that is not read;
// then it is lost, as on a real line.
const logWait = 10 * time.Millisecond

// logs is where the module's log UART goes: Config.Log, and terminals.
type logs struct {
	mu sync.Mutex
	to []io.Writer
}

// Write gives p to each; what one of them fails to take is lost.
func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.to {
		if f, ok := w.(*os.File); ok {
			_ = f.SetWriteDeadline(time.Now().Add(logWait))
		}
		_, _ = w.Write(p)
	}
	return len(p), nil
}

func (l *logs) add(w io.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = append(l.to, w)
}
