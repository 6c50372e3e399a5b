package peer

import (
	"bytes"
	"strings"
	"sync"
)

// execLine is the longest line that is handed on in one piece.
const execLine = 64 << 10

// budget is what a program may print.
type budget struct {
	mu    sync.Mutex
	left  int64
	spent func() // called when nothing is left
}

// take says how many of n bytes there is room for.
func (b *budget) take(n int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := int(min(int64(n), b.left))
	b.left -= int64(k)
	if k < n {
		b.spent()
	}
	return k
}

// capture takes one of a program's outputs: it keeps it, or hands on its lines.
type capture struct {
	budget *budget
	line   func(string)
	kept   []byte // all of it, or the line that has not ended
}

// Write never fails, so that a program that prints too much is ended by a signal, not by a broken pipe.
func (c *capture) Write(p []byte) (int, error) {
	c.kept = append(c.kept, p[:c.budget.take(len(p))]...)
	for c.line != nil {
		i := bytes.IndexByte(c.kept, '\n')
		if i < 0 && len(c.kept) < execLine {
			break
		}
		if i < 0 {
			i = execLine - 1
		}
		c.hand(c.kept[:i+1])
		c.kept = c.kept[:copy(c.kept, c.kept[i+1:])]
	}
	return len(p), nil
}

// flush hands on a last line without an end.
func (c *capture) flush() {
	if c.line != nil && len(c.kept) > 0 {
		c.hand(c.kept)
		c.kept = nil
	}
}

func (c *capture) hand(p []byte) { c.line(strings.TrimRight(string(p), "\r\n")) }

func (c *capture) String() string { return string(c.kept) }
