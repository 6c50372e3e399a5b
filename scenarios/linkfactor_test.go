package scenarios

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// A hook that the scenario asks for goes before a field of its name; link factors and hooks may stand in AT lines.
func TestHookAndLinkFactors(t *testing.T) {
	s, err := Parse("x.yaml", []byte(`
name: x
workload: {kind: cipsend, dtim: 3, power: standby}
needs: [hook:beacon, hook:outage]
emulated: {radio: 1Mbit/s, real: run}
sweep: {beacon: [100, 200], outage: [300ms], link.flow: [none, rtscts]}
setup: ["AT+SYSMSG={beacon}", 'AT+CWHOSTNAME="{link.flow}"']
cleanup: ["AT+SYSMSG=0"]
`))
	if err != nil {
		t.Fatal(err)
	}
	c := s.Expand()[3]
	if !maps.Equal(c.Hooks, map[string]string{"beacon": "200", "outage": "300ms"}) || !maps.Equal(c.Link, map[string]string{"flow": "rtscts"}) || c.Workload.DTIM != 3 {
		t.Errorf("%+v", c)
	}
	if want := []string{"AT+SYSMSG=200", `AT+CWHOSTNAME="rtscts"`}; !slices.Equal(c.Setup, want) || !slices.Equal(c.Cleanup, []string{"AT+SYSMSG=0"}) {
		t.Errorf("setup %q, cleanup %q", c.Setup, c.Cleanup)
	}
	if !s.Real || len(s.Emulated) != 1 {
		t.Errorf("real %v, keys %v", s.Real, s.Emulated)
	}
	hashes := map[string]bool{}
	for _, c := range s.Expand() {
		hashes[c.Hash] = true
	}
	if len(hashes) != 4 {
		t.Errorf("%d hashes of 4 cases", len(hashes))
	}
}

// What would burn, erase or forget is refused in every line, whatever a placeholder makes of it, and so are levels and
// placeholders that there are not.
func TestWrongLinkAndHookFactors(t *testing.T) {
	for text, says := range map[string]string{
		"cleanup: ['AT+RESTORE']":             "AT+RESTORE is destructive and refused in scenarios",
		"setup: ['at+flash-e={link.flow},1']": "AT+FLASH-E is destructive and refused in scenarios",
		"setup: ['AT+{link.flow}=1']":         "the command's name has a placeholder",
		"setup: ['AT+SYSMSG={link.frame}']":   "{link.frame} is no factor of the sweep",
		"sweep: {link.flow: [xonxoff]}":       `unknown flow "xonxoff"; allowed here: none, rtscts`,
		"sweep: {link.speed: [2]}":            "2 is outside 0.1%..100%",
		"sweep: {link.frame: [8192]}":         "8192 is outside 64..6152 B",
		"sweep: {link.parity: [even]}":        `unknown setting of the link "link.parity"; allowed here: link.flow, link.frame, link.speed`,
		"sweep: {fan: [1]}":                   "be set by a hook: needs: [hook:fan]",
		"emulated: {real: perhaps}":           `unknown real "perhaps"; allowed here: skip, run`,
	} {
		file := "name: x\nworkload: {kind: cipsend}\n" + text + "\n"
		if !strings.HasPrefix(text, "sweep") {
			file += "sweep: {link.flow: [none]}\n"
		}
		if _, err := Parse("x.yaml", []byte(file)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", text, err, says)
		}
	}
}
