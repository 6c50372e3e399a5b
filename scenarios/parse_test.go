package scenarios

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func number(v float64) *float64 { return &v }

func parseTest(t *testing.T, file string) *Scenario {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse(file, text)
	if err != nil {
		t.Fatal(err)
	}
	if string(s.Text) != string(text) {
		t.Errorf("%s: the text is not as given", file)
	}
	s.Text = nil
	return s
}

func TestParseSize(t *testing.T) {
	got := parseTest(t, "cipsend-size.yaml")
	got.Purpose = ""
	want := &Scenario{
		Name:     "cipsend-size",
		Question: "tune transmit size",
		Title:    "How does upload goodput depend on the CIPSEND length?",
		Workload: Workload{Kind: "cipsend", Protocol: "tcp", IP: "4", Role: "client", Length: 1460, Links: 1, Duration: time.Second,
			Wait: "final", Remote: "connected", Payload: "stream", Power: "normal", TWT: "off", BLE: "off"},
		Sweep: []Factor{{"length", []string{
			"64", "256", "512", "1024", "1460", "2048", "2920", "4096", "6144", "8192"}}},
		Repeats: Repeats{Boots: 1, Min: 6, Max: 20, Until: map[string]float64{"goodput": 0.02}, Budget: 85 * time.Second},
		Warmup:  1,
		Limits:  []Limit{{Metric: "goodput", Min: number(1e6), Where: map[string]string{"length": "2920"}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestParseEverything(t *testing.T) {
	s := parseTest(t, "testdata/right/everything.yaml")
	wantSweep := []Factor{
		{"length", []string{"64", "1024", "1460", "8192"}},
		{"duration", []string{"500ms", "1s", "90s"}},
		{"nodelay", []string{"0", "1"}},
		{"sndtimeo", []string{"5000", "0"}},
	}
	if !reflect.DeepEqual(s.Sweep, wantSweep) {
		t.Errorf("sweep %v, want %v", s.Sweep, wantSweep)
	}
	wantRepeats := Repeats{Boots: 2, Min: 30, Max: 30, Budget: 90 * time.Minute,
		Until: map[string]float64{"goodput": 0.02, "send_latency_p90": 0.05}}
	if !reflect.DeepEqual(s.Repeats, wantRepeats) {
		t.Errorf("repeats %+v, want %+v", s.Repeats, wantRepeats)
	}
	wantLimits := []Limit{
		{"goodput", number(1e6), nil, map[string]string{"length": "1024"}},
		{"goodput", number(5e5), number(2.5e9), map[string]string{"length": "1024", "nodelay": "1", "duration": "90s"}},
		{"send_latency_p90", nil, number(0.015), nil},
		{"energy_per_bit", nil, number(50e-9), nil},
		{"efficiency", number(0.4), nil, nil},
		{"current", nil, number(0.35), nil},
		{"loss", nil, number(0), nil},
		{"corrupt", nil, number(1024), nil},
	}
	if !reflect.DeepEqual(s.Limits, wantLimits) {
		t.Errorf("limits %+v, want %+v", s.Limits, wantLimits)
	}
	if w := s.Workload; w.Total != 1572864 || w.Links != 5 || w.Wait != "recv" || w.Duration != 0 {
		t.Errorf("workload %+v", w)
	}
	if s.Warmup != 0 || !slices.Equal(s.Needs, []string{"uart", "meter", "iperf3", "hook:fan"}) {
		t.Errorf("warmup %d, needs %q", s.Warmup, s.Needs)
	}
	last := s.Expand()[47]
	if want := "AT+CIPTCPOPT=0,-1,1,0"; last.Setup[1] != want || last.Cleanup[1] != "AT+CIPTCPOPT=0,-1,1" {
		t.Errorf("setup %q, cleanup %q, want %q", last.Setup, last.Cleanup, want)
	}
	if want := `AT+MQTTPUB=0,"t","{""on"":1}",0,0`; last.Setup[2] != want {
		t.Errorf("setup line %q, want %q", last.Setup[2], want)
	}
}

// Who lists values where one belongs is told where lists stand.
func TestListInAWorkload(t *testing.T) {
	_, err := Parse("mine.yaml", []byte("name: mine\nworkload: {kind: cipsend, length: [64, 512]}\n"))
	if err == nil || !strings.Contains(err.Error(), "mine.yaml:2:35: length is a list; levels to compare stand under sweep, as length: [a, b]") {
		t.Error(err)
	}
}

func TestDefaults(t *testing.T) {
	for _, row := range []struct {
		text string
		want Workload
	}{
		{"workload: {kind: cipsend}", Workload{Duration: time.Second}},
		{"workload: {kind: cipsend, sends: 400}", Workload{Sends: 400}},
		{"workload: {kind: cipsend, total: 512KiB}", Workload{Total: 524288}},
		{"workload: {kind: cipsend}\nsweep: {total: [1MB]}", Workload{}},
		{"workload: {kind: cipsend, duration: 10s, sends: 20}", Workload{Duration: 10 * time.Second, Sends: 20}},
	} {
		s, err := Parse("defaults.yaml", []byte("name: defaults\n"+row.text))
		if err != nil {
			t.Fatal(err)
		}
		want := defaults("cipsend")
		want.Duration, want.Sends, want.Total = row.want.Duration, row.want.Sends, row.want.Total
		row.want = want
		if s.Workload != row.want {
			t.Errorf("%s\ngot  %+v\nwant %+v", row.text, s.Workload, row.want)
		}
		if s.Title != "defaults" || s.Warmup != 1 || s.Repeats.Boots != 1 || s.Repeats.Min != 6 || s.Repeats.Max != 20 {
			t.Errorf("%s\n%+v", row.text, s)
		}
	}
}

func TestDestructive(t *testing.T) {
	for line, want := range map[string]bool{
		`AT+EFUSE-W=4,"0x1c"`: true, "at+efuse-cfm": true, " AT+FLASH-W=1": true, "AT+FLASH-E?": true,
		"AT+OTAFIN": true, "AT+RESTORE\r\n": true, "AT+Restore = 1": true,
		`AT+EFUSE-R=4,"0x1c"`: false, "AT+FLASH-R": false, "AT": false, "AT+GMR": false, `AT+CWJAP="RESTORE"`: false,
	} {
		if _, got := Destructive(line); got != want {
			t.Errorf("Destructive(%q) = %t", line, got)
		}
	}
}

func TestLargeFileIsRefused(t *testing.T) {
	_, err := Parse("large.yaml", []byte(strings.Repeat("# text\n", 40_000)))
	if err == nil || err.Error() != "large.yaml:1:1: the file has 280000 B; allowed: 262144 B" {
		t.Errorf("error %v", err)
	}
}
