package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"st67bench/results"
	"st67bench/transport/emulator"
)

const flows = `
name: flows
workload: {kind: cipsend, sends: 24}
sweep: {link.flow: [none, rtscts], length: [512, 1460]}
repeats: {min: 1, max: 1}
warmup: 0
`

// outcomes are those of all results, with the first error.
func outcomes(j *memory) (all []results.Outcome, first string) {
	for _, r := range j.results {
		all = append(all, r.Outcome)
		if first == "" {
			first = r.Err
		}
	}
	return all, first
}

// The link is opened anew when a case wants it otherwise than it is, and as the rig has it for a case that says nothing.
func TestRelink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := rig(t, emulator.Config{})
		var opened []string
		r.Reopen = func(_ context.Context, settings map[string]string) error {
			opened = append(opened, fmt.Sprint(settings))
			return nil
		}
		j := &memory{samples: map[int]*kept{}}
		run := runner(t, r, j, flows)
		run.Cases[3].Link = nil
		if err := run.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want := []string{"map[flow:none]", "map[flow:rtscts]", "map[]"}; !slices.Equal(opened, want) {
			t.Errorf("the link was opened with %v, want %v", opened, want)
		}
		for _, res := range j.results {
			if res.Outcome != results.Pass || res.Conditions["link_baud"] != "2000000" {
				t.Errorf("%s: %s %s, %v", res.Case, res.Outcome, res.Err, res.Conditions)
			}
		}
	})
}

// A setting that the rig cannot do skips its cases; the others are measured.
func TestRelinkCannot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, reopen := range map[string]func(context.Context, map[string]string) error{
			"this rig cannot hold the host off": func(_ context.Context, s map[string]string) error {
				if s["flow"] == "rtscts" {
					return fmt.Errorf("%w hold the host off", ErrCannot)
				}
				return nil
			},
			"this rig cannot open its link in another way": nil,
		} {
			r, _ := rig(t, emulator.Config{})
			r.Reopen = reopen
			j := &memory{samples: map[int]*kept{}}
			if err := runner(t, r, j, flows).Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			want := []results.Outcome{results.Pass, results.Pass, results.Skipped, results.Skipped}
			if reopen == nil {
				want = slices.Repeat([]results.Outcome{results.Skipped}, 4)
			}
			if got, first := outcomes(j); !slices.Equal(got, want) || !strings.Contains(first, name) {
				t.Errorf("%s: outcomes %v, %q", name, got, first)
			}
		}
	})
}

// A link that does not come back ends the run: what was measured stays, and the rest says why.
func TestRelinkFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := rig(t, emulator.Config{})
		gone := errors.New("the adapter is gone")
		r.Reopen = func(_ context.Context, s map[string]string) error {
			if s["flow"] == "rtscts" {
				return gone
			}
			return nil
		}
		j := &memory{samples: map[int]*kept{}}
		if err := runner(t, r, j, flows).Run(t.Context()); !errors.Is(err, gone) {
			t.Errorf("the run ended with %v", err)
		}
		got, _ := outcomes(j)
		if want := []results.Outcome{results.Pass, results.Pass, results.Error, results.Aborted}; !slices.Equal(got, want) {
			t.Errorf("outcomes %v, want %v", got, want)
		}
		for _, res := range j.results[2:] {
			if !strings.Contains(res.Err, "open the link for link.flow=rtscts/length=512: the adapter is gone") {
				t.Errorf("%s: %s", res.Case, res.Err)
			}
		}
	})
}

// testHooks note what was set, and fail by value.
type testHooks struct {
	set  []string
	fail map[string]error
}

func (h *testHooks) Set(_ context.Context, name, value string) (string, error) {
	h.set = append(h.set, name+"="+value)
	return value + " dB", h.fail[value]
}

const hooked = `
name: hooked
workload: {kind: cipsend, sends: 24}
needs: [hook:attenuation]
sweep: {attenuation: [0, 20, 40], link.flow: [none], length: [1460]}
setup: ["AT+SLWKDTIM=1"]
cleanup: ['AT+CIPRECONNINTV=1{attenuation}']
repeats: {min: 1, max: 1}
warmup: 0
`

// A hook is set before its case, and what it says is recorded. One that fails is an ERROR of its case, one that the rig
// cannot set skips it; the cleanup lines are sent after each, with the level in them.
func TestHooksOfCases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := rig(t, emulator.Config{})
		r.Reopen = func(context.Context, map[string]string) error { return nil }
		h := &testHooks{fail: map[string]error{"20": errors.New("stuck"), "40": fmt.Errorf("%w set so much", ErrCannot)}}
		r.Hooks = h
		j := &memory{samples: map[int]*kept{}}
		if err := runner(t, r, j, hooked).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, first := outcomes(j)
		if want := []results.Outcome{results.Pass, results.Error, results.Skipped}; !slices.Equal(got, want) || first != "set attenuation to 20: stuck" {
			t.Errorf("outcomes %v, %q", got, first)
		}
		if want := []string{"attenuation=0", "attenuation=20", "attenuation=40"}; !slices.Equal(h.set, want) {
			t.Errorf("hooks %v", h.set)
		}
		if c := j.results[0].Conditions; c["hook_attenuation"] != "0 dB" {
			t.Errorf("conditions %v", c)
		}
		if n := count(w.lines, "AT+CIPRECONNINTV"); n != 3 {
			t.Errorf("the cleanup line was sent %d times", n)
		}
		value, err := r.Module.Command(t.Context(), "AT+CIPRECONNINTV?")
		if err != nil || !strings.Contains(strings.Join(value, ""), ":140") {
			t.Errorf("after the last cleanup: %q, %v", value, err)
		}
	})
}

func count(lines []string, name string) (n int) {
	for _, l := range lines {
		if l == name {
			n++
		}
	}
	return n
}

// A hook that costs the module its association: it joins again before the case is measured.
func TestHookRejoins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := rig(t, emulator.Config{})
		r.Reopen = func(context.Context, map[string]string) error { return nil }
		r.Hooks = leaveHooks{r}
		j := &memory{samples: map[int]*kept{}}
		if err := runner(t, r, j, strings.Replace(hooked, "[0, 20, 40]", "[0, off]", 1)).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, _ := outcomes(j)
		if want := []results.Outcome{results.Pass, results.Error}; !slices.Equal(got, want) { // off: nobody joins
			t.Errorf("outcomes %v, want %v", got, want)
		}
		if n := count(w.lines, "AT+CWQAP"); n != 2 {
			t.Errorf("%d times left", n)
		}
	})
}

// leaveHooks take the module out of its network.
type leaveHooks struct{ r *Rig }

func (h leaveHooks) Set(ctx context.Context, _, _ string) (string, error) {
	_, err := h.r.Module.Command(ctx, "AT+CWQAP")
	return "", err
}
