package st67

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"st67bench/transport/at"
)

// How long the module may take, from the command to its final code. ST's host
// driver waits 2 s for system commands and 6 s for the others; CIPSTART ends
// within its own 10 s by default, CWJAP within 15 s (manual 3.1.5.6), and no
// command has a limit above 20 s (manual 4.1.7.1.2).
const (
	systemLimit  = 2 * time.Second
	networkLimit = 6 * time.Second
	longestLimit = 21 * time.Second
)

// readyLimit is how long a reset may take until `ready`, readyPause what ST's
// host driver waits after it before the first command.
const (
	readyLimit = 4 * time.Second
	readyPause = 100 * time.Millisecond
)

// Response and SendOptions are those of the dialog, so that callers need not know it.
type (
	Response    = at.Response
	SendOptions = at.SendOptions
)

// Options say how to drive a module.
type Options struct {
	Wifi  Wifi                            // what Boot joins
	Reset func(ctx context.Context) error // hardware reset (CHIP_EN); nil: AT+RST
	Wake  Wake                            // for a module that may sleep; the zero value where the link wakes it
	Log   *slog.Logger                    // nil: none
}

// Module is one module that was opened. Its commands are called from one
// goroutine; what it has seen may be read from any.
type Module struct {
	s     *at.Session
	o     Options
	log   *slog.Logger
	seen  seen
	mode  mode
	limit limit
	line  []byte // the command line, reused
	recv  recvLine
	// Buffers of SendEx and SendLong, reused.
	escaped, part []byte
	through       *Stream // passthrough mode; nil: none
	dirty         bool    // an exchange was cut off: resynchronise before the next
	// dataMode: what was cut off may have left the module waiting for payload.
	dataMode   bool
	restarting bool // a restart was begun that nobody has seen the end of: settings and commands are lost until another
	longCut    bool // what was cut off may have left it in a data mode that +++ ends

	station     Station // of the last Join
	on          running
	clock       int          // source of the 32 kHz clock that was found; 0: not asked
	twtFirst    *int         // number of the first set-up type of TWT_PARAM; nil: not asked
	hibernation *hibernation // nil: none
	reports     reports      // of Iperf
	broker      string       // of MQTTConnect, in words
	ipdBoot     bool         // DetermineIPD was called since the last start

	found       []setting // what settings were before they were changed, in this order
	identity    map[string]string
	mac         string
	sent, ended time.Time // of the latest command that got its final code
	resetAt     time.Time // Start.Reset
	joinAt      time.Time // Start.Join
	joined      bool      // Join was called and Restore has to leave the network
	wasIn       bool      // the module was in a network when it was opened
}

// ErrT02 says that the image has no network commands.
var ErrT02 = errors.New("T02 image: the network commands do not exist in it; flash T01")

// Open makes sure that the module listens, and sets it up (package comment). A
// module that stays silent ends as a *SilentError, unless Options.Reset brings
// it back. The session stays the caller's; its events are the Module's.
func Open(ctx context.Context, s *at.Session, o Options) (*Module, error) {
	m := &Module{s: s, o: o, log: o.Log, identity: map[string]string{}}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	s.Mask(o.Wifi.Password)
	m.seen.end = make(chan struct{})
	m.seen.asked = true // a module that was just powered prints its `ready` any time now
	go m.seen.take(s.Events())
	m.setMode(mode{})
	if err := m.open(ctx); err != nil {
		return nil, fmt.Errorf("open the module: %w", err)
	}
	m.seen.expectReady(false)
	return m, nil
}

// open is resynchronisation and set-up, once more when the module starts in the middle of it.
func (m *Module) open(ctx context.Context) error {
	err := m.prepare(ctx)
	if silent := (*SilentError)(nil); errors.As(err, &silent) && m.o.Reset != nil {
		m.log.Info("the module is silent: hardware reset")
		err = m.Reset(ctx)
	} else if errors.Is(err, at.ErrReset) {
		m.log.Info("the module started while it was opened: once more")
		err = m.prepare(ctx)
	}
	if err != nil {
		return err
	}
	if err := m.CloseLink(ctx, allLinks); err != nil { // of an earlier run that was killed
		return err
	}
	_, m.wasIn, err = m.association(ctx)
	return err
}

