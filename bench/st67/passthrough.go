package st67

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// singleLink is the link that there is with CIPMUX=0.
const singleLink = 0

// errThrough is every command's answer in passthrough mode.
var errThrough = errors.New("the module is in passthrough mode: a command would be payload; leave it by Quit first")

// escapeRest is what a module wants after +++ before the next command (manual 4.1.9.1.1).
const escapeRest = time.Second

// ConnectSingle is Connect of link 0 with CIPMUX=0, as passthrough needs it (manual 4.1.12.2): all links are closed, and
// the receive mode is set to active. Over UDP the remote end is fixed. The next Connect goes back to CIPMUX=1.
func (m *Module) ConnectSingle(ctx context.Context, protocol string, to netip.AddrPort) error {
	kind, err := linkType(protocol, to)
	if err != nil {
		return err
	}
	if m.mode.mux {
		if err := m.CloseLink(ctx, allLinks); err != nil {
			return err
		}
		if err := m.put(ctx, setting{name: "CIPMUX", value: "0"}); err != nil {
			return err
		}
	}
	if m.mode.passive {
		if err := m.ReceiveMode(ctx, false); err != nil {
			return err
		}
	}
	line := fmt.Sprintf(`AT+CIPSTART="%s","%s",%d`, kind, to.Addr().Unmap().WithZone(""), to.Port())
	if protocol == "udp" {
		line += ",,0"
	}
	return m.connect(ctx, singleLink, to, line)
}

// Multiple goes back to CIPMUX=1 after ConnectSingle.
func (m *Module) Multiple(ctx context.Context) error {
	if m.mode.mux {
		return nil
	}
	if err := m.CloseLink(ctx, singleLink); err != nil {
		return err
	}
	return m.put(ctx, setting{name: "CIPMUX", value: "1"})
}

// Stream is passthrough mode: what is written goes to the peer of link 0 as it is, and what the peer sends comes to a
// sink. No command may be given before Quit.
type Stream struct {
	m   *Module
	ctx context.Context // of Passthrough: it ends Write

	mu   sync.Mutex
	sink func(p []byte, t time.Time)
}

// Passthrough enters passthrough mode over the link that ConnectSingle made (manual 4.1.12.2). The context also bounds
// every Write. What arrives before SetSink is dropped.
func (m *Module) Passthrough(ctx context.Context) (*Stream, error) {
	if err := m.sendable(ctx, singleLink); err != nil {
		return nil, err
	}
	if m.mode.mux || !m.LinkUp(singleLink) {
		return nil, errors.New("passthrough needs one link with CIPMUX=0: call ConnectSingle first")
	}
	limited, cancel := context.WithTimeout(ctx, networkLimit)
	defer cancel()
	st := &Stream{m: m, ctx: ctx}
	m.line = append(m.line[:0], "AT+CIPSEND"...)
	if _, err := m.s.Passthrough(limited, m.line, st.take); err != nil {
		m.longCut = true
		return nil, m.sendFailed(singleLink, err)
	}
	m.through = st
	return st, nil
}

// SetSink gives what arrives to sink, on the reader's goroutine, with the time of the read; nil drops it.
func (st *Stream) SetSink(sink func(p []byte, t time.Time)) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.sink = sink
}

func (st *Stream) take(p []byte, t time.Time) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.sink != nil {
		st.sink(p, t)
	}
}

// Write sends p as one message, for 30 s at the most. The three bytes +++ alone, which would end the mode, go out in two
// messages.
func (st *Stream) Write(p []byte) (int, error) {
	if st.m.through != st {
		return 0, errors.New("write in passthrough mode: it has ended")
	}
	if string(p) != escapeText {
		return st.write(p)
	}
	n, err := st.write(p[:1])
	if err != nil {
		return n, err
	}
	if err := sleep(st.ctx, escapeQuiet); err != nil {
		return n, err
	}
	k, err := st.write(p[1:])
	return n + k, err
}

func (st *Stream) write(p []byte) (int, error) {
	_, _, err := st.m.s.WriteRaw(st.m.limit.start(st.ctx), p)
	st.m.limit.stop()
	if err != nil {
		return 0, fmt.Errorf("write %d bytes in passthrough mode: %w", len(p), err)
	}
	return len(p), nil
}

// Quit leaves passthrough mode: silence, +++, a second's wait (manual 4.1.9), and then AT until the module answers. What
// arrives until then goes to the sink. The link stays.
func (st *Stream) Quit(ctx context.Context) error {
	m := st.m
	if m.through != st {
		return nil
	}
	err := m.sendEscape(ctx)
	m.s.EndPassthrough()
	m.through = nil
	m.dirty = true
	if err == nil {
		err = m.resync(ctx)
	}
	if err != nil {
		return fmt.Errorf("leave passthrough mode: %w", err)
	}
	return nil
}

// sendEscape writes +++ with its silence before and its rest after.
func (m *Module) sendEscape(ctx context.Context) error {
	if err := sleep(ctx, escapeQuiet); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, systemLimit)
	defer cancel()
	if _, _, err := m.s.WriteRaw(limited, []byte(escapeText)); err != nil {
		return err
	}
	return sleep(ctx, escapeRest)
}
