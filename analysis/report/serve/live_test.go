package serve

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"st67bench/results"
)

// event is one server-sent event.
type event struct{ kind, id, data string }

// listen opens the stream of a run, from the event with that id on; what is sent comes out of the channel, which is closed when
// the stream is.
func listen(t *testing.T, ctx context.Context, origin, run, id string) <-chan event {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", origin+"/runs/"+run+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Last-Event-ID", id)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s %v", answer.Status, answer.Header)
	}
	out := make(chan event)
	go func() {
		defer close(out)
		defer answer.Body.Close()
		var e event
		lines := bufio.NewScanner(answer.Body)
		lines.Buffer(nil, 2*chunk)
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "event":
				e.kind = value
			case "id":
				e.id = value
			case "data":
				e.data = value
			case "":
				if e.data != "" {
					select {
					case out <- e:
					case <-ctx.Done():
						return
					}
				}
				e = event{}
			}
		}
	}()
	return out
}

func take(t *testing.T, from <-chan event) event {
	t.Helper()
	select {
	case e, more := <-from:
		if !more {
			t.Fatal("the stream has ended")
		}
		return e
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came")
	}
	return event{}
}

func serving(t *testing.T, dir string) string {
	web := httptest.NewServer(server(t, dir, nil))
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		web.Close()
	})
	return web.URL
}

func write(t *testing.T, w *results.Writer, v any) {
	t.Helper()
	if err := w.Event(v); err != nil {
		t.Fatal(err)
	}
}

// Events come as they are written, go on where a viewer was, and end with the run.
func TestEventsOfARun(t *testing.T) {
	dir := t.TempDir()
	w := running(t, dir)
	origin, name := serving(t, dir), filepath.Base(w.Dir())
	first := listen(t, t.Context(), origin, name, "")
	second := listen(t, t.Context(), origin, name, "")
	var ids []string
	for i := range 3 {
		write(t, w, map[string]any{"event": "progress", "t": i})
		want := fmt.Sprintf(`{"event":"progress","t":%d}`, i)
		for _, viewer := range []<-chan event{first, second} {
			if e := take(t, viewer); e.data != want {
				t.Fatalf("%+v, want %s", e, want)
			} else if len(ids) == i {
				ids = append(ids, e.id)
			}
		}
	}
	again := listen(t, t.Context(), origin, name, ids[0])
	for _, want := range ids[1:] {
		if e := take(t, again); e.id != want {
			t.Errorf("after %s came %+v, want %s", ids[0], e, want)
		}
	}
	if err := w.Append(results.Result{Seq: 1, Boot: 1, Block: 1, Repeat: 1, Case: "length=1460", Outcome: results.Pass}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, viewer := range []<-chan event{first, second, again} {
		if e := take(t, viewer); e.kind != "end" || e.data != `{"verdict":"passed","counts":"1 PASS"}` {
			t.Errorf("the last is %+v", e)
		}
		if e, more := <-viewer; more {
			t.Errorf("after the end came %+v", e)
		}
	}
}

// A file that was cut off is read anew, lines that are no events or too long are passed over, and a line of which a part is
// there waits for the rest.
func TestFollowerSurvives(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	file := filepath.Join(dir, eventsFile)
	f := follower{dir: root}
	next := func() (all string) {
		t.Helper()
		for {
			text, err := f.next()
			if err != nil {
				t.Fatal(err)
			}
			if all += text; text == "" && !f.skipping {
				return all
			}
		}
	}
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := next(); got != "" {
		t.Errorf("of no file: %q", got)
	}
	long := `{"event":"warning","text":"` + strings.Repeat("x", 3*chunk) + `"}` + "\n"
	start := `{"event":"a"}` + "\n" + "garbage\n\n[1]\n" + long + "{\"event\":\r\"b\"}\n"
	put(start + `{"event":`)
	if got := next(); strings.Count(got, "data: ") != 2 || !strings.Contains(got, `data: {"event":"a"}`) || !strings.Contains(got, `data: {"event":"b"}`) || strings.Contains(got, "\r") {
		t.Errorf("%q", got[:min(len(got), 300)])
	}
	put(start + `{"event":"c"}` + "\n")
	if got := next(); got != fmt.Sprintf("id: events-%d\ndata: {\"event\":\"c\"}\n\n", len(start)+14) {
		t.Errorf("the rest of a line: %q", got)
	}
	put(`{"event":"d"}` + "\n")
	if got := next(); got != "event: reset\nid: events-0\ndata: {}\n\nid: events-14\ndata: {\"event\":\"d\"}\n\n" {
		t.Errorf("after the file was cut off: %q", got)
	}
	for id, want := range map[string]place{"": {}, "events-14": {offset: 14}, "results-7": {true, 7}, "events--1": {}, "x-1": {}, "results-": {}, "events-1e9": {}} {
		if got := placeOf(id); got != want {
			t.Errorf("place of %q: %+v", id, got)
		}
	}
}

// Where events.jsonl has reached its limit, the results go on.
func TestEventsBeyondTheLimit(t *testing.T) {
	dir := t.TempDir()
	w := running(t, dir)
	filler := strings.Repeat("x", 100<<10)
	for range 180 {
		write(t, w, map[string]string{"event": "warning", "text": filler})
	}
	origin := serving(t, dir)
	viewer := listen(t, t.Context(), origin, filepath.Base(w.Dir()), "events-16000000")
	for take(t, viewer).id != "results-0" { // the line that says so
	}
	r := results.Result{Seq: 1, Boot: 1, Block: 1, Repeat: 1, Case: "length=1460", Outcome: results.Pass}
	if err := w.Append(r); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Event  string
		Result results.Result
	}
	e := take(t, viewer)
	if err := json.Unmarshal([]byte(e.data), &got); err != nil || got.Event != "result" || got.Result.Seq != 1 || !strings.HasPrefix(e.id, "results-") {
		t.Errorf("%+v: %v", e, err)
	}
}

// A viewer that goes leaves nothing behind, and there is an end to how many there may be.
func TestViewersAreBounded(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Base(running(t, dir).Dir())
	s := server(t, dir, nil)
	web := httptest.NewServer(s)
	defer web.Close()
	defer http.DefaultClient.CloseIdleConnections()
	ctx, leave := context.WithCancel(t.Context())
	for range 20 {
		listen(t, ctx, web.URL, name, "")
	}
	for range mostViewers - 20 {
		s.viewers <- struct{}{}
	}
	if w := ask(s, "GET", "/runs/"+name+"/events"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("one more: %d", w.Code)
	}
	leave()
	for end := time.Now().Add(20 * time.Second); len(s.viewers) > mostViewers-20; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d views are still open", len(s.viewers))
		}
	}
	if w := ask(s, "HEAD", "/runs/"+name+"/events"); w.Code != 200 {
		t.Errorf("afterwards: %d", w.Code)
	}
}
