package at

import "sync"

// keepEvents is how many events' room a drained queue keeps.
const keepEvents = 1024

// queue is an unbounded queue in front of a channel, so that whoever puts an
// event never waits for whoever takes it.
type queue struct {
	out  chan Event
	more chan struct{} // one token when something changed
	quit chan struct{} // closed when nobody takes events any more
	done chan struct{} // closed when run returned

	mu     sync.Mutex
	items  []Event
	closed bool // no event comes any more
}

func newQueue() *queue {
	return &queue{
		out:  make(chan Event, 16),
		more: make(chan struct{}, 1),
		quit: make(chan struct{}),
		done: make(chan struct{}),
	}
}

func (q *queue) put(e Event) {
	q.mu.Lock()
	q.items = append(q.items, e)
	q.mu.Unlock()
	wake(q.more)
}

// close lets run end when it has handed over what is there.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	wake(q.more)
}

// take swaps the waiting events for the empty batch.
func (q *queue) take(batch []Event) (events []Event, open bool) {
	if cap(batch) > keepEvents {
		batch = nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	events, q.items = q.items, batch[:0]
	return events, !q.closed
}

// run hands the events over, in order, until close or quit; then it closes out.
func (q *queue) run() {
	defer close(q.done)
	defer close(q.out)
	var batch []Event
	for {
		var open bool
		batch, open = q.take(batch)
		for i, e := range batch {
			select {
			case q.out <- e:
				batch[i] = Event{}
			case <-q.quit:
				return
			}
		}
		if len(batch) > 0 {
			continue
		}
		if !open {
			return
		}
		select {
		case <-q.more:
		case <-q.quit:
			return
		}
	}
}

// wake leaves one token in a channel with room for one.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
