package serve

import (
	"errors"
	"slices"
	"sync"
)

// cache remembers the last pages. Who asks for one that is being made waits for it.
type cache struct {
	most int

	mu    sync.Mutex
	pages []*made // the one that was asked for last at the end
}

// made is a page, of files in one state.
type made struct {
	key  string
	done chan struct{} // closed when text or err is there
	text []byte
	err  error
}

// errUnmade is what those who wait are told when making a page panics.
var errUnmade = errors.New("the page could not be made")

func newCache(most int) *cache { return &cache{most: most} }

// get is the page of that key; do makes it when it is not there. An error is not remembered.
func (c *cache) get(key string, do func() ([]byte, error)) ([]byte, error) {
	p, mine := c.find(key)
	if !mine {
		<-p.done
		return p.text, p.err
	}
	p.err = errUnmade
	defer func() {
		if p.err != nil {
			c.forget(p)
		}
		close(p.done)
	}()
	p.text, p.err = do()
	return p.text, p.err
}

// find is the page of that key; mine says that it has yet to be made, by who asks.
func (c *cache) find(key string) (p *made, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.pages, func(p *made) bool { return p.key == key })
	if i >= 0 {
		p = c.pages[i]
		c.pages = append(slices.Delete(c.pages, i, i+1), p)
		return p, false
	}
	p = &made{key: key, done: make(chan struct{})}
	if c.pages = append(c.pages, p); len(c.pages) > c.most {
		c.pages = slices.Delete(c.pages, 0, 1)
	}
	return p, true
}

func (c *cache) forget(p *made) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pages = slices.DeleteFunc(c.pages, func(other *made) bool { return other == p })
}
