package at

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Runs of bytes 10 ms apart are messages of their own, closer ones are not; a write is one whatever its length.
func TestTraffic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		s := New(near, testGrammar())
		defer far.Close()
		defer s.Close()
		say := func(text string) {
			if _, err := far.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		say("\r\nready\r\n")
		time.Sleep(9 * time.Millisecond)
		say("WIFI CONNECTED\r\n")
		time.Sleep(11 * time.Millisecond)
		say("WIFI GOT IP\r\n")
		go func() {
			buf := make([]byte, 64)
			_, _ = far.Read(buf)
			time.Sleep(time.Second)
			_, _ = far.Write([]byte("\r\nOK\r\n"))
		}()
		if _, err := s.Command(t.Context(), []byte("AT")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		want := Traffic{HostMessages: 1, HostBytes: 4, ModuleMessages: 3, ModuleBytes: 9 + 16 + 13 + 6}
		if got := s.Traffic(); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}

// The wake-up runs before a write that comes after 10 ms of silence, and before none that follows sooner.
func TestWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		s := New(near, testGrammar())
		defer far.Close()
		defer s.Close()
		woken, line := 0, make(chan string)
		go func() {
			buf := make([]byte, 64)
			for {
				n, err := far.Read(buf)
				if err != nil {
					close(line)
					return
				}
				line <- string(buf[:n])
			}
		}()
		s.SetWake(func(context.Context) error { woken++; return nil })
		for _, step := range []struct {
			pause time.Duration
			want  int
		}{{0, 1}, {9 * time.Millisecond, 1}, {10 * time.Millisecond, 2}, {time.Hour, 3}} {
			time.Sleep(step.pause)
			go func() {
				<-line
				_, _ = far.Write([]byte("\r\nOK\r\n"))
			}()
			if _, err := s.Command(t.Context(), []byte("AT")); err != nil {
				t.Fatal(err)
			}
			if woken != step.want {
				t.Errorf("after a pause of %v it was woken %d times, want %d", step.pause, woken, step.want)
			}
		}
		time.Sleep(time.Second)
		s.SetWake(func(context.Context) error { return errors.New("no such line") })
		if _, err := s.Command(t.Context(), []byte("AT")); err == nil || !strings.Contains(err.Error(), "wake the module: no such line") {
			t.Errorf("a wake-up that fails gives %v", err)
		}
	})
}
