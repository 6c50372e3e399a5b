package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"st67bench/bench"
	"st67bench/bench/peer"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
	"st67bench/transport/spi"
)

// A hook has hookTime to end, one that loads a firmware flashTime, and the supply stays off for offTime, which is far
// above the module's 1 ms (datasheet DS14784).
const (
	hookTime  = 30 * time.Second
	flashTime = 5 * time.Minute
	offTime   = 200 * time.Millisecond
)

// rigHooks are the rig file's hooks, and those of an emulated module where the file has none of that name. They know what
// they changed, so that it does not stay so when a run ends.
type rigHooks struct {
	rig       *scenarios.Rig
	module    *emulator.Module  // nil for a real one
	link      *opened           // the link that a dialog without session has
	s         *session          // nil for a dialog without
	deadline  time.Duration     // of a command; 0: hookTime, or flashTime
	changed   []string          // names, in the order of their first change
	found     map[string]string // what was set before that, where the hook tells
	now       map[string]string // what was set last
	before    string            // firmware, by AT+GMR, before one was loaded
	offSupply bool
	told      bool // which wires cannot be taken low
}

func newHooks(rig *scenarios.Rig, link *opened) *rigHooks {
	return &rigHooks{rig: rig, module: link.emulator, link: link, found: map[string]string{}, now: map[string]string{}}
}

// Set gives a value to the hook of that name, and returns what it says that is set now.
func (h *rigHooks) Set(ctx context.Context, name, value string) (now string, err error) {
	switch {
	case !h.has(name):
		return "", fmt.Errorf("%w set %s: the rig file has no hook of that name (hooks.%s)", bench.ErrCannot, name, hookKey(name))
	case name == "power":
		now, err = h.power(ctx, value)
	case name == "flash":
		now, err = h.flash(ctx, value)
	default:
		now, err = h.run(ctx, name, value)
	}
	if err == nil {
		h.now[name] = value
	}
	return now, err
}

// has says whether there is a hook of that name.
func (h *rigHooks) has(name string) bool { return h.command(name) != "" || h.emulated(name) != nil }

// command is the rig file's for a hook; "" when it has none.
func (h *rigHooks) command(name string) string {
	switch hooks := h.rig.Hooks; name {
	case "power":
		return hooks.Power
	case "flash":
		return hooks.Flash
	default:
		return hooks.Set[name]
	}
}

// hookKey is where the rig file has a hook's command, below hooks.
func hookKey(name string) string {
	if name == "power" || name == "flash" {
		return name
	}
	return "set." + name
}

// emulated is what sets the emulated module in place of a command; nil for a real one.
func (h *rigHooks) emulated(name string) *setting {
	if h.module == nil {
		return nil
	}
	return lookupSetting(name)
}

// run carries a hook out, and notes that it changed something.
func (h *rigHooks) run(ctx context.Context, name, value string) (now string, err error) {
	was, known := "", false
	if h.command(name) == "" {
		e := h.emulated(name)
		was, known = e.get(h.module), true
		if err := e.set(h.module, value); err != nil {
			return "", err
		}
		now = e.get(h.module)
	} else if now, was, known, err = h.execute(ctx, name, value); err != nil {
		h.note(name, was, known) // it may have done a part of its work
		return "", err
	}
	h.note(name, was, known)
	return now, nil
}

func (h *rigHooks) note(name, was string, known bool) {
	if _, again := h.now[name]; again {
		return
	}
	h.changed = append(h.changed, name)
	h.now[name] = "something that is not known"
	if known {
		h.found[name] = was
	}
}

// argument is the word in braces that a hook's command has.
func argument(name string) string {
	switch name {
	case "power":
		return "{state}"
	case "flash":
		return "{firmware}"
	}
	return "{value}"
}

// execute runs a hook's command. The first line that it prints says what is set now; another one, `was VALUE`, what was
// set before.
func (h *rigHooks) execute(ctx context.Context, name, value string) (now, was string, known bool, err error) {
	args := strings.Fields(h.command(name))
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], argument(name), value)
	}
	key := "hooks." + hookKey(name)
	if err := startable(args[0]); err != nil {
		return "", "", false, fmt.Errorf("%s: %s", key, h.rig.Hide(err.Error()))
	}
	result, err := peer.Run(ctx, peer.ExecOptions{Path: args[0], Args: args[1:], Deadline: h.limit(name)})
	if err != nil {
		// It ran with secrets, so that its words may have some.
		text := h.rig.Hide(strings.TrimPrefix(err.Error(), "peer: "))
		return "", "", false, fmt.Errorf("%s: %s; run the command of the rig file by hand to see why", key, text)
	}
	for i, line := range strings.Split(strings.TrimSpace(h.rig.Hide(result.Stdout)), "\n") {
		line = strings.TrimSpace(line)
		if i == 0 {
			now = line
		} else if before, ok := strings.CutPrefix(line, "was "); ok {
			was, known = strings.TrimSpace(before), true
		}
	}
	return now, was, known, nil
}

// limit is how long a hook's command may take.
func (h *rigHooks) limit(name string) time.Duration {
	switch {
	case h.deadline > 0:
		return h.deadline
	case name == "flash":
		return flashTime
	}
	return hookTime
}

// startable says what is wrong with a hook's program before it is tried.
func startable(program string) error {
	_, err := exec.LookPath(program)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, exec.ErrNotFound) || !strings.Contains(err.Error(), "permission"):
		return fmt.Errorf("there is no program %s; a path begins at the folder that st67bench runs in", filepath.Base(program))
	default:
		return fmt.Errorf("%s cannot be run; make it executable: chmod +x", filepath.Base(program))
	}
}

