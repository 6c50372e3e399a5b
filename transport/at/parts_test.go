package at

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// scripted answers each message that it reads with the next of the answers, and keeps the messages.
func scripted(t *testing.T, answers ...string) (s *Session, messages func() []string) {
	t.Helper()
	near, far := net.Pipe()
	var mu sync.Mutex
	var got []string
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1<<16)
		for i := 0; ; i++ {
			n, err := far.Read(buf)
			if err != nil {
				return
			}
			mu.Lock()
			got = append(got, string(buf[:n]))
			mu.Unlock()
			if i < len(answers) && answers[i] != "" {
				io.WriteString(far, answers[i])
			}
		}
	}()
	g := testGrammar()
	g.Events = append(g.Events, "+CIPSENDL:")
	s = New(near, g)
	t.Cleanup(func() {
		s.Close()
		far.Close()
		<-done
	})
	return s, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), got...)
	}
}

// The payload goes out in the parts that it was given in, and progress lines go to who watches them.
func TestSendParts(t *testing.T) {
	s, messages := scripted(t, "\r\nOK\r\n\r\n>", "+CIPSENDL:3,3\r\n", "+CIPSENDL:5,5\r\n\r\nSEND OK\r\n")
	var reports []string
	s.Watch("+CIPSENDL:", func(line []byte, _ time.Time) { reports = append(reports, string(line)) })
	parts := [][]byte{[]byte("abc"), []byte("de")}
	r, err := s.SendParts(t.Context(), []byte("AT+CIPSENDL=0,5"), func() []byte {
		if len(parts) == 0 {
			return nil
		}
		p := parts[0]
		parts = parts[1:]
		return p
	}, SendOptions{})
	if err != nil || string(r.Final) != "SEND OK" || r.Prompt.IsZero() || r.Payload.IsZero() {
		t.Fatalf("%+v, %v", r, err)
	}
	if got := strings.Join(messages(), "|"); got != "AT+CIPSENDL=0,5\r\n|abc|de" {
		t.Errorf("the module read %q", got)
	}
	if got := strings.Join(reports, "|"); got != "+CIPSENDL:3,3|+CIPSENDL:5,5" {
		t.Errorf("the reports are %q", got)
	}
}

// An empty part writes nothing, and the end of the send does not wait for the next one.
func TestSendPartsPauses(t *testing.T) {
	s, messages := scripted(t, "\r\nOK\r\n\r\n>", "", "\r\nSEND OK\r\n")
	parts := []string{"abc", "", "", "de"}
	asked := 0
	begin := time.Now()
	r, err := s.SendParts(t.Context(), []byte("AT+CIPSENDL=0,5"), func() []byte {
		if asked++; asked > len(parts) {
			return []byte{}
		}
		return []byte(parts[asked-1])
	}, SendOptions{})
	if err != nil || string(r.Final) != "SEND OK" {
		t.Fatalf("%+v, %v", r, err)
	}
	if got := strings.Join(messages(), "|"); got != "AT+CIPSENDL=0,5\r\n|abc|de" {
		t.Errorf("the module read %q", got)
	}
	if took := time.Since(begin); took < 2*partPause {
		t.Errorf("two pauses took %v", took)
	}
}

// A send that fails in the middle asks for no more parts.
func TestSendPartsFails(t *testing.T) {
	s, _ := scripted(t, "\r\nOK\r\n\r\n>", "\r\nSEND FAIL\r\n")
	asked := 0
	_, err := s.SendParts(t.Context(), []byte("AT+CIPSENDL=0,100000"), func() []byte {
		asked++
		time.Sleep(20 * time.Millisecond)
		return make([]byte, 10)
	}, SendOptions{})
	var refused *CommandError
	if !errors.As(err, &refused) || refused.Final != "SEND FAIL" || asked > 5 {
		t.Errorf("%v after %d parts", err, asked)
	}
}

// In passthrough each byte goes to the tap, also what looks like the dialog; then lines are read again.
func TestPassthrough(t *testing.T) {
	s, messages := scripted(t, "\r\nOK\r\n\r\n>\r\nOK\r\n+IPD:0,3,abc", "\r\nERROR\r\nready\r\n>", "", "\r\nOK\r\n")
	var mu sync.Mutex
	var got bytes.Buffer
	_, err := s.Passthrough(t.Context(), []byte("AT+CIPSEND"), func(p []byte, _ time.Time) {
		mu.Lock()
		defer mu.Unlock()
		got.Write(p)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.WriteRaw(t.Context(), []byte("payload")); err != nil {
		t.Fatal(err)
	}
	want := "\r\nOK\r\n+IPD:0,3,abc\r\nERROR\r\nready\r\n>"
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		mu.Lock()
		n := got.Len()
		mu.Unlock()
		if n >= len(want) {
			break
		}
	}
	mu.Lock()
	if got.String() != want {
		t.Errorf("the tap has %q", got.String())
	}
	mu.Unlock()
	if _, _, err := s.WriteRaw(t.Context(), []byte("+++")); err != nil {
		t.Fatal(err)
	}
	s.EndPassthrough()
	if _, err := s.Command(t.Context(), []byte("AT")); err != nil {
		t.Error(err)
	}
	if m := messages(); len(m) != 4 || m[2] != "+++" {
		t.Errorf("the module read %q", m)
	}
}

// A module that refuses passthrough leaves the session as it was.
func TestPassthroughRefused(t *testing.T) {
	s, _ := scripted(t, "\r\nERROR\r\n", "\r\nOK\r\n")
	if _, err := s.Passthrough(t.Context(), []byte("AT+CIPSEND"), func([]byte, time.Time) {}); err == nil {
		t.Fatal("no error")
	}
	if _, err := s.Command(context.Background(), []byte("AT")); err != nil {
		t.Error(err)
	}
}

// Who watches a prefix gets its lines, also heads whose data a sink takes, and the events have the others.
func TestWatch(t *testing.T) {
	s, _ := scripted(t, "+IPD:0,4,data\r\n+CW:GOTIP\r\n+IPD:1,9\r\n\r\nOK\r\n")
	var data, heads []string
	s.SetSink(0, func(p []byte, _ time.Time) { data = append(data, string(p)) })
	s.Watch("+IPD:", func(line []byte, _ time.Time) { heads = append(heads, string(line)) })
	if _, err := s.Command(t.Context(), []byte("AT")); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(heads, "|"); got != "+IPD:0,4,|+IPD:1,9" || strings.Join(data, "") != "data" {
		t.Errorf("heads %q, data %q", got, data)
	}
	if e := <-s.Events(); string(e.Line) != "+CW:GOTIP" {
		t.Errorf("the event is %q", e.Line)
	}
}
