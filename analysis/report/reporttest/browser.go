package reporttest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// browser is the headless Chromium of a test binary, driven over the DevTools protocol on two
// pipes: messages are JSON, each ended by a zero byte. It ends when the pipes do, which is at
// the latest when the test binary ends.
type browser struct {
	to   *os.File
	from *bufio.Reader
	last int
	log  string // file
	gone bool
}

var (
	shared  = map[bool]*browser{} // with a network, and without
	sharing sync.Mutex            // held by one message and its answer
)

// theBrowser is the one that runs, or a new one, with or, where that is permitted, without a network. It skips
// the test when there is no Chromium.
func theBrowser(t testing.TB, network bool) *browser {
	t.Helper()
	sharing.Lock()
	defer sharing.Unlock()
	if b := shared[network]; b != nil && !b.gone {
		return b
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium in PATH: the page is not opened in a browser (apt-get install chromium)")
	}
	dir, err := os.MkdirTemp("", "st67bench-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	// The shell outlives the test binary, also one that is interrupted, and takes the profile away.
	command := []string{"sh", "-c", `trap "" INT; "$@" 2>"$DIR/log"; rm -rf "$DIR"`, "sh"}
	switch {
	case network:
	case exec.Command("unshare", "-n", "true").Run() == nil:
		command = append(command, "unshare", "-n")
	default:
		t.Log("no network namespace: only the page's own policy keeps it off the network")
	}
	command = append(command, path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
		"--disable-component-update", "--no-first-run", "--remote-debugging-pipe", "--user-data-dir="+filepath.Join(dir, "profile"), "about:blank")
	in, to := pipe(t)
	from, out := pipe(t)
	c := exec.Command(command[0], command[1:]...)
	c.Env = append(os.Environ(), "DIR="+dir, "TMPDIR="+dir) // what a killed Chromium leaves goes too
	c.ExtraFiles = []*os.File{in, out}                      // Chromium reads 3 and writes 4
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	out.Close()
	b := &browser{to: to, from: bufio.NewReader(from), log: filepath.Join(dir, "log")}
	shared[network] = b
	return b
}

func pipe(t testing.TB) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// message is what the browser says: the answer to a command, or an event.
type message struct {
	ID        int
	SessionID string
	Method    string
	Params    json.RawMessage
	Result    json.RawMessage
	Error     *struct{ Message string }
}

// call sends a command and returns its answer; event is handed what else is said until then.
func (b *browser) call(session, method string, params map[string]any, event func(message)) (message, error) {
	sharing.Lock()
	defer sharing.Unlock()
	b.last++
	if params == nil {
		params = map[string]any{}
	}
	command := map[string]any{"id": b.last, "method": method, "params": params}
	if session != "" {
		command["sessionId"] = session
	}
	text, err := json.Marshal(command)
	if err != nil {
		return message{}, err
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		return message{}, b.lost(method, err)
	}
	for {
		text, err := b.from.ReadBytes(0)
		if err != nil {
			return message{}, b.lost(method, err)
		}
		var m message
		if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
			return message{}, err
		}
		if m.ID != b.last {
			event(m)
			continue
		}
		if m.Error != nil {
			return m, fmt.Errorf("%s: %s", method, m.Error.Message)
		}
		return m, nil
	}
}

func (b *browser) lost(method string, err error) error {
	b.gone = true
	return fmt.Errorf("%s: chromium has gone: %w", method, err)
}

// guard ends the browser when a test takes too long, so that the test fails and says where.
func (b *browser) guard() (stop func() bool) {
	return time.AfterFunc(4*time.Minute, func() { b.to.Close() }).Stop
}

// explain logs what the browser said about itself, but for its complaints of having no desktop.
func (b *browser) explain(t testing.TB) {
	text, _ := os.ReadFile(b.log) // there may be none
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, ":ERROR:dbus") {
			t.Log("chromium: ", line)
		}
	}
}
