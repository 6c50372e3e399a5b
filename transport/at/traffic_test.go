package at

import (
	"net"
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
