package at

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// nasty is payload that looks like every part of the protocol.
const nasty = "OK\r\n\r\nERROR\r\n\r\n>SEND OK\r\n+IPD:0,9,ready\r\n+CW:X\r\n"

// dialog is a dialog whose outcome must not depend on how the reads are cut.
type dialog struct {
	name   string
	steps  []step // one chunk per reply
	calls  func(ctx context.Context, s *Session) []string
	want   []string // of the calls
	events string
	sink   string // payload of link 0
}

func command(lines ...string) func(context.Context, *Session) []string {
	return func(ctx context.Context, s *Session) (out []string) {
		for _, l := range lines {
			out = append(out, show(s.Command(ctx, []byte(l))))
		}
		return out
	}
}

func send(payload string, o SendOptions, more ...string) func(context.Context, *Session) []string {
	return func(ctx context.Context, s *Session) []string {
		first := show(s.Send(ctx, []byte("AT+CIPSEND=0,5"), []byte(payload), o))
		return append([]string{first}, command(more...)(ctx, s)...)
	}
}

func parts(all ...string) func(context.Context, *Session) []string {
	return func(ctx context.Context, s *Session) []string {
		left := all
		return []string{show(s.SendParts(ctx, []byte("AT+CIPSENDL=0,5"), func() []byte {
			if len(left) == 0 {
				return nil
			}
			p := left[0]
			left = left[1:]
			return []byte(p)
		}, SendOptions{}))}
	}
}

func one(chunk string) []string { return []string{chunk} }

const sendLine = "AT+CIPSEND=0,5\r\n"

