package emulator

import (
	"io"
	"strings"
	"testing"
	"time"
)

// Each way to refuse a line, with the sub-code that the manual gives to it
// (2.2.9.4), on a line of bytes and in frames.
func TestEveryReasonOfRefusal(t *testing.T) {
	long := "AT+SYSLOG=" + strings.Repeat("1", 256-12)
	lines := map[string]string{
		"AT+SYSLOG=1\n": "02", // no CR
		"AT\n":          "02",
		long + "1\r\n":  "02", // 257 bytes
		long + strings.Repeat("1", 10000) + "\r\n": "02",
		"\r\n":      "03",
		"A\r\n":     "03",
		"hello\r\n": "03",
		" AT\r\n":   "03",
		"+++\r\n":   "03",
		`AT+CWHOSTNAME="` + strings.Repeat("x", 200) + "\"\r\n": "04", // too long a string
		"AT+SYSLOG=\"1\"\r\n":    "05", // a string for a number
		"AT+SYSLOG=one\r\n":      "05",
		"AT+SYSLOG=0x1\r\n":      "05",
		"AT+CWHOSTNAME=name\r\n": "05", // no quotes
		"AT+SYSLOG=\r\n":         "06", // omitted
		"AT+SYSLOG=1,0\r\n":      "06",
		"AT+CWJAP=\"ap\"" + strings.Repeat(",", 16) + "\r\n": "06", // 17 parameters
		"AT+SYSLOG=2\r\n":                    "07",
		"AT+SYSLOG=-1\r\n":                   "07",
		"AT+SYSLOG=99999999999999999999\r\n": "07",
		long + "\r\n":                        "07", // 256 bytes fit
		"AT+CWHOSTNAME=\"abc\r\n":            "08", // unterminated
		"AT+CWHOSTNAME=\"abc\\\"\r\n":        "08",
		"AT+CWHOSTNAME=\"abc\\\r\n":          "08",
		"AT+CWHOSTNAME=\"abc\"x\r\n":         "08",
		"AT+CWHOSTNAME=a\"bc\"\r\n":          "08",
		"AT+SYSLOG?1\r\n":                    "08",
		"AT+FAKE\r\n":                        "09",
		"AT+FAKE=1\r\n":                      "09",
		"ATE\r\n":                            "09",
		"ATE2\r\n":                           "09",
		"AT+SYSLOG\r\n":                      "0c", // no such form
		"AT+SYSLOG=?\r\n":                    "0c",
		"AT+SYSLOG=1?\r\n":                   "0c",
		"AT+VBAT=1\r\n":                      "0c",
		"AT?\r\n":                            "0c",
		"AT=1\r\n":                           "0c",
	}
	bubble(t, Config{}, func(r *rig) {
		r.ok("AT+SYSLOG=1", "AT+CWMODE=1,0")
		for line, code := range lines {
			io.WriteString(r, line)
			r.expect("ERR CODE:0x01" + code + "0000\r\n\r\nERROR\r\n")
			r.ok("AT")
		}
		r.quiet(time.Minute)
	})
	inBubble(t, Config{}, func(w *wires) {
		w.do("AT+SYSLOG=1", "\r\nOK\r\n")
		w.do("AT+CWMODE=1,0", "\r\nOK\r\n")
		for line, code := range lines {
			w.send(line[:min(len(line), 6000)]) // what is longer would be a second frame
			w.expect("ERR CODE:0x01" + code + "0000\r\n\r\nERROR\r\n")
		}
		w.send("AT") // a frame without CRLF
		w.expect("ERR CODE:0x01020000\r\n\r\nERROR\r\n")
		w.do("AT", "\r\nOK\r\n")
	})
}

