package emulator

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/core"
)

const slower = `name: slower
base: t01-2.0.97
version: 2.0.110
quirk: [ipd-total, -recv-line]
latency: 400us
radio: 12Mbit/s
current: [sleep:90uA, idle:0.1]
send-max: 3000
receive-buffer: 5000
`

// A file changes firmware and performance; the link URL has the last word.
func TestProfileFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "slower.yaml")
	if err := os.WriteFile(path, []byte(slower), 0o644); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Profile: path, RadioRate: 10e6})
		defer r.close()
		truth := r.m.Truth()
		if truth.CommandLatency != 400*time.Microsecond || truth.RadioRate != 10e6 {
			t.Errorf("the module's truth is %+v", truth)
		}
		r.do("AT+CIPRECVBUF?", "+CIPRECVBUF:5000\r\n\r\nOK\r\n")
		r.connect()
		r.do("AT+CIPSEND=0,3001", "\r\nERROR\r\n")
		r.do("AT+CIPSEND=0,3000", "\r\nOK\r\n\r\n>")
		r.do(payload(2998), "\r\nSEND OK\r\n")
		r.do("AT+GMR", strings.ReplaceAll(gmr, "SDK", "2.0.110")+"\r\nOK\r\n")
	})
	if c := (Config{Profile: path}).withDefaults().Currents; c.Sleep != 90e-6 || c.Idle != 0.1 || c.Beacon == 0 {
		t.Errorf("currents %+v", c)
	}
	p, err := LoadProfile(path)
	if err != nil {
		t.Fatal(err)
	}
	q, err := p.Features()
	if err != nil || !q.Has(core.IPDTotal) || q.Has(core.RecvLine) || !q.Has(core.BlockAll) || q.Has(core.SendExcess) {
		t.Errorf("quirks %b, %v", q, err)
	}
	again, err := ParseProfile("again", p.YAML())
	if err != nil || !reflect.DeepEqual(again, p) {
		t.Errorf("written and read again it is %+v, %v, want %+v", again, err, p)
	}
}

func TestProfileFileMistakes(t *testing.T) {
	_, err := ParseProfile("p.yaml", []byte("base: t02\nversion: new\nquirk: [odd, ipd-total]\nspeed: 3\nsend-max: 0\nlatency: fast\n"))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`p.yaml:1:7: base: "t02": not one of manual, t01-2.0.106`, `p.yaml:2:10: version: "new": not a version`,
		`p.yaml:3:9: quirk: "odd": unknown quirk`, `p.yaml:4:8: speed: "3": unknown key; allowed are base,`,
		`p.yaml:5:11: send-max: "0": not a number of bytes from 1 to 8192`, "p.yaml:6:10: latency:", "p.yaml:1:1: the profile has no name",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q", want)
		}
	}
	if t.Failed() {
		t.Log(err)
	}
	for _, text := range []string{"", "- a\n", "a: [", "1"} {
		if _, err := ParseProfile("p.yaml", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), "p.yaml") {
			t.Errorf("%q gives %v", text, err)
		}
	}
}
