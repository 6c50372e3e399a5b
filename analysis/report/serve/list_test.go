package serve

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"st67bench/analysis/report/reporttest"
	"st67bench/results"
)

// rows is the list as a program gets it.
func rows(t testing.TB, s *Server, query string) (all []Row) {
	t.Helper()
	w := ask(s, "GET", "/runs.json"+query)
	var list struct {
		Schema int
		Runs   []Row
	}
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || list.Schema != 1 {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return list.Runs
}

// A row says what results.Open reads of the same run.
func TestRowsAgreeWithOpen(t *testing.T) {
	dir, names := folder(t)
	s := server(t, dir, nil)
	list := rows(t, s, "")
	if len(list) != 2 || list[0].Name != names[1] || list[1].Name != names[0] {
		t.Fatalf("not the newest first: %+v", list)
	}
	for _, row := range list {
		run, err := results.Open(filepath.Join(dir, row.Name))
		if err != nil {
			t.Fatal(err)
		}
		outcomes := map[results.Outcome]int{}
		for _, r := range run.Results {
			outcomes[r.Outcome]++
		}
		if !maps.Equal(row.Outcomes, outcomes) {
			t.Errorf("%s: outcomes %v, want %v", row.Name, row.Outcomes, outcomes)
		}
		if !row.Start.Equal(run.Start) || row.Scenario != run.Scenario.Name || row.Firmware != run.Identity["firmware"] || row.Link != run.Identity["link"] || row.Emulated != run.Emulated {
			t.Errorf("%s: %+v", row.Name, row)
		}
		if row.Verdict != Incomplete { // there is an ERROR in it
			t.Errorf("%s: verdict %s", row.Name, row.Verdict)
		}
	}
}

func TestOutcomeOf(t *testing.T) {
	for _, tt := range []struct {
		line string
		want results.Outcome // empty: damaged
	}{
		{`{"seq":1,"factors":{"length":"64"},"outcome":"PASS","metrics":{}}`, results.Pass},
		{`{"seq":1,"factors":null,"outcome":"REFUSED"}`, results.Refused},
		{`{"seq":1,"factors":{"a":"b","outcome":"FAIL"},"outcome":"PASS"}`, results.Pass},
		{`{"seq":1,"factors":{"outcome":"FAIL"},"outcome":"PASS"}`, results.Pass},
		{`{"seq":1,"factors":{"a":"},\"outcome\":\"FAIL\""},"outcome":"PASS"}`, results.Pass},
		{`{"seq":1,"factors":{},"outcome":"ERROR","conditions":{"x":"","outcome":"PASS"}}`, results.Error},
		{`{ "outcome" : "ABORTED" }`, results.Aborted},
		{`{"outcome":"MAYBE"}`, ""},
		{`{"seq":1,"factors":{},"outcome":"PASS"`, ""},
		{`garbage`, ""},
		{``, ""},
	} {
		if got, ok := outcomeOf([]byte(tt.line)); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: %q, %v", tt.line, got, ok)
		}
	}
}

