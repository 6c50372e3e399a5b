package serve

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"st67bench/results"
)

// perPage is how many runs a page of the list has.
const perPage = 100

// filter is what of the list is wanted; what is empty leaves all.
type filter struct{ Scenario, Firmware, Link, Verdict string }

func filterOf(q url.Values) filter {
	return filter{q.Get("scenario"), q.Get("firmware"), q.Get("link"), q.Get("verdict")}
}

func (f filter) takes(r Row) bool {
	return (f.Scenario == "" || r.Scenario == f.Scenario) && (f.Firmware == "" || r.firmware() == f.Firmware) &&
		(f.Link == "" || r.link() == f.Link) && (f.Verdict == "" || string(r.Verdict) == f.Verdict)
}

func (f filter) query() url.Values {
	q := url.Values{}
	for name, v := range map[string]string{"scenario": f.Scenario, "firmware": f.Firmware, "link": f.Link, "verdict": f.Verdict} {
		if v != "" {
			q.Set(name, v)
		}
	}
	return q
}

// firmware is what a run measured, as people call it.
func (row Row) firmware() string { return cmp.Or(row.Release, row.Firmware) }

// link is over what: "emulated" before it keeps the emulator's figures apart.
func (row Row) link() string {
	if row.Emulated {
		return strings.TrimSpace("emulated " + row.Link)
	}
	return row.Link
}

// choice is one filter: its name and what it can be.
type choice struct {
	Name, Label, Now string
	Options          []string
}

// listPage is what list.html shows.
type listPage struct {
	Dir        string
	Choices    []choice
	Rows       []shownRow
	From, To   int
	Of, All    int
	Running    int
	Older      string // address of the next page
	Newer      string
	Filtered   bool
	Scenario   string // that is filtered by
	NoLibrary  bool
	Acceptable bool
}

// shownRow is a row in words.
type shownRow struct {
	Row
	At, When, Heading, Firmware, Counts, Lasted string
}

func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	all, err := s.index.list()
	if err != nil {
		s.fail(w, r, err)
		return
	}
	f := filterOf(r.URL.Query())
	rows := f.of(all)
	p := listPage{Dir: s.dir, All: len(all), Of: len(rows), Filtered: f != filter{}, Scenario: f.Scenario, Choices: choices(all, f)}
	for _, row := range all {
		if row.Verdict == Running {
			p.Running++
		}
	}
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	last := max(len(rows)-1, 0) / perPage
	page = min(max(page, 1), last+1)
	from := (page - 1) * perPage
	to := min(from+perPage, len(rows))
	p.From, p.To = from+1, to
	for _, row := range rows[from:to] {
		p.Rows = append(p.Rows, row.shown())
	}
	if page > 1 {
		p.Newer = f.page(page - 1)
	}
	if page <= last {
		p.Older = f.page(page + 1)
	}
	s.show(w, r, http.StatusOK, "list.html", p)
}

func (f filter) of(all []Row) []Row {
	if f == (filter{}) {
		return all
	}
	var rows []Row
	for _, row := range all {
		if f.takes(row) {
			rows = append(rows, row)
		}
	}
	return rows
}

func (f filter) page(n int) string {
	q := f.query()
	if n > 1 {
		q.Set("page", strconv.Itoa(n))
	}
	return "/?" + q.Encode()
}

// choices are the filters, with what the folder has.
func choices(all []Row, f filter) []choice {
	scenario, firmware, link := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, row := range all {
		scenario[row.Scenario], firmware[row.firmware()], link[row.link()] = true, true, true
	}
	var words []string
	for _, v := range verdicts {
		words = append(words, string(v))
	}
	return []choice{
		{"scenario", "Scenario", f.Scenario, options(scenario, f.Scenario)},
		{"firmware", "Firmware", f.Firmware, options(firmware, f.Firmware)},
		{"link", "Link", f.Link, options(link, f.Link)},
		{"verdict", "Verdict", f.Verdict, words},
	}
}

// options are what there is to choose, in order, with what is chosen in any case.
func options(there map[string]bool, now string) (all []string) {
	there[now] = true
	for v := range there {
		if v != "" {
			all = append(all, v)
		}
	}
	slices.Sort(all)
	return all
}

func (row Row) shown() shownRow {
	v := shownRow{Row: row, At: "/runs/" + url.PathEscape(row.Name), Heading: cmp.Or(row.Title, row.Scenario, row.Name), Firmware: row.firmware()}
	if !row.Start.IsZero() {
		v.When = row.Start.UTC().Format("2006-01-02 15:04:05")
	}
	var counts []string
	for _, o := range []results.Outcome{results.Pass, results.Fail, results.Refused, results.Skipped, results.Error, results.Aborted} {
		if n := row.Outcomes[o]; n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, o))
		}
	}
	v.Counts = strings.Join(counts, ", ")
	if row.Duration > 0 {
		v.Lasted = lasted(time.Duration(row.Duration * float64(time.Second)))
	}
	return v
}

// lasted is a time to the second: "1 min 27 s", "3 h 05 min".
func lasted(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d >= time.Hour:
		return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
	case d >= time.Minute:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d s", int(d.Seconds()))
}

// listJSON is the list for programs: all of it that the filter takes.
func (s *Server) listJSON(w http.ResponseWriter, r *http.Request) {
	all, err := s.index.list()
	if err != nil {
		s.fail(w, r, err)
		return
	}
	rows := filterOf(r.URL.Query()).of(all)
	if rows == nil {
		rows = []Row{}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(struct { // who has gone needs no answer
		Schema int   `json:"schema"`
		Runs   []Row `json:"runs"`
	}{1, rows})
}
