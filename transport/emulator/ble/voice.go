package ble

import (
	"sync"
	"time"

	"st67bench/transport/emulator/core"
)

// mostMessages is how many messages wait for a host that takes none; more are
// lost, as they are in a firmware that is out of buffers.
const mostMessages = 512

type message struct {
	at   time.Time
	text []byte
}

// voice is what a module's BLE part says, in order. Adding to it never waits.
type voice struct {
	m *core.Machine

	mu       sync.Mutex
	cond     sync.Cond
	queue    []message
	speaking bool // somebody has taken the queue and is saying it
	closed   bool
	busy     sync.WaitGroup
}

// add queues a message.
func (v *voice) add(at time.Time, text []byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.queue) < mostMessages {
		v.queue = append(v.queue, message{at, text})
	}
}

// speak says what is queued from a goroutine of its own.
func (v *voice) speak() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.speaking && !v.closed && len(v.queue) > 0 {
		v.speaking = true
		v.busy.Go(v.say)
	}
}

// drain says what is queued and returns when it is said.
func (v *voice) drain() {
	v.mu.Lock()
	for v.speaking {
		v.cond.Wait()
	}
	v.speaking = true
	v.mu.Unlock()
	v.say()
}

// say says what is queued; the caller has set speaking.
func (v *voice) say() {
	for {
		v.mu.Lock()
		if len(v.queue) == 0 {
			v.speaking = false
			v.cond.Broadcast()
			v.mu.Unlock()
			return
		}
		next := v.queue[0]
		v.queue = v.queue[1:]
		v.mu.Unlock()
		v.m.Event(next.at, next.text)
	}
}

// close returns when no goroutine speaks; none will again.
func (v *voice) close() {
	v.mu.Lock()
	v.closed = true
	v.mu.Unlock()
	v.busy.Wait()
}