// What is running, cut off or damaged has its row, and spoils no other.
func TestStates(t *testing.T) {
	dir, names := folder(t)
	write := func(name, file, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const head = `{"schema":1,"start":"2026-11-20T10:00:00Z","identity":{},"scenario":{"name":"x"}}`
	line := func(o string) string { return `{"seq":1,"factors":{},"outcome":"` + o + `"}` + "\n" }
	ended := func(name, journal string) {
		write(name, "run.json", head)
		write(name, "results.jsonl", journal)
		write(name, "bench.txt", "")
	}
	ended("passed", line("PASS")+line("REFUSED"))
	ended("failed", line("PASS")+line("FAIL"))
	ended("incomplete", line("FAIL")+line("ABORTED"))
	ended("skipped", line("SKIPPED"))
	ended("empty", "")
	ended("cut", line("PASS")+`{"seq":2,"fac`)
	ended("damaged-line", "garbage\n"+line("PASS"))
	ended("damaged-head", line("PASS"))
	write("damaged-head", "run.json", `{"schema":`)
	write("damaged-new", "run.json", `{"schema":999}`)
	write("damaged-without", "run.json", head)
	write("no-run", "notes.txt", "x")
	write("interrupted", "run.json", head)
	write("interrupted", "results.jsonl", line("PASS"))
	old := time.Now().Add(-time.Hour)
	for _, file := range []string{"run.json", "results.jsonl"} {
		if err := os.Chtimes(filepath.Join(dir, "interrupted", file), old, old); err != nil {
			t.Fatal(err)
		}
	}
	w := running(t, dir)
	s := server(t, dir, nil)
	got := map[string]Row{}
	for _, row := range rows(t, s, "") {
		got[row.Name] = row
	}
	live := filepath.Base(w.Dir())
	for name, want := range map[string]Verdict{
		names[0]: Incomplete, "passed": Passed, "failed": Failed, "incomplete": Incomplete, "skipped": Skipped, "empty": Empty, "cut": Passed,
		"damaged-line": Damaged, "damaged-head": Damaged, "damaged-new": Damaged, "damaged-without": Damaged, "interrupted": Interrupted, live: Running,
	} {
		if got[name].Verdict != want || (want == Damaged) != (got[name].Problem != "") {
			t.Errorf("%s is %q (%s), want %s", name, got[name].Verdict, got[name].Problem, want)
		}
	}
	if _, there := got["no-run"]; there {
		t.Error("a directory without a run is in the list")
	}
	if w := ask(s, "GET", "/"); w.Code != 200 || !strings.Contains(w.Body.String(), "schema version 999") {
		t.Errorf("the list does not say what is damaged: %d", w.Code)
	}
	for _, name := range []string{"damaged-line", "damaged-head", "damaged-new", "damaged-without"} {
		if w := ask(s, "GET", "/runs/"+name); w.Code != 500 || strings.Contains(w.Body.String(), dir) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}

	// It ends, and the list knows.
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s.index.looked = time.Time{}
	if got := rows(t, s, "?verdict=running"); len(got) != 0 {
		t.Errorf("still running: %+v", got)
	}
}

func TestFiltersAndPages(t *testing.T) {
	dir := t.TempDir()
	many(t, dir, 250)
	s := server(t, dir, nil)
	for query, want := range map[string]int{
		"": 250, "?scenario=cipsend-size": 125, "?scenario=idle&firmware=2.0.2": 25, "?link=spi": 120, "?link=emulated+uart": 130,
		"?verdict=incomplete": 250, "?verdict=passed": 0, "?firmware=nothing": 0, "?unknown=x": 250,
	} {
		if got := rows(t, s, query); len(got) != want {
			t.Errorf("%s: %d rows, want %d", query, len(got), want)
		}
	}
	seen := map[string]bool{}
	for page, at := 1, "/?scenario=idle"; at != ""; page++ {
		body := ask(s, "GET", at).Body.String()
		for _, part := range strings.Split(body, `name="run" value="`)[1:] {
			name, _, _ := strings.Cut(part, `"`)
			if seen[name] {
				t.Fatalf("%s is on two pages", name)
			}
			seen[name] = true
		}
		_, rest, more := strings.Cut(body, `rel="next"`)
		if !more || rest == "" {
			break
		}
		at = fmt.Sprintf("/?scenario=idle&page=%d", page+1)
		if !strings.Contains(body, fmt.Sprintf(`href="/?page=%d&amp;scenario=idle"`, page+1)) {
			t.Fatalf("page %d has no link to the next", page)
		}
	}
	if len(seen) != 125 {
		t.Errorf("the pages have %d runs, want 125", len(seen))
	}
	for _, at := range []string{"0", "-1", "99999999999999999999", "x"} {
		if w := ask(s, "GET", "/?page="+at); w.Code != 200 || !strings.Contains(w.Body.String(), `name="run"`) {
			t.Errorf("page %s: %d", at, w.Code)
		}
	}
}

// Names out of runs are text, wherever they stand.
func TestHostileNamesAreText(t *testing.T) {
	run := reporttest.Hostile(t)
	dir := t.TempDir()
	if err := os.Rename(run.Dir, filepath.Join(dir, `"><img src=x onerror=alert(1)>`)); err != nil {
		t.Fatal(err)
	}
	s := server(t, dir, nil)
	list := rows(t, s, "")
	if len(list) != 1 {
		t.Fatalf("%d rows", len(list))
	}
	at := list[0].shown().At
	for _, target := range []string{"/", "/history", at, at + "/live", at + "/files/", "/runs/%22%3E%3Cscript%3E", "/history?scenario=%3Cscript%3E"} {
		body := ask(s, "GET", target).Body.String()
		if strings.Contains(body, "<img") || strings.Contains(body, "<script>alert") || strings.Contains(body, `"><script>`) {
			t.Errorf("%s: a name has become markup", target)
		}
	}
}

// Many at once, while runs come and go, get whole answers.
func TestManyClients(t *testing.T) {
	dir := t.TempDir()
	many(t, dir, 40)
	s := server(t, dir, nil)
	list := rows(t, s, "")
	var clients sync.WaitGroup
	for i := range 24 {
		clients.Go(func() {
			for _, target := range []string{"/", "/runs.json?scenario=idle", "/runs/" + list[i%3].Name, "/runs/" + list[i%3].Name + "/files/run.json", "/history"} {
				if w := ask(s, "GET", target); w.Code != 200 {
					t.Errorf("%s: %d", target, w.Code)
				}
			}
		})
	}
	for i := range 5 {
		if err := os.RemoveAll(filepath.Join(dir, list[30+i].Name)); err != nil {
			t.Error(err)
		}
	}
	clients.Wait()
	if n := len(s.pages.pages); n > mostPages {
		t.Errorf("%d pages are remembered", n)
	}
}

// many makes n runs that have ended: two scenarios, ten firmwares, two links. Their journals are one file.
func many(t testing.TB, dir string, n int) {
	t.Helper()
	run := reporttest.Run(t)
	text, err := os.ReadFile(filepath.Join(run.Dir, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		name := fmt.Sprintf("run-%05d", i)
		scenario, link := "cipsend-size", "uart"
		if i%2 == 1 {
			scenario = "idle"
		}
		if i/10%2 == 1 {
			link = "spi"
		}
		changed := strings.NewReplacer(
			`"name": "cipsend-size"`, `"name": "`+scenario+`"`, `"2.0.106"`, fmt.Sprintf(`"2.0.%d"`, i%10+1), `"link": "uart"`, `"link": "`+link+`"`,
			`"2026-11-22T18:40:00Z"`, `"`+time.Date(2026, 1, 1, 0, i, 0, 0, time.UTC).Format(time.RFC3339)+`"`,
		).Replace(string(text))
		if link == "spi" {
			changed = strings.Replace(changed, `"emulated": true,`, "", 1)
		}
		at := filepath.Join(dir, name)
		for _, err := range []error{
			os.Mkdir(at, 0o755), os.WriteFile(filepath.Join(at, "run.json"), []byte(changed), 0o644),
			os.Link(filepath.Join(run.Dir, "results.jsonl"), filepath.Join(at, "results.jsonl")),
			os.WriteFile(filepath.Join(at, "bench.txt"), nil, 0o644),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// BenchmarkList10000 is the time of a page of the list of 10 000 runs: the first, for which every run is read, and later ones.
func BenchmarkList10000(b *testing.B) {
	dir := b.TempDir()
	many(b, dir, 10_000)
	page := func(s *Server) {
		s.index.looked = time.Time{}
		if w := ask(s, "GET", "/?scenario=idle&page=3"); w.Code != 200 || !strings.Contains(w.Body.String(), "201 to 300 of 5000") {
			b.Fatalf("%d", w.Code)
		}
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			page(server(b, dir, nil))
		}
	})
	b.Run("later", func(b *testing.B) {
		s := server(b, dir, nil)
		page(s)
		for b.Loop() {
			page(s)
		}
	})
}

// Two runs that began together are compared as ab does it: with the reference.
func TestReferenceIsTheBase(t *testing.T) {
	start := time.Now()
	a := &results.Run{Dir: "x-2", Start: start, Role: "candidate"}
	b := &results.Run{Dir: "x", Start: start, Role: results.RoleReference}
	older := &results.Run{Dir: "y", Start: start.Add(-time.Second)}
	runs := []*results.Run{a, b, older}
	if oldestFirst(runs); runs[0] != older || runs[1] != b || runs[2] != a {
		t.Errorf("%s, %s, %s", runs[0].Dir, runs[1].Dir, runs[2].Dir)
	}
}
