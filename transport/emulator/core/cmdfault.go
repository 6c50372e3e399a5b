package core

import "slices"

// commandHit is what the faults do to one command.
type commandHit struct {
	crash, busy, noMemory bool
	echo, reply           bool // an unsolicited line inside
	shape                 shape
}

// shape is how messages are handed to the host.
type shape struct {
	split int  // pieces of so many bytes, splitGap apart; 0: as they come
	merge bool // held back for mergeTime, and all in one piece
}

// unasked is what the fault `urc` puts into echoes and replies.
var unasked = []byte("+CW:SCAN_DONE\r\n")

// command counts a command and says what happens to it.
func (f *Faults) command() (hit commandHit) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count[aCommand]++
	for _, a := range f.armed {
		if !a.on(aCommand, f.count[aCommand]) {
			continue
		}
		f.injected[a.Name]++
		switch a.kind {
		case crash:
			hit.crash = true
		case busyFault:
			hit.busy = true
		case outOfMemory:
			hit.noMemory = true
		case splitOutput:
			hit.shape.split = max(a.count, 1)
		case mergeOutput:
			hit.shape.merge = true
		case urc:
			hit.echo, hit.reply = hit.echo || a.where == inEcho, hit.reply || a.where == inReply
		}
	}
	return hit
}

// Publish counts a publication of MQTT; it belongs to the AT task, before the
// broker is given anything.
func (f *Faults) Publish() { f.tell(f.published()) }

func (f *Faults) published() (struck []*armed) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count[aPublication]++
	for _, a := range f.armed {
		if a.on(aPublication, f.count[aPublication]) {
			f.injected[a.Name]++
			struck = append(struck, a)
		}
	}
	return struck
}

// lookalike is text that a host must not take for the module's.
const lookalike = "\r\nOK\r\n\r\nERROR\r\n+IPD:0,5,hello\r\n\r\nSEND OK\r\n\r\n>+CIP:0,DISCONNECTED\r\nready\r\n"

// Received counts a piece that came in from the network, and may overwrite it.
// It may be called from any goroutine.
func (f *Faults) Received(p []byte) {
	if f.strike(aReception, replies) {
		for len(p) > 0 {
			p = p[copy(p, lookalike):]
		}
	}
}

// echoed is a line's echo with an unsolicited line in its middle.
func echoed(line []byte) []byte { return slices.Insert(slices.Clone(line), len(line)/2, unasked...) }