// power switches the supply. On after off counts when the module says `ready`.
func (h *rigHooks) power(ctx context.Context, state string) (now string, err error) {
	if state != "on" && state != "off" {
		return "", fmt.Errorf("power %s: it is on or off", state)
	}
	if state == "off" || !h.offSupply || h.s.module == nil {
		return h.supply(ctx, state)
	}
	err = h.s.module.BootBy(ctx, func(ctx context.Context) error {
		var err error
		now, err = h.supply(ctx, state)
		return err
	})
	if err != nil {
		h.offSupply = true
		return "", fmt.Errorf("power on: %w", err)
	}
	return now, nil
}

// supply runs the hook. The supply was on at first: the module has answered.
func (h *rigHooks) supply(ctx context.Context, state string) (now string, err error) {
	err = h.switched(ctx, state == "on", func(ctx context.Context, _ bool) (err error) {
		now, err = h.run(ctx, "power", state)
		return err
	})
	h.found["power"] = "on"
	if err == nil {
		h.now["power"] = state
	}
	return now, err
}

// cycle takes the supply away and gives it back, for a reset, which waits for `ready` itself.
func (h *rigHooks) cycle(ctx context.Context) error {
	if _, err := h.supply(ctx, "off"); err != nil {
		return err
	}
	select {
	case <-time.After(offTime):
	case <-ctx.Done(): // the supply comes back all the same
		ctx = context.WithoutCancel(ctx)
	}
	_, err := h.supply(ctx, "on")
	return err
}

// resetBy is the rig's own way to reset the module behind a link; nil for AT+RST.
func (h *rigHooks) resetBy(link *opened) func(context.Context) error {
	if l, isSPI := link.link.(*spi.Link); isSPI && h.rig.Reset == "en" {
		return l.Reset
	}
	if h.rig.Reset != "power" {
		return nil
	}
	return h.cycle
}

// release is a version as AT+GMR has it.
var release = regexp.MustCompile(`\d+\.\d+\.\d+`)

// flash loads a firmware. The link is closed meanwhile, because many a hook loads by the same port; then the module is
// booted and asked what it is. A firmware that was loaded before is not loaded again.
func (h *rigHooks) flash(ctx context.Context, firmware string) (now string, err error) {
	if h.now["flash"] == firmware && h.s.module != nil {
		return h.s.module.Identity()["firmware"], nil
	}
	if h.before == "" && h.s.module != nil {
		h.before = h.s.module.Identity()["firmware"]
	}
	said := ""
	err = h.s.renew(ctx, func() (err error) {
		said, err = h.run(ctx, "flash", firmware)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("flash %s: %w", firmware, err)
	}
	if err := h.s.module.Boot(ctx); err != nil {
		return "", fmt.Errorf("flash %s: %w", firmware, err)
	}
	now = h.s.module.Identity()["firmware"]
	want := release.FindString(firmware)
	if want == "" {
		want = release.FindString(said)
	}
	if want != "" && now != want {
		return "", fmt.Errorf("flash %s: the module says that its firmware is %s: the hook loaded something else", firmware, now)
	}
	return now, nil
}

// loaded is the firmware that was loaded last; "" when none was.
func (h *rigHooks) loaded() string { return h.now["flash"] }

// firmwareFound is the firmware that the module had before one was loaded, as the hook takes it: what the hook says, or else what
// the module says by AT+GMR.
func (h *rigHooks) firmwareFound() string { return cmp.Or(h.found["flash"], h.before) }

// loadBack loads the firmware that was there first. What becomes of that, putBack says.
func (h *rigHooks) loadBack(first string) {
	if first == "" || h.loaded() == "" || h.s.module == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flashTime+restoreTime)
	defer cancel()
	if _, err := h.Set(ctx, "flash", first); err != nil {
		h.s.logger.Warn("the firmware that was there first: " + err.Error())
		return
	}
	h.found["flash"] = first
}

// putBack sets what was changed to what was found, and says for every hook that was changed how it was left: "put back to
// 0", or "left at 40" with the reason.
func (h *rigHooks) putBack() map[string]string {
	left := map[string]string{}
	slices.Reverse(h.changed)
	slices.SortStableFunc(h.changed, func(a, b string) int { return cmp.Compare(order(a), order(b)) })
	for _, name := range h.changed {
		was, known := h.found[name]
		switch {
		case known && was == h.now[name]:
			left[name] = "put back to " + was
		case name == "flash":
			left[name] = "left at " + h.now[name]
		case !known:
			left[name] = "left at " + h.now[name] + ": the hook does not say what was set before"
		default:
			left[name] = h.returned(name, was)
		}
	}
	h.changed, h.now, h.found = nil, map[string]string{}, map[string]string{}
	return left
}

// order puts the supply first, without which nothing else can be asked.
func order(name string) int {
	if name == "power" {
		return 0
	}
	return 1
}

// returned sets one hook to what was found.
func (h *rigHooks) returned(name, was string) string {
	ctx, cancel := context.WithTimeout(context.Background(), h.limit(name)+restoreTime)
	defer cancel()
	at := h.now[name]
	if _, err := h.Set(ctx, name, was); err != nil {
		return fmt.Sprintf("left at %s: %v", at, err)
	}
	return "put back to " + was
}