var dialogs = []dialog{
	{name: "OK", steps: []step{{"AT\r\n", one("\r\nOK\r\n")}}, calls: command("AT"), want: []string{`[] final "OK"`}, events: `[]`},
	{
		name:  "data lines and events",
		steps: []step{{"AT+X?\r\n", one("+CW:CONNECTED\r\n+X:1\r\n+CIP:0,CONNECTED\r\n+X:2\r\n+CW:GOTIP\r\n\r\nOK\r\n+CW:DISCONNECTED\r\n")}},
		calls: command("AT+X?"), want: []string{`["+X:1" "+X:2"] final "OK"`},
		events: `["+CW:CONNECTED" "+CIP:0,CONNECTED" "+CW:GOTIP" "+CW:DISCONNECTED"]`,
	},
	{name: "refused", steps: []step{{"AT+X\r\n", one("\r\nERROR\r\n")}}, calls: command("AT+X"), want: []string{"refused AT+X ERROR 0x0"}, events: `[]`},
	{
		name: "refused with a code", steps: []step{{"AT+X\r\n", one("ERR CODE:0x01070000\r\n\r\nERROR\r\n")}, {"AT\r\n", one("\r\nERROR\r\n")}},
		calls: command("AT+X", "AT"), want: []string{"refused AT+X ERROR 0x1070000", "refused AT ERROR 0x0"}, events: `[]`,
	},
	{
		name: "busy", steps: []step{{"AT+X\r\n", one("\r\nbusy p...\r\n")}, {"AT\r\n", one("\r\nOK\r\n")}},
		calls: command("AT+X", "AT"), want: []string{"refused AT+X busy p... 0x0", `[] final "OK"`}, events: `[]`,
	},
	{
		name: "a line without CRLF", steps: []step{{"AT+CIPDINFO?\r\n", one("+CIPDINFO:true\r\nOK\r\n")}},
		calls: command("AT+CIPDINFO?"), want: []string{`["+CIPDINFO:true"] final "OK"`}, events: `[]`,
	},
	{
		name: "a line without CRLF before an event", steps: []step{{"AT+CIPDINFO?\r\n", one("+CIPDINFO:false+CW:GOTIP\r\n\r\nOK\r\n")}},
		calls: command("AT+CIPDINFO?"), want: []string{`["+CIPDINFO:false"] final "OK"`}, events: `["+CW:GOTIP"]`,
	},
	{
		name: "echo", steps: []step{{"AT+X?\r\n", one("AT+X?\r\n+X:1\r\nAT+X?\r\n\r\nOK\r\n")}, {"AT\r\n", one("AT\r\r\n\r\nOK\r\n")}},
		calls: command("AT+X?", "AT"), want: []string{`["+X:1" "AT+X?"] final "OK"`, `[] final "OK"`}, events: `[]`,
	},
	{
		name: "no prompt but in a data phase", steps: []step{{"AT+X?\r\n", one(">a\r\n\r\n>\r\nOK\r\n")}},
		calls: command("AT+X?"), want: []string{`[">a" ">"] final "OK"`}, events: `[]`,
	},
	{
		name: "raw data in the reply", steps: []step{{"AT+CIPRECVDATA=0,99\r\n", one("+CIPRECVDATA:48," + nasty + "\r\n\r\nOK\r\n")}},
		calls: command("AT+CIPRECVDATA=0,99"), want: []string{show(Response{Lines: [][]byte{[]byte("+CIPRECVDATA:48,")}, Data: []byte(nasty), Final: []byte("OK")}, nil)},
		events: `[]`,
	},
	{
		name: "no raw data", steps: []step{{"AT+CIPRECVDATA=0,9\r\n", one("+CIPRECVDATA:0,\r\n\r\nOK\r\n")}},
		calls: command("AT+CIPRECVDATA=0,9"), want: []string{`["+CIPRECVDATA:0,"] final "OK"`}, events: `[]`,
	},
	{
		name: "payload of a link inside a reply", steps: []step{{"AT+X?\r\n", one("+X:1\r\n+IPD:0,48," + nasty + "\r\n+IPD:1,3,abc\r\n+X:2\r\n+IPD:0,2,\r\n\r\n\r\nOK\r\n+IPD:0,0,\r\n+IPD:0,1,z\r\n")}},
		calls: command("AT+X?"), want: []string{`["+X:1" "+X:2"] final "OK"`}, events: `["+IPD:1,3,"]`, sink: nasty + "\r\nz",
	},
	{
		name: "passive notice and reset before the first command", steps: []step{{"", one("\r\nready\r\n+IPD:0,12\r\n")}, {"AT\r\n", one("\r\nOK\r\n")}},
		// The notice needs the grammar's head not to match: it has one comma only.
		calls: func(ctx context.Context, s *Session) []string {
			for range 2 {
				<-s.Events()
			}
			return command("AT")(ctx, s)
		},
		want: []string{`[] final "OK"`}, events: `[]`,
	},
	{
		name: "reset", steps: []step{{"AT+X\r\n", one("+X:1\r\n\r\nready\r\n")}, {"AT\r\n", one("\r\nOK\r\n")}},
		calls: command("AT+X", "AT"), events: `["ready"]`,
		want: []string{`broken want final code, the module restarted, 15 seen "+X:1\r\n\r\nready\r\n", data mode false`, `[] final "OK"`},
	},
	{
		name: "send", steps: []step{{sendLine, one("\r\nOK\r\n\r\n>")}, {"hello", one("Recv 5 bytes\r\n\r\nSEND OK\r\n")}},
		calls: send("hello", SendOptions{}), want: []string{`[] final "SEND OK"`}, events: `[]`,
	},
	{
		name: "send with events and echo", steps: []step{
			{sendLine, one(sendLine + "+CW:A\r\n\r\nOK\r\n+CW:B\r\n\r\n>")},
			{"hello", one("+IPD:0,3,>OK\r\nRecv 5 bytes\r\n+CIP:1,DISCONNECTED\r\n\r\nSEND OK\r\n")},
		},
		calls: send("hello", SendOptions{}), want: []string{`[] final "SEND OK"`},
		events: `["+CW:A" "+CW:B" "+CIP:1,DISCONNECTED"]`, sink: ">OK",
	},
	{
		name: "send without Recv", steps: []step{{sendLine, one("\r\nOK\r\n\r\n>")}, {"hello", one("\r\nSEND OK\r\n")}},
		calls: send("hello", SendOptions{NoRecv: true, UntilRecv: true}), want: []string{`[] final "SEND OK"`}, events: `[]`,
	},
	{
		name: "a data phase that ends in OK, with OK before the prompt and without", steps: []step{
			{sendLine, one("\r\nOK\r\n\r\n>")}, {"hello", one("Recv 5 bytes\r\n\r\nOK\r\n")},
			{sendLine, one("\r\n>")}, {"world", one("\r\nOK\r\n")},
		},
		calls: func(ctx context.Context, s *Session) []string {
			return append(send("hello", SendOptions{NoRecv: true})(ctx, s), send("world", SendOptions{MayRecv: true})(ctx, s)...)
		},
		want: []string{`["Recv 5 bytes"] final "OK"`, `[] final "OK"`}, events: `[]`,
	},
	{
		name: "Recv, if it comes", steps: []step{
			{sendLine, one("\r\nOK\r\n\r\n>")}, {"hello", one("\r\nSEND OK\r\n")},
			{sendLine, one("\r\nOK\r\n\r\n>")}, {"world", one("Recv 5 bytes\r\n\r\nSEND OK\r\n")}, {"AT\r\n", one("\r\nOK\r\n")},
		},
		calls: func(ctx context.Context, s *Session) []string {
			o := SendOptions{MayRecv: true, UntilRecv: true}
			return append(send("hello", o)(ctx, s), send("world", o, "AT")(ctx, s)...)
		},
		want: []string{`[] final "SEND OK"`, `[] final ""`, `[] final "OK"`}, events: `[]`,
	},
	{
		name: "Recv of any count", steps: []step{{sendLine, one("\r\nOK\r\n\r\n>")}, {"a\\\\bc", one("Recv 4 bytes\r\n\r\nSEND OK\r\n")}},
		calls: func(ctx context.Context, s *Session) []string {
			r, err := s.Send(ctx, []byte("AT+CIPSEND=0,5"), []byte(`a\\bc`), SendOptions{AnyCount: true})
			return []string{fmt.Sprint(show(r, err), " ", r.Received)}
		},
		want: []string{`[] final "SEND OK" 4`}, events: `[]`,
	},
	{
		name: "a part at a time, with progress", steps: []step{
			{"AT+CIPSENDL=0,5\r\n", one("\r\nOK\r\n\r\n>")}, {"hel", nil}, {"lo", one("+CW:A\r\n+CIPSENDL:5,5\r\n\r\nSEND OK\r\n")},
		},
		calls: parts("hel", "lo"), want: []string{`["+CIPSENDL:5,5"] final "SEND OK"`}, events: `["+CW:A"]`,
	},
	{
		name: "a part at a time, cancelled", steps: []step{
			{"AT+CIPSENDL=0,5\r\n", one("\r\nOK\r\n\r\n>")}, {"hel", nil}, {"+++", one("\r\nSEND CANCELLED\r\n")},
		},
		calls: parts("hel", "+++"), want: []string{"refused AT+CIPSENDL=0,5 SEND CANCELLED 0x0"}, events: `[]`,
	},
	{
		name: "send refused before the prompt", steps: []step{{sendLine, one("ERR CODE:0x0107000a\r\n\r\nERROR\r\n")}},
		calls: send("hello", SendOptions{}), want: []string{"refused AT+CIPSEND=0,5 ERROR 0x107000a"}, events: `[]`,
	},
	{
		name: "send refused between OK and prompt", steps: []step{{sendLine, one("\r\nOK\r\n\r\nERROR\r\n")}},
		calls: send("hello", SendOptions{}), want: []string{"refused AT+CIPSEND=0,5 ERROR 0x0"}, events: `[]`,
	},
	{
		name: "ERROR instead of Recv", steps: []step{{sendLine, one("\r\nOK\r\n\r\n>")}, {"hello", one("\r\nERROR\r\n")}},
		calls: send("hello", SendOptions{UntilRecv: true}), want: []string{"refused AT+CIPSEND=0,5 ERROR 0x0"}, events: `[]`,
	},
	{
		name: "SEND FAIL instead of Recv", steps: []step{{sendLine, one("\r\nOK\r\n\r\n>")}, {"hello", one("+CIP:0,DISCONNECTED\r\n\r\nSEND FAIL\r\n")}},
		calls: send("hello", SendOptions{}), want: []string{"refused AT+CIPSEND=0,5 SEND FAIL 0x0"}, events: `["+CIP:0,DISCONNECTED"]`,
	},
	{
		name: "link closed instead of Recv", steps: []step{{sendLine, one("\r\nOK\r\n\r\n>")}, {"hello", one("link is not valid\r\n")}},
		calls: send("hello", SendOptions{}), want: []string{"refused AT+CIPSEND=0,5 link is not valid 0x0"}, events: `[]`,
	},
	{
		name: "SEND FAIL after Recv", steps: []step{{sendLine, one("\r\nOK\r\n\r\n>")}, {"hello", one("Recv 5 bytes\r\n\r\nSEND FAIL\r\n")}},
		calls: send("hello", SendOptions{}), want: []string{"refused AT+CIPSEND=0,5 SEND FAIL 0x0"}, events: `[]`,
	},
	{
		name: "reset instead of Recv", steps: []step{{sendLine, one("\r\nOK\r\n\r\n>")}, {"hello", one("\r\nready\r\n")}},
		calls: send("hello", SendOptions{}), events: `["ready"]`,
		want: []string{`broken want "Recv 5 bytes", the module restarted, 18 seen "\r\nOK\r\n\r\n>\r\nready\r\n", data mode false`},
	},
	{
		name: "another count", steps: []step{{sendLine, one("\r\nOK\r\n\r\n>")}, {"hello", one("Recv 4 bytes\r\n\r\nSEND OK\r\n")}, {"AT\r\n", one("\r\nOK\r\n")}},
		calls: send("hello", SendOptions{}, "AT"), events: `[]`,
		want: []string{`broken want "Recv 5 bytes", the module counted another number of payload bytes, 23 seen "\r\nOK\r\n\r\n>Recv 4 bytes\r\n", data mode false`, `[] final "OK"`},
	},
	{
		name: "final code overlaps the next command", steps: []step{
			{sendLine, one("\r\nOK\r\n\r\n>")}, {"hello", one("Recv 5 bytes\r\n")},
			{"AT+X?\r\n", one("+X:1\r\n\r\nSEND OK\r\n+X:2\r\n\r\nOK\r\n")}, {"AT\r\n", one("\r\nOK\r\n")},
		},
		calls: send("hello", SendOptions{UntilRecv: true}, "AT+X?", "AT"), events: `[]`,
		want: []string{`[] final ""`, `["+X:1" "+X:2"] final "OK"`, `[] final "OK"`},
	},
	{
		name: "bad final code overlaps the next command", steps: []step{
			{sendLine, one("\r\nOK\r\n\r\n>")}, {"hello", one("Recv 5 bytes\r\n\r\nSEND FAIL\r\n")}, {"AT\r\n", one("\r\nOK\r\n")},
		},
		calls: send("hello", SendOptions{UntilRecv: true}, "AT"), want: []string{`[] final ""`, `[] final "OK"`}, events: `["SEND FAIL"]`,
	},
	{
		name: "final code overlaps the next send", steps: []step{
			{sendLine, one("\r\nOK\r\n\r\n>")}, {"hello", one("Recv 5 bytes\r\n")},
			{sendLine, one("\r\nOK\r\n\r\nSEND OK\r\n\r\n>")}, {"world", one("Recv 5 bytes\r\n\r\nSEND OK\r\n")},
		},
		calls: func(ctx context.Context, s *Session) []string {
			return append(send("hello", SendOptions{UntilRecv: true})(ctx, s), send("world", SendOptions{})(ctx, s)...)
		},
		want: []string{`[] final ""`, `[] final "SEND OK"`}, events: `[]`,
	},
	{
		name: "final codes that nobody waits for", steps: []step{{"AT+X?\r\n", one("\r\nSEND OK\r\n\r\nSEND FAIL\r\n+X:1\r\n\r\nOK\r\n")}},
		calls: command("AT+X?"), want: []string{`["+X:1"] final "OK"`}, events: `["SEND OK" "SEND FAIL"]`,
	},
}

