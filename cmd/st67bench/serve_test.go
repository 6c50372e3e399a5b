package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// served starts serve and returns the address that it prints, and what ends it and gives its exit code.
func served(t *testing.T, args ...string) (address string, end func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- execute(ctx, append([]string{"serve"}, args...), nil, write, io.Discard)
		write.Close()
	}()
	address, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		cancel()
		t.Fatalf("no address: %v, exit code %d", err, <-code)
	}
	return strings.TrimSpace(address), func() int {
		cancel()
		return <-code
	}
}

// It serves until it is told to end, also while somebody watches a run.
func TestServe(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "2026-11-22T184000Z-x")
	for _, err := range []error{
		os.Mkdir(name, 0o755), os.WriteFile(filepath.Join(name, "run.json"), []byte(`{"schema":1,"start":"2026-11-22T18:40:00Z","scenario":{"name":"x"}}`), 0o644),
		os.WriteFile(filepath.Join(name, "results.jsonl"), nil, 0o644), os.WriteFile(filepath.Join(name, "events.jsonl"), nil, 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	address, end := served(t, "--listen", "127.0.0.1:0", dir)
	defer http.DefaultClient.CloseIdleConnections()
	for path, want := range map[string]string{"": "2026-11-22T184000Z-x", "runs.json": `"verdict":"running"`} {
		answer, err := http.Get(address + path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if answer.Body.Close(); err != nil || answer.StatusCode != 200 || !strings.Contains(string(text), want) {
			t.Errorf("%s: %s %v %s", path, answer.Status, err, text)
		}
	}
	stream, err := http.Get(address + "runs/" + filepath.Base(name) + "/events")
	if err != nil || stream.StatusCode != 200 {
		t.Fatalf("%v %v", stream, err)
	}
	defer stream.Body.Close()
	begin := time.Now()
	if code := end(); code != 0 || time.Since(begin) > 2*time.Second {
		t.Errorf("exit code %d after %v", code, time.Since(begin))
	}
	if _, err := http.Get(address); err == nil {
		t.Error("it still answers")
	}
}

func TestServeToken(t *testing.T) {
	address, end := served(t, "--listen", "0.0.0.0:0", t.TempDir())
	_, token, _ := strings.Cut(address, "?token=")
	if len(token) < leastToken {
		t.Errorf("the address is %s", address)
	}
	end()
	const own = "sixteen-or-more-1"
	t.Setenv(tokenVariable, own)
	address, end = served(t, "--listen", "0.0.0.0:0", t.TempDir())
	if !strings.HasSuffix(address, "/?token="+own) {
		t.Errorf("the address is %s", address)
	}
	end()
	t.Setenv(tokenVariable, "short")
	refuses(t, "a token that cannot be guessed", "serve", "--listen", "0.0.0.0:0", t.TempDir())
}

func refuses(t *testing.T, want string, args ...string) {
	t.Helper()
	var said strings.Builder
	if code := execute(t.Context(), args, nil, io.Discard, &said); code != exitUsage || !strings.Contains(said.String(), want) {
		t.Errorf("%v: exit code %d, %s", args, code, said.String())
	}
}

func TestServeUsage(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "run.json"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	refuses(t, "is one run; serve shows the folder", "serve", dir)
	refuses(t, "is no folder; make a run", "serve", filepath.Join(dir, "nothing"))
	refuses(t, "--listen nonsense", "serve", "--listen", "nonsense", t.TempDir())
	refuses(t, "--listen 127.0.0.1:99999", "serve", "--listen", "127.0.0.1:99999", t.TempDir())
	refuses(t, "accepts at most 1 arg", "serve", dir, dir)
}

func TestHostNames(t *testing.T) {
	for _, tt := range []struct{ host, bound, has, not string }{
		{"127.0.0.1", "127.0.0.1", "localhost", "0.0.0.0"},
		{"localhost", "127.0.0.1", "::1", ""},
		{"192.168.1.10", "192.168.1.10", "192.168.1.10", "localhost"},
		{"rig", "192.168.1.10", "rig", "localhost"},
		{"0.0.0.0", "0.0.0.0", "localhost", "0.0.0.0"},
	} {
		names, err := hostNames(tt.host, netip.MustParseAddr(tt.bound))
		if err != nil || !slices.Contains(names, tt.has) || slices.Contains(names, tt.not) {
			t.Errorf("%s: %v, %v", tt.host, names, err)
		}
	}
}
