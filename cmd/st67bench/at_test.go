package main

import (
	"bytes"
	"encoding/json"
	"net"
	"strconv"
	"strings"
	"testing"
)

const memoryRig = "emulated?link=memory&boot=10ms"

// talk runs the console with this on its stdin.
func talk(t *testing.T, stdin string, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = execute(t.Context(), append([]string{"at", "--rig", memoryRig}, args...), strings.NewReader(stdin), &o, &e)
	return code, o.String(), e.String()
}

// The reply lines are those of the manual's example of AT+SYSRAM? (2.2.7.3).
func TestAtLines(t *testing.T) {
	code, out, errOut := talk(t, "", "AT+SYSRAM?", "AT+SYSLOG=1", "AT+NONE", "AT")
	want := "ready  (the module has started)\n+SYSRAM:148408,84044\nOK\nOK\nERR CODE:0x01090000  (command not supported)\nERROR\n"
	if code != exitError || out != want {
		t.Errorf("exit %d, stdout %q, want exit 1 and %q", code, out, want)
	}
	for _, says := range []string{"EMULATED MODULE", "to AT+NONE: command not supported"} {
		if !strings.Contains(errOut, says) {
			t.Errorf("stderr %q lacks %q", errOut, says)
		}
	}
}

// With no rig named it is the emulated module behind a pseudo-terminal.
func TestAtPTY(t *testing.T) {
	skipWithoutPTY(t)
	code, out, errOut := cli(t, "at", "AT+GMR")
	if code != 0 || !strings.HasSuffix(out, "OK\n") || !strings.Contains(out, "component_version_sdk_2.0.106\n") || !strings.Contains(errOut, "EMULATED") {
		t.Errorf("exit %d, %q, %q", code, out, errOut)
	}
}

// A script on stdin: comments, an error that ends it, and CRLF as Windows writes it.
func TestAtPiped(t *testing.T) {
	code, out, _ := talk(t, "# a script\n\nAT+CIPMUX=1\r\nAT+CIPMUX?\n")
	if want := "ready  (the module has started)\nOK\n+CIPMUX:1\nOK\n"; code != 0 || out != want {
		t.Errorf("exit %d, %q, want %q", code, out, want)
	}
	code, out, errOut := talk(t, "AT+CIPSEND=0,5\nhello\nAT+GMR\n")
	if code != exitError || strings.Contains(out, "version") || !strings.Contains(errOut, "ERROR to AT+CIPSEND=0,5") {
		t.Errorf("exit %d after a refusal, %q, %q", code, out, errOut)
	}
	if code, out, _ = talk(t, ""); code != 0 || strings.Contains(out, "OK") {
		t.Errorf("no line at all: exit %d, %q", code, out)
	}
}

// What would do harm or cannot be sent is refused before anything is sent; in a stream, when it comes.
func TestAtRefusals(t *testing.T) {
	for _, tt := range []struct {
		lines []string
		says  string
	}{
		{[]string{"AT", "AT+RESTORE"}, "--destructive allows it"},
		{[]string{"at+efuse-w=4,\"0x0\"", "abcd"}, "would write fuses"},
		{[]string{"AT+CIPSEND"}, "passthrough"},
		{[]string{"AT+CIPSEND=0,5"}, "nothing follows it: nothing was sent"},
		{[]string{"AT+CIPSEND=0,5", "hell"}, "takes 5 bytes of payload, but what follows it has 4"},
		{[]string{"AT+CIPSEND=0,5", "helloo"}, "has 6"},
		{[]string{"AT\tX"}, "control characters"},
	} {
		code, out, errOut := talk(t, "", tt.lines...)
		if code != exitUsage || out != "" || !strings.Contains(errOut, tt.says) {
			t.Errorf("%q: exit %d, stdout %q, stderr %q; want exit 2 and %q", tt.lines, code, out, errOut, tt.says)
		}
	}
	code, out, errOut := talk(t, "AT\nAT+RESTORE\nAT+GMR\n")
	if code != exitUsage || !strings.HasSuffix(out, "OK\n") || strings.Contains(out, "version") || !strings.Contains(errOut, "AT+RESTORE is refused") {
		t.Errorf("stream: exit %d, %q, %q", code, out, errOut)
	}
	// With the flag it is sent: the module restarts with the settings that it left the factory with.
	if code, out, _ := talk(t, "", "--destructive", "--wait", "1s", "AT+RESTORE"); code != 0 || !strings.Contains(out, "OK\nready") {
		t.Errorf("--destructive: exit %d, %q", code, out)
	}
}