// play runs a dialog whose replies are cut after the offsets of cuts, counted through all of them.
func (d dialog) play(t *testing.T, cuts ...int) {
	t.Helper()
	steps, from := make([]step, len(d.steps)), 0
	for i, st := range d.steps {
		reply, last := strings.Join(st.reply, ""), 0
		steps[i].want = st.want
		for _, c := range cuts {
			if c -= from; c > last && c < len(reply) {
				steps[i].reply = append(steps[i].reply, reply[last:c])
				last = c
			}
		}
		steps[i].reply = append(steps[i].reply, reply[last:])
		from += len(reply)
	}
	script := newScript(steps...)
	s := New(script, testGrammar())
	var got collector
	s.SetSink(0, got.take)
	calls := d.calls(context.Background(), s)
	script.hangUp()
	events := drain(s)
	if err := s.Close(); err != nil {
		t.Errorf("%s, cut at %d: %v", d.name, cuts, err)
	}
	if err := script.err(); err != nil {
		t.Errorf("%s, cut at %d: %v", d.name, cuts, err)
	}
	if g, w := strings.Join(calls, "\n"), strings.Join(d.want, "\n"); g != w {
		t.Errorf("%s, cut at %d:\ngot  %s\nwant %s", d.name, cuts, g, w)
	}
	if events != d.events || got.String() != d.sink {
		t.Errorf("%s, cut at %d: events %s, sink %q\nwant %s, %q", d.name, cuts, events, got.String(), d.events, d.sink)
	}
}

// The outcomes are written by hand from the firmware's exact strings, whatever
// the reads look like: in one piece, in two, in three, byte by byte.
func TestDialogsInAllCuts(t *testing.T) {
	for _, d := range dialogs {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			var whole, each int
			for _, st := range d.steps {
				whole += len(strings.Join(st.reply, ""))
			}
			d.play(t)
			var all []int
			for each = 1; each < whole && !t.Failed(); each++ {
				all = append(all, each)
				d.play(t, each)
				for second := each + 1; second < whole && !t.Failed(); second++ {
					d.play(t, each, second)
				}
			}
			d.play(t, all...)
		})
	}
}
