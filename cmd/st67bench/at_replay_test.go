package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"st67bench/transport/at"
)

const recording = "# st67bench trace 1 2026-11-22T18:40:00.000000000Z\n" +
	`+0.100000000 > "AT+GMR\r\n"` + "\n" + `+0.200000000 < "AT version:1\r\n\r\nOK\r\n"` + "\n"

// A recording answers what was recorded. What differs, and a recording that was cut off, is an error.
func TestAtReplay(t *testing.T) {
	for _, tt := range []struct {
		end, line string
		code      int
		out, says string
	}{
		{"# end\n", "AT+GMR", 0, "AT version:1\nOK\n", ""},
		{"# end\n", "AT", exitError, "", "differs from the recording"},
		{"", "AT+GMR", exitError, "AT version:1\nOK\n", "cut off"},
	} {
		code, out, errOut := cli(t, "at", "--rig", "replay:"+write(t, "at.log", recording+tt.end), tt.line)
		if code != tt.code || out != tt.out || !strings.Contains(errOut, tt.says) {
			t.Errorf("%s with end %q: exit %d, %q, %q", tt.line, tt.end, code, out, errOut)
		}
	}
}

// Three pluses leave passthrough mode: as they are, without CRLF (manual 4.1.12.2).
func TestAtEscape(t *testing.T) {
	log := "# st67bench trace 1 2026-11-22T18:40:00.000000000Z\n" + `+0.100000000 > "+++"` + "\n" +
		`+0.200000000 > "AT\r\n"` + "\n" + `+0.300000000 < "\r\nOK\r\n"` + "\n# end\n"
	code, out, errOut := cli(t, "at", "--rig", "replay:"+write(t, "at.log", log), "+++", "AT")
	if code != 0 || out != "OK\n" {
		t.Errorf("exit %d, %q, %q", code, out, errOut)
	}
}

// The rig's password appears nowhere, not even when the user types it.
func TestAtSecrets(t *testing.T) {
	t.Setenv("ST67_PASSWORD", `correct,horse"`)
	rig := write(t, "rig.yaml", "name: r\nmodule: "+memoryRig+"\nwifi: {ssid: st67bench, password: \"${ST67_PASSWORD}\"}\n")
	for _, flag := range []string{"--json=true", "--json=false"} {
		code, out, errOut := cli(t, "at", flag, "--rig", rig, `AT+CWJAP="st67bench","correct\,horse\"",1,2,3,4,5,6,7,8,9`)
		if code != exitError || strings.Contains(out+errOut, "horse") || !strings.Contains(errOut, "***") {
			t.Errorf("%s: exit %d, %q, %q", flag, code, out, errOut)
		}
	}
	var b bytes.Buffer
	p := newAtPrinter(&b, []string{"ab", "abcdef"}, false)
	p.reply(newReply("AT", at.Response{Lines: [][]byte{[]byte("1abcdef2")}, Data: []byte("ab\x00"), Final: []byte("OK")}, time.Now(), nil))
	if want := "1***2\n\"***\\x00\"\nOK\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

// Payload comes in pieces, is put together, and is cut where there is too much to be shown.
func TestAtInbound(t *testing.T) {
	out := make(chan received, 2)
	i := inbound{ctx: t.Context(), out: out}
	g := i.tap(&at.Grammar{Raw: func(head []byte) (int, int, bool) { return 3 * len(head), 1, true }})
	g.Raw([]byte("abandoned"))
	i.take([]byte("xy"), time.Time{})
	g.Raw([]byte("h:"))
	i.take([]byte("12"), time.Time{})
	i.take([]byte("3456"), time.Time{})
	if r := <-out; r.head != "h:" || string(r.data) != "123456" || r.n != 6 {
		t.Errorf("%+v", r)
	}
	i.begin([]byte("+IPD:10000,"), 10000)
	i.take(make([]byte, 10000), time.Time{})
	r := <-out
	var b bytes.Buffer
	newAtPrinter(&b, nil, false).received(r)
	if len(r.data) != maxShown || !strings.HasSuffix(b.String(), `\x00"…  (10000 bytes on link 0)`+"\n") {
		t.Errorf("%d bytes kept, shown is …%q", len(r.data), b.String()[b.Len()-60:])
	}
}