// atObjects are the lines of --json.
func atObjects(t *testing.T, out string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for l := range strings.Lines(out) {
		var o map[string]any
		if err := json.Unmarshal([]byte(l), &o); err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		all = append(all, o)
	}
	return all
}

func TestAtJSON(t *testing.T) {
	code, out, _ := talk(t, "", "--json", "AT+SYSLOG=1", `AT+EFUSE-R=3,"0x0",1`, "AT+VBAT?", "AT+CIPMUX=7")
	objects := atObjects(t, out)
	if code != exitError || len(objects) != 5 {
		t.Fatalf("exit %d, %d objects:\n%s", code, len(objects), out)
	}
	for i, want := range []map[string]any{
		{"event": "ready", "line": "ready", "text": "the module has started"},
		{"command": "AT+SYSLOG=1", "final": "OK"},
		{"final": "OK", "data": "AAAA"}, // three zero bytes (RFC 4648)
		{"command": "AT+VBAT?", "final": "OK"},
		{"final": "ERROR", "code": "0x01070000", "text": "value out of range"},
	} {
		for key, v := range want {
			if objects[i][key] != v {
				t.Errorf("object %d: %s is %v, want %v", i, key, objects[i][key], v)
			}
		}
	}
	if lines, _ := objects[3]["lines"].([]any); len(lines) != 1 || lines[0] != "+VBAT:3326" {
		t.Errorf("lines %v", objects[3]["lines"])
	}
	if ms, _ := objects[3]["ms"].(float64); ms <= 0 {
		t.Errorf("ms %v", objects[3]["ms"])
	}
}

// A send and what comes back, over a real socket.
func TestAtData(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		p := make([]byte, 16)
		n, _ := conn.Read(p)
		got <- string(p[:n])
		_, _ = conn.Write([]byte("\r\nOK\r\n\x00"))
	}()
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	start := `AT+CIPSTART=2,"TCP","127.0.0.1",` + port
	code, out, errOut := talkJoined(t, memoryRig, start, "AT+CIPSEND=2,5", "hello")
	if code != 0 {
		t.Fatalf("exit %d: %s%s", code, out, errOut)
	}
	if text := <-got; text != "hello" {
		t.Errorf("the peer got %q", text)
	}
	last := 0
	for _, want := range []string{"+CIP:2,CONNECTED  (link 2 is connected)\n",
		`+IPD:2,7,"\r\nOK\r\n\x00"  (7 bytes on link 2)` + "\n", "+CIP:2,DISCONNECTED  (link 2 is closed)\n"} {
		at := strings.Index(out, want)
		if at < last {
			t.Errorf("%q is not there in its order:\n%s", want, out)
		}
		last = at
	}
	if !strings.Contains(out, "Recv 5 bytes\nSEND OK\n") {
		t.Errorf("the reply to the send is missing:\n%s", out)
	}
}

// talkJoined resets and joins first, and goes on when the module has its address.
func talkJoined(t *testing.T, rig string, lines ...string) (code int, out, errOut string) {
	t.Helper()
	in := newFeed("AT+CWMODE=1,0\nAT+CIPMUX=1\nAT+CWJAP=\"st67bench\",\"emulated-air\"\n")
	var o waiting
	var e bytes.Buffer
	o.then("+CW:GOTIP", func() { in.give(strings.Join(lines, "\n")+"\n", true) })
	code = execute(t.Context(), []string{"at", "--rig", rig, "--reset", "--wait", "500ms"}, in, &o, &e)
	return code, o.String(), e.String()
}

// A reset, and AT+RST with its wait for ready, bring the settings back to what they are after a start. Each of the three
// starts says ready: switching on, --reset and AT+RST.
func TestAtReset(t *testing.T) {
	code, out, _ := talk(t, "", "--reset", "AT+CIPMUX=1", "AT+RST", "AT+CIPMUX?")
	if starts := strings.Count(out, "ready  (the module has started)\n"); code != 0 || starts != 3 || !strings.HasSuffix(out, "+CIPMUX:0\nOK\n") {
		t.Errorf("exit %d, %d starts, %q", code, starts, out)
	}
}
