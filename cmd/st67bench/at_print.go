package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"st67bench/bench/st67"
	"st67bench/transport/at"
)

// reply is what one command gave, as --json has it.
type reply struct {
	Command string   `json:"command"`
	Lines   []string `json:"lines"`
	Data    []byte   `json:"data,omitempty"` // raw bytes of the reply, in base64
	Final   string   `json:"final"`          // empty when none came
	Code    string   `json:"code,omitempty"` // the module's error code, "0x01070000" (AT+SYSLOG=1)
	Text    string   `json:"text,omitempty"` // the error in words
	MS      float64  `json:"ms"`             // from the write of the command to the last byte of the final code

	err error
}

// unasked is one unsolicited line, as --json has it.
type unasked struct {
	Event string `json:"event"` // what the line begins with: "ready", "+CW", "+CIP", "+IPD"
	Line  string `json:"line"`
	Text  string `json:"text"`           // in words; empty when it is not known
	Data  []byte `json:"data,omitempty"` // received payload, in base64
}

// newReply makes the reply of an exchange that ended at this instant.
func newReply(line string, r at.Response, end time.Time, err error) reply {
	out := reply{
		Command: line, Lines: make([]string, len(r.Lines)), Data: slices.Clone(r.Data), Final: string(r.Final),
		MS: float64(end.Sub(r.Sent).Microseconds()) / 1e3, err: err,
	}
	for i, l := range r.Lines {
		out.Lines[i] = string(l)
	}
	var refused *at.CommandError
	var broken *at.ProtocolError
	switch {
	case errors.As(err, &refused):
		out.Final = refused.Final
		if refused.Code != 0 {
			out.Code = fmt.Sprintf("0x%08x", refused.Code)
			out.Text = st67.Words("ERR CODE:" + out.Code)
			out.err = fmt.Errorf("%w: %s", err, out.Text)
		}
	case errors.As(err, &broken) && broken.Total == 0 && errors.Is(err, context.DeadlineExceeded):
		out.err = fmt.Errorf("%w; a module in a data phase needs --reset, for any other reason ask st67bench check", err)
		out.Text = out.err.Error()
	case err != nil:
		out.Text = err.Error()
	}
	return out
}

// atPrinter prints replies and unsolicited lines, for people or as JSON, with
// the rig's secrets masked. Its methods may be called by several goroutines.
type atPrinter struct {
	mu   sync.Mutex
	out  io.Writer
	json bool
	mask *strings.Replacer
}

func newAtPrinter(out io.Writer, secrets []string, json bool) *atPrinter {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `,`, `\,`) // as a command or a reply quotes it
	var pairs []string
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, s := range secrets {
		if s != "" {
			pairs = append(pairs, s, "***", quoted.Replace(s), "***")
		}
	}
	return &atPrinter{out: out, json: json, mask: strings.NewReplacer(pairs...)}
}

// reply prints the lines as the module gave them, raw bytes in quotes.
func (p *atPrinter) reply(r reply) {
	r.Command, r.Text, r.Data = p.mask.Replace(r.Command), p.mask.Replace(r.Text), p.masked(r.Data)
	for i, l := range r.Lines {
		r.Lines[i] = p.mask.Replace(l)
	}
	if p.json {
		p.encode(r)
		return
	}
	var b strings.Builder
	for _, l := range r.Lines {
		fmt.Fprintln(&b, l)
	}
	if len(r.Data) > 0 {
		fmt.Fprintf(&b, "%q\n", r.Data)
	}
	if r.Code != "" {
		fmt.Fprintf(&b, "ERR CODE:%s  (%s)\n", r.Code, r.Text)
	}
	if r.Final != "" {
		fmt.Fprintln(&b, r.Final)
	}
	p.print(b.String())
}

// event prints an unsolicited line with its meaning.
func (p *atPrinter) event(line string) { p.unasked(line, nil, "") }

// received prints received payload with its head.
func (p *atPrinter) received(r received) {
	more := ""
	if len(r.data) < r.n {
		more = "…"
	}
	p.unasked(r.head, r.data, more)
}

func (p *atPrinter) unasked(line string, data []byte, more string) {
	name, _, _ := strings.Cut(line, ":")
	e := unasked{Event: name, Line: p.mask.Replace(line), Text: st67.Words(line), Data: p.masked(data)}
	if p.json {
		p.encode(e)
		return
	}
	text := e.Line
	if data != nil {
		text += fmt.Sprintf("%q%s", e.Data, more)
	}
	if e.Text != "" {
		text += "  (" + e.Text + ")"
	}
	p.print(text + "\n")
}

// problem prints an error that does not end the console; of a refusal the reply has said everything.
func (p *atPrinter) problem(err error) {
	if refused := (*at.CommandError)(nil); !errors.As(err, &refused) {
		p.print("st67bench: " + p.mask.Replace(err.Error()) + "\n")
	}
}

func (p *atPrinter) masked(data []byte) []byte {
	if data == nil {
		return nil
	}
	return []byte(p.mask.Replace(string(data)))
}

func (p *atPrinter) encode(v any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	enc := json.NewEncoder(p.out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // a reader that went away ends the command by itself
}

func (p *atPrinter) print(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = io.WriteString(p.out, text)
}
