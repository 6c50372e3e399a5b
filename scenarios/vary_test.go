package scenarios

import (
	"maps"
	"strings"
	"testing"
)

const varied = `
name: varied
workload: {kind: cipsend, protocol: tcp, sends: 100}
sweep:
  length: [512, 1460]
  links: [1, 2]
  dim: ["1", "3"]
setup: ["AT+SLWKDTIM={dim}"]
repeats: {min: 2, max: 2}
limits:
  goodput: {min: 1Mbit/s, where: {length: 512}}
`

// The cases of both variants are the same but for what the settings say, and swept no more where a setting names the factor.
func TestVary(t *testing.T) {
	s, err := Parse("varied.yaml", []byte(varied))
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.Vary(
		map[string]string{"length": "1000B", "dim": "1", "protocol": "udp"},
		map[string]string{"length": "2kB", "dim": "3", "link.flow": "rtscts", "sends": "50"})
	if err != nil {
		t.Fatal(err)
	}
	a, b := all[0], all[1]
	if len(a.Cases) != 2 || len(b.Cases) != 2 || len(a.Scenario.Limits) != 0 || a.Scenario.Repeats.Min != 2 {
		t.Fatalf("%d and %d cases, limits %v", len(a.Cases), len(b.Cases), a.Scenario.Limits)
	}
	for i, want := range []string{"links=1", "links=2"} {
		x, y := a.Cases[i], b.Cases[i]
		if x.Key != want || y.Key != want || x.Hash != y.Hash || !maps.Equal(x.Factors, y.Factors) || x.Workload.Links != i+1 {
			t.Errorf("case %d: %+v and %+v", i, x, y)
		}
		if x.Workload.Length != 1000 || y.Workload.Length != 2000 || x.Workload.Protocol != "udp" || y.Workload.Protocol != "tcp" ||
			x.Workload.Sends != 100 || y.Workload.Sends != 50 {
			t.Errorf("workloads %+v and %+v", x.Workload, y.Workload)
		}
		if x.Setup[0] != "AT+SLWKDTIM=1" || y.Setup[0] != "AT+SLWKDTIM=3" || x.Link != nil || y.Link["flow"] != "rtscts" {
			t.Errorf("set-up %v and %v, links %v and %v", x.Setup, y.Setup, x.Link, y.Link)
		}
	}
	// Settings change no hash: it is that of the scenario by itself.
	plain, err := s.Vary(map[string]string{"protocol": "udp"}, map[string]string{})
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range s.Expand() {
		if x, y := plain[0].Cases[i], plain[1].Cases[i]; x.Hash != c.Hash || y.Hash != c.Hash || x.Key != c.Key || x.Workload.Protocol != "udp" || y.Workload.Protocol != "tcp" {
			t.Errorf("%s: %+v and %+v", c.Key, x, y)
		}
	}
	if len(plain[0].Scenario.Limits) != 1 {
		t.Errorf("limits %v", plain[0].Scenario.Limits)
	}
}

func TestVaryRefuses(t *testing.T) {
	s, err := Parse("varied.yaml", []byte(varied))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		a, b map[string]string
		says string
	}{
		{map[string]string{"lenght": "5"}, map[string]string{"lenght": "6"}, `did you mean "length"?`},
		{map[string]string{"lenght": "5"}, map[string]string{"length": "6"}, `did you mean "length"?`},
		{map[string]string{"length": "20000"}, map[string]string{"length": "5"}, "1..8192 B"},
		{map[string]string{"length": "1000"}, map[string]string{}, "length is given on one side only"},
		{map[string]string{"dim": "1"}, map[string]string{"protocol": "udp"}, "dim is given on one side only"},
		{map[string]string{"link.flow": "some"}, map[string]string{}, "rtscts"},
	} {
		if _, err := s.Vary(tt.a, tt.b); err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v against %v: %v, want %q", tt.a, tt.b, err, tt.says)
		}
	}
}
