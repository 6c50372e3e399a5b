package serve

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A pipe that nobody writes to would keep whoever opens it for ever, and with it the list.
func TestPipesAreNotRead(t *testing.T) {
	dir, names := folder(t)
	for i, file := range []string{runFile, journalFile} {
		path := filepath.Join(dir, names[i], file)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := server(t, dir, nil)
	done := make(chan int)
	go func() {
		ask(s, "GET", "/")
		done <- ask(s, "GET", "/runs/"+names[0]).Code + ask(s, "GET", "/runs/"+names[1]).Code
	}()
	select {
	case codes := <-done:
		if codes < 800 {
			t.Errorf("codes add up to %d: a pipe was read as a run", codes)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("a pipe keeps the list waiting")
	}
}
