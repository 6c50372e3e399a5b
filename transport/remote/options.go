package remote

import "bytes"

// side is what became of an option in one direction.
type side byte

const (
	off side = iota
	asked
	agreed
	refused
)

// options is the state of telnet's negotiation: an option is on when one end
// wants it and the other agrees (RFC 854, 855). A request for what is on already
// gets no answer, which is what keeps two ends from answering each other for
// ever.
type options struct {
	mine, theirs [256]side
	replies      []byte // not sent yet
}

// wanted are the options that a serial line needs; every other one is refused.
func wanted(option byte) bool {
	return option == optBinary || option == optSGA || option == optComPort
}

// offer asks for what is wanted and returns the request.
func (o *options) offer() []byte {
	for _, option := range []byte{optBinary, optSGA} {
		o.mine[option], o.theirs[option] = asked, asked
	}
	o.mine[optComPort] = asked
	return []byte{iac, will, optBinary, iac, do, optBinary, iac, will, optSGA, iac, do, optSGA, iac, will, optComPort}
}

// receive takes the other end's part of the negotiation.
func (o *options) receive(verb, option byte) {
	switch verb {
	case do:
		o.request(&o.mine[option], option, will, wont)
	case will:
		o.request(&o.theirs[option], option, do, dont)
	case dont:
		o.refusal(&o.mine[option], option, wont)
	case wont:
		o.refusal(&o.theirs[option], option, dont)
	}
}

func (o *options) request(s *side, option, yes, no byte) {
	if !wanted(option) {
		o.reply(no, option)
		return
	}
	if *s == off || *s == refused {
		o.reply(yes, option)
	}
	*s = agreed
}

func (o *options) refusal(s *side, option, no byte) {
	if *s == agreed {
		o.reply(no, option)
	}
	*s = refused
}

// reply queues an answer. The same answer is not queued twice, so a server that
// asks without end fills no memory.
func (o *options) reply(verb, option byte) {
	r := []byte{iac, verb, option}
	if !bytes.Contains(o.replies, r) {
		o.replies = append(o.replies, r...)
	}
}

// decided tells whether what the line cannot do without is agreed or refused.
func (o *options) decided() bool {
	for _, s := range []side{o.mine[optComPort], o.mine[optBinary], o.theirs[optBinary]} {
		if s == asked {
			return false
		}
	}
	return true
}