// prepare makes the module listen and sets it up. A start in the meantime undoes settings and is an error.
func (m *Module) prepare(ctx context.Context) error {
	if err := m.resync(ctx); err != nil {
		return err
	}
	starts := m.seen.countStarts()
	if err := m.setup(ctx); err != nil {
		return err
	}
	if m.seen.countStarts() != starts {
		return at.ErrReset
	}
	return nil
}

// setup makes the settings that everything else relies on, and reads who the module is.
func (m *Module) setup(ctx context.Context) error {
	if _, err := m.exchange(ctx, systemLimit, "ATE0"); err != nil {
		return err
	}
	for _, s := range firstSettings {
		if err := m.set(ctx, s); err != nil {
			return err
		}
	}
	if image, known, err := m.query(ctx, "CWNETMODE"); err != nil {
		return err
	} else if known && image == "0" {
		return ErrT02
	}
	for _, s := range networkSettings {
		if err := m.set(ctx, s); err != nil {
			return err
		}
	}
	for _, name := range []string{"CIPRECVMODE", "CIPDINFO"} {
		value, known, err := m.query(ctx, name)
		if err != nil {
			return err
		}
		if known {
			m.changed(name, value)
		}
	}
	return m.identify(ctx)
}

// Boot resets the module, sets it up and joins the network of its options, if
// they have one: one boot, the unit of inference.
func (m *Module) Boot(ctx context.Context) error { return m.BootBy(ctx, m.o.Reset) }

// BootBy is Boot with a restart by other means than Options.Reset, such as a supply that comes back; nil is AT+RST.
func (m *Module) BootBy(ctx context.Context, restart func(ctx context.Context) error) error {
	if err := m.ResetBy(ctx, restart); err != nil || m.o.Wifi.SSID == "" {
		return err
	}
	_, err := m.Join(ctx, m.o.Wifi)
	return err
}

// Reset restarts the module, by Options.Reset or else AT+RST, waits for
// `ready`, 4 s at the most, and sets the module up again.
func (m *Module) Reset(ctx context.Context) error { return m.ResetBy(ctx, m.o.Reset) }

// ResetBy is Reset with a restart by other means than Options.Reset; nil is AT+RST. The module is in no network after it.
func (m *Module) ResetBy(ctx context.Context, restart func(ctx context.Context) error) error {
	m.seen.expectReady(true)
	defer m.seen.expectReady(false)
	if restart == nil {
		var err error
		if restart, err = m.restarter(ctx); err != nil {
			return fmt.Errorf("reset: %w", err)
		}
	}
	if m.through != nil { // `ready` is a line
		m.s.EndPassthrough()
	}
	w := m.seen.listen("ready")
	defer w.stop()
	m.resetAt, m.joinAt, m.restarting = time.Now(), time.Time{}, true
	if err := restart(ctx); err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	wait, cancel := context.WithTimeoutCause(ctx, readyLimit, fmt.Errorf("no `ready` within %v", readyLimit))
	defer cancel()
	if _, err := w.next(wait); err != nil {
		m.dirty = true
		return fmt.Errorf("reset: %w", err)
	}
	if err := sleep(ctx, readyPause); err != nil {
		return err
	}
	m.restarted()
	m.seen.expectReady(false)
	if err := m.prepare(ctx); err != nil {
		return fmt.Errorf("set-up after the reset: %w", err)
	}
	return nil
}

// restarted forgets what was so before a start.
func (m *Module) restarted() {
	m.setMode(mode{messages: m.mode.messages, notes: m.mode.notes})
	m.asleep(false)
	m.dirty, m.dataMode, m.longCut, m.restarting = false, false, false, false
	m.recv, m.on, m.station, m.ipdBoot = recvUnknown, running{}, Station{}, false
	m.hibernation = nil
	if m.through != nil {
		m.s.EndPassthrough()
		m.through = nil
	}
}

// askRestart is AT+RST. `ready` may come before its OK.
func (m *Module) askRestart(ctx context.Context) error {
	_, err := m.exchange(ctx, systemLimit, "AT+RST")
	if errors.Is(err, at.ErrReset) {
		return nil
	}
	return err
}

// setMode swaps the grammar.
func (m *Module) setMode(next mode) {
	m.mode = next
	m.s.SetGrammar(grammar(next))
}

// changed follows a setting that the module has now.
func (m *Module) changed(name, value string) {
	if next, differs := m.mode.with(name, value); differs {
		m.setMode(next)
	}
}

// sleep waits, or returns why ctx ended.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
