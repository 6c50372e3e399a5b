package emulator

import (
	"math"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"st67bench/transport/emulator/core"
)

func TestParse(t *testing.T) {
	q, _ := url.ParseQuery("link=memory&build=spi&profile=t01-2.0.75&baud=921600&seed=7&latency=0&radio=10Mbit/s" +
		"&radio-latency=2ms&loss=1%25&outage=5s:200ms/10s&outage=1s:1ms&boot=1s&quirk=ipd-total&quirk=-recv-line&fault=drop:7@3&fault=silence")
	got, err := Parse(q)
	want := Config{Link: LinkMemory, Build: BuildSPI, Profile: "t01-2.0.75", Baud: 921600, Seed: 7,
		CommandLatency: None, RadioRate: 10e6, RadioLatency: 2 * time.Millisecond, Loss: 0.01,
		Outages: []Outage{
			{After: 5 * time.Second, For: 200 * time.Millisecond, Every: 10 * time.Second},
			{After: time.Second, For: time.Millisecond},
		},
		Boot: time.Second, Quirks: []string{"ipd-total", "-recv-line"}, Faults: []string{"drop:7@3", "silence"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, %v, want\n%+v", got, err, want)
	}
	c, err := Parse(url.Values{"baud": {"0"}, "radio": {"unlimited"}})
	if err != nil || c.Baud != Unpaced || !math.IsInf(c.RadioRate, 1) {
		t.Errorf("baud=0&radio=unlimited gives %+v, %v", c, err)
	}
	if c, err := Parse(nil); err != nil || !reflect.DeepEqual(c, Config{}) {
		t.Errorf("an empty query gives %+v, %v", c, err)
	}
}

func TestParseReportsEveryMistake(t *testing.T) {
	q, _ := url.ParseQuery("link=i2c&build=usb&profile=t02&baud=fast&seed=-1&latency=3&radio=10MB/s&loss=2&outage=5s" +
		"&boot=-1s&quirk=nonsense&fault=drop:x&fault=burn&fault=silence@0&fault=close:1&volume=11&speed=fast&fault=header:8&fault=stall:0&seed=1&latency=1s")
	_, err := Parse(q)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`link "i2c" is not uart, tcp, memory or spi`, "speed=fast: not a clock",
		`fault "header:8": "8" is not OFFSET from 0 to 7`, `fault "stall:0": "0" is not COUNT`,
		`build "usb" is not uart or spi`,
		`profile "t02" is not one of manual, t01-2.0.106, t01-2.0.75, t01-2.0.89, t01-2.0.97, nor the path of a profile file`,
		"baud=fast: not a rate", "seed is given 2 times", "latency is given 2 times",
		"radio=10MB/s: not a rate", "loss 2 is outside 0..0.9", "outage=5s: not AFTER:FOR",
		`boot=-1s: "-1s" is not a time`, `unknown quirk "nonsense"; there are joined-prompt,`,
		`fault "drop:x": "x" is not OFFSET or every=K`, `unknown fault "burn"`, `"0" after @ is not a count`,
		`close takes no argument, has "1"`, `unknown key "volume"; allowed are air, baud, beacon,`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q", want)
		}
	}
	if t.Failed() {
		t.Logf("it is:\n%v", err)
	}
}

// What the package comment lists is what there is.
func TestDocListsEveryName(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for key := range keys {
		names = append(names, key)
	}
	for profile := range profiles {
		names = append(names, profile)
	}
	for _, q := range core.QuirkTable() {
		names = append(names, q.Name)
	}
	for _, f := range core.FaultTable() {
		names = append(names, f.Name)
	}
	for _, name := range names {
		if !strings.Contains(string(text), name) {
			t.Errorf("doc.go does not mention %s", name)
		}
	}
}