// The network of the manual's example 3.1.5.7 is named ab\,c.
func TestEscapesInStrings(t *testing.T) {
	bubble(t, Config{SSID: `ab\,c`, Password: `0123456789"\`}, func(r *rig) {
		r.ok("AT+CWMODE=1,0")
		r.do(`AT+CWJAP="ab\\\,c","0123456789\"\\"`, "+CW:CONNECTING\r\n\r\nOK\r\n+CW:CONNECTED\r\n+CW:GOTIP\r\n")
		r.ok(`AT+CWHOSTNAME="\q\u\o\t\e"`)
		r.do("AT+CWHOSTNAME?", "+CWHOSTNAME:quote\r\n\r\nOK\r\n")
	})
}

// An omitted parameter keeps its place, and its default.
func TestOmittedParameters(t *testing.T) {
	bubble(t, Config{}, func(r *rig) {
		r.join()
		r.ok("AT+CIPMUX=1")
		l, err := r.net.Listen("tcp", peerAddress)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		r.do(`AT+CIPSTART=0,"TCP","192.168.67.9",5001,60,,5000`, "+CIP:0,CONNECTED\r\n\r\nOK\r\n")
		r.do(`AT+CIPSTART=1,"TCP","192.168.67.9",5001,,,`, "+CIP:1,CONNECTED\r\n\r\nOK\r\n")
		r.do(`AT+CIPSTART=2,"TCP","192.168.67.9"`, "\r\nERROR\r\n")
		r.do(`AT+CIPSTART=2,"TCP","192.168.67.9",`, "\r\nERROR\r\n")
		r.do(`AT+CIPSTART=,"TCP","192.168.67.9",5001`, "\r\nERROR\r\n")
	})
}

// With ATE1 a line comes back as it was written, before its answer; a data phase
// does not. Of a line that is too long, what the line buffer holds comes back.
func TestEcho(t *testing.T) {
	const e = "\r\nOK\r\n"
	tooLong := strings.Repeat("x", 300)
	bubble(t, Config{}, func(r *rig) {
		peer := r.connect()
		defer peer.Close()
		r.ok("ATE1")
		r.do("at+vbat?", "at+vbat?\r\n+VBAT:3326\r\n"+e)
		r.do("hello", "hello\r\n\r\nERROR\r\n")
		r.do(tooLong, tooLong[:256]+"\r\nERROR\r\n")
		r.do("AT+CIPSEND=0,5", "AT+CIPSEND=0,5\r\n"+prompt)
		io.WriteString(r, "a\r\nbc")
		r.expect(taken(5))
		r.do("AT\r\nAT", "AT\r\n\r\nbusy p...\r\n"+e)
		r.do("ATE0", "ATE0\r\n"+e)
		r.ok("AT")
	})
	inBubble(t, Config{}, func(w *wires) {
		w.do("ATE1", e)
		w.do("at+vbat?", "at+vbat?\r\n+VBAT:3326\r\n"+e)
		w.do(tooLong, tooLong[:256]+"\r\nERROR\r\n")
		w.send("AT")
		w.expect("AT\r\nERROR\r\n")
		w.do("ATE0", "ATE0\r\n"+e)
	})
}

// Without the quirk busy-drop a host may write ahead: commands, and a payload.
func TestPipelinedCommandsRunInTurn(t *testing.T) {
	const v, ok = "+VBAT:3326\r\n\r\nOK\r\n", "\r\nOK\r\n"
	c := Config{Quirks: []string{"-busy-drop"}}
	bubble(t, c, func(r *rig) {
		peer := r.connect()
		defer peer.Close()
		start := time.Now()
		r.do("AT+VBAT?\r\nAT\r\nAT+VBAT?", v+ok+v)
		// The lines are 24 bytes; each waits for the one before, and adds its latency.
		check(t, "three replies", time.Since(start), 50*time.Microsecond+3*250*time.Microsecond+18*5*time.Microsecond)
		r.do("AT+CIPSEND=0,5\r\nabcdeAT", prompt+taken(5)+ok)
		if got := receive(t, peer, 5); got != "abcde" {
			t.Errorf("the peer received %q", got)
		}
	})
	inBubble(t, c, func(w *wires) {
		received := w.connect()
		w.do("AT+VBAT?\r\nAT\r\nAT+VBAT?", v+ok+v)
		w.send("AT+CIPSEND=0,5\r\nabcdeAT\r\n")
		w.expect(prompt + taken(5) + ok)
		if got := received(5); got != "abcde" {
			t.Errorf("the peer received %q", got)
		}
		w.send("AT\r\nAT") // the second has no end
		w.expect(ok + "\r\nERROR\r\n")
	})
}

// `busy p...` answers what comes while a command is at work, once for each time
// that the module looks, and nothing of it runs.
func TestBusy(t *testing.T) {
	bubble(t, Config{CommandLatency: 100 * time.Millisecond}, func(r *rig) {
		io.WriteString(r, "AT+VBAT?\r\n")
		for range 5 {
			time.Sleep(10 * time.Millisecond)
			io.WriteString(r, "AT+SYSLOG=1\r\n")
		}
		r.expect("\r\nbusy p...\r\n+VBAT:3326\r\n\r\nOK\r\n")
		r.do("AT+SYSLOG?", "+SYSLOG:0\r\n\r\nOK\r\n")
		r.quiet(time.Minute)
	})
}
