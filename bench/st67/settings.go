package st67

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"st67bench/transport/at"
)

// setting is one AT+<name>=<value> whose query form answers +<name>:<value>.
type setting struct {
	name  string
	value string
	of    string // the link that it is of, for CIPRECVBUF: AT+<name>=<of>? and AT+<name>=<of>,<value>
	extra string // further parameters of the set form
	must  bool   // a module that refuses it cannot be used
}

// firstSettings come before any other: nothing is stored, and errors have codes (manual 2.2.9, 2.2.10).
var firstSettings = []setting{
	{name: "SYSSTORE", value: "0", must: true},
	{name: "SYSLOG", value: "1"},
}

// networkSettings need an image with network commands. Auto-connection off: the
// harness decides when a boot's association begins (manual 3.1.15). Events on,
// and in the short form: the module's state is kept from them (4.1.30, 4.1.31,
// 2.2.8). CWMODE's second parameter keeps the change of mode from joining (3.1.2).
var networkSettings = []setting{
	{name: "CWAUTOCONN", value: "0"},
	{name: "CWEVT", value: "1"},
	{name: "CIPEVT", value: "1"},
	{name: "SYSMSG", value: "0"},
	{name: "CIPMUX", value: "1", must: true},
	{name: "CWMODE", value: "1", extra: ",0", must: true},
}

// restorable are the settings that a scenario may change whose query answer is the set form's parameters.
var restorable = []string{
	"SYSSTORE", "SYSLOG", "SYSMSG", "CWMODE", "CWAUTOCONN", "CWEVT", "CIPEVT", "CIPMUX", "CIPRECVMODE", "CIPDINFO",
	"CWRECONNCFG", "CWSTAPROTO", "CIPV6", "CIPSENDLCFG", "CIPSTO", "CIPSERVERMAXCONN",
}

// ofLink are those that each link has one of (manual 4.1.6).
var ofLink = []string{"CIPRECVBUF"}

// toRemember is the setting that an AT line changes, when Restore can put it back.
func toRemember(name, value string) (setting, bool) {
	if slices.Contains(restorable, name) {
		return setting{name: name}, true
	}
	link, _, change := strings.Cut(value, ",")
	return setting{name: name, of: strings.TrimSpace(link)}, change && slices.Contains(ofLink, name)
}

// key tells settings apart, also those of links.
func (s setting) key() string {
	if s.of == "" {
		return s.name
	}
	return s.name + "=" + s.of
}

// query asks for a setting; known is false when the module refuses or gives no value.
func (m *Module) query(ctx context.Context, name string) (value string, known bool, err error) {
	return m.ask(ctx, setting{name: name})
}

func (m *Module) ask(ctx context.Context, s setting) (value string, known bool, err error) {
	r, err := m.exchange(ctx, systemLimit, "AT+"+s.key()+"?")
	var refused *at.CommandError
	if errors.As(err, &refused) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	value, known = answer(r.Lines, s.name)
	switch value { // CIPDINFO answers in words (manual 4.1.16)
	case "true":
		value = "1"
	case "false":
		value = "0"
	}
	return value, known, nil
}

// remember asks for a setting and keeps the first value that was found.
func (m *Module) remember(ctx context.Context, s setting) (value string, known bool, err error) {
	value, known, err = m.ask(ctx, s)
	if err != nil || !known {
		return "", false, err
	}
	if !slices.ContainsFunc(m.found, func(f setting) bool { return f.key() == s.key() }) {
		m.found = append(m.found, setting{name: s.name, of: s.of, value: value, extra: s.extra})
		m.log.Debug("found", "setting", s.key(), "value", value)
	}
	return value, true, nil
}

// set changes a setting when it differs.
func (m *Module) set(ctx context.Context, s setting) error {
	now, known, err := m.remember(ctx, s)
	if err != nil {
		return err
	}
	if known && now == s.value {
		m.changed(s.name, s.value)
		return nil
	}
	err = m.put(ctx, s)
	var refused *at.CommandError
	if !errors.As(err, &refused) {
		return err
	}
	if s.name == "CIPMUX" { // refused while a link of an earlier run is open (manual 4.1.17.4)
		if _, err := m.exchange(ctx, networkLimit, "AT+CIPCLOSE"); err == nil || errors.As(err, &refused) {
			err = m.put(ctx, s)
			return err
		}
	}
	if s.must {
		return err
	}
	m.log.Debug("refused", "setting", s.name, "error", err)
	return nil
}

// put sends the set form and follows it.
func (m *Module) put(ctx context.Context, s setting) error {
	value := s.value + s.extra
	if s.of != "" {
		value = s.of + "," + value
	}
	if _, err := m.exchange(ctx, networkLimit, "AT+"+s.name+"="+value); err != nil {
		return err
	}
	m.changed(s.name, s.value)
	return nil
}

// Found is what the settings were before they were changed, by name.
func (m *Module) Found() map[string]string {
	out := make(map[string]string, len(m.found))
	for _, s := range m.found {
		out[s.key()] = s.value
	}
	return out
}

// restoreLimit bounds Restore, which runs on exit paths where the caller's context has ended.
const restoreLimit = 15 * time.Second

// Restore ends what runs in the module (passthrough mode, a server, iperf, MQTT, Bluetooth, power save), closes the links,
// gives the 32 kHz clock its first source back, wakes a module that hibernates,
// leaves the network that Join entered when the
// module was in none before, and puts back every setting that was found to be
// otherwise, SYSSTORE last. What the module refuses does not keep the rest from
// being put back; the error names all of it. It takes 15 s at the most, also
// when ctx has ended.
func (m *Module) Restore(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restoreLimit)
	defer cancel()
	defer m.limit.release()
	m.seen.expectReady(false)
	if err := m.listening(ctx); err != nil {
		return fmt.Errorf("put back what was found: %w", err)
	}
	errs := []error{m.clockBack(ctx), m.set(ctx, firstSettings[0]), m.finish(ctx), m.CloseLink(ctx, allLinks)}
	if m.joined && !m.wasIn {
		_, err := m.exchange(ctx, networkLimit, "AT+CWQAP")
		errs = append(errs, err)
		m.joined = err != nil
	}
	for _, s := range slices.Backward(m.found) {
		if ctx.Err() != nil {
			break
		}
		errs = append(errs, m.putBack(ctx, s))
	}
	errs = append(errs, ctx.Err())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("put back what was found: %s", oneLine(err))
	}
	return nil
}

// listening makes the module take commands, whatever it was left in. A restart that was cut off is made anew: its `ready` may
// still come, in the middle of what follows.
func (m *Module) listening(ctx context.Context) error {
	if m.hibernation == nil && !m.restarting {
		return m.leaveModes(ctx)
	}
	err := m.Reset(ctx)
	m.joined = false
	return err
}

// putBack sets what was found unless it is so.
func (m *Module) putBack(ctx context.Context, s setting) error {
	now, known, err := m.ask(ctx, s)
	if err != nil || known && now == s.value {
		return err
	}
	return m.put(ctx, s)
}

// oneLine joins the lines of a joined error.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
