package serve

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"st67bench/analysis"
	"st67bench/analysis/compare"
	"st67bench/analysis/report"
	"st67bench/analysis/report/page"
	"st67bench/results"
)

// mostSides is how many runs fit side by side: more columns and colours cannot be told apart.
const mostSides = 6

// mistake is an error of who asked.
type mistake struct{ text string }

func (m mistake) Error() string { return m.text }

// report is the page of one run.
func (s *Server) report(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	s.made(w, r, []string{name}, func(runs []*results.Run) (*page.Page, error) {
		run := runs[0]
		if len(run.Results) == 0 {
			return nil, mistake{"Nothing has been measured in this run yet."}
		}
		sum, err := s.Summarize(run)
		if err != nil {
			return nil, err
		}
		p, err := report.RunPage(sum, run)
		if err == nil {
			at := "/runs/" + url.PathEscape(name)
			p.Links = []page.Link{{Text: "All runs", Address: "/"}, {Text: "Files", Address: at + "/files/"}, {Text: "History of " + run.Scenario.Name, Address: historyOf(run.Scenario.Name, "")}}
			if _, err := os.Lstat(filepath.Join(run.Dir, benchFile)); err != nil {
				p.Links = append(p.Links, page.Link{Text: "Live", Address: at + "/live"})
			}
		}
		return p, err
	})
}

// sideBySide is the page of several runs of one sweep.
func (s *Server) sideBySide(w http.ResponseWriter, r *http.Request) {
	names := r.URL.Query()["run"]
	if len(names) < 2 || len(names) > mostSides {
		s.say(w, r, http.StatusBadRequest, fmt.Sprintf("Side by side are 2 to %d runs; %d are picked.", mostSides, len(names)))
		return
	}
	s.made(w, r, names, func(runs []*results.Run) (*page.Page, error) {
		oldestFirst(runs)
		var all []*analysis.Summary
		for _, run := range runs {
			sum, err := s.Summarize(run)
			if err != nil {
				return nil, err
			}
			all = append(all, sum)
		}
		sides, err := report.NewSides(all, runs)
		if err != nil {
			return nil, mistake{err.Error()}
		}
		p, err := sides.Page()
		return linked(p, err)
	})
}

// compare is the page that judges the newer of two runs against the older one.
func (s *Server) compare(w http.ResponseWriter, r *http.Request) {
	names := r.URL.Query()["run"]
	if len(names) != 2 {
		s.say(w, r, http.StatusBadRequest, fmt.Sprintf("Two runs can be compared; %d are picked.", len(names)))
		return
	}
	s.made(w, r, names, func(runs []*results.Run) (*page.Page, error) {
		oldestFirst(runs)
		base, new := sideOf(runs[0]), sideOf(runs[1])
		c, err := s.Compare(base, new)
		if refusal := (*compare.Refusal)(nil); errors.As(err, &refusal) {
			return nil, mistake{"These two are " + refusal.Error()}
		}
		if err != nil {
			return nil, err
		}
		p, err := report.ComparisonPage(c, base, new)
		return linked(p, err)
	})
}

// sideOf is called what the list calls it: copies of a run have its ID, but not its directory.
func sideOf(run *results.Run) compare.Side {
	return compare.Side{Name: filepath.Base(run.Dir), Runs: []*results.Run{run}}
}

// oldestFirst orders runs; of two that began together, as those of ab, the reference comes first.
func oldestFirst(runs []*results.Run) {
	candidate := func(r *results.Run) int {
		if r.Role == results.RoleReference {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(runs, func(a, b *results.Run) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(candidate(a), candidate(b)), cmp.Compare(a.Dir, b.Dir))
	})
}

// linked leads back to the list.
func linked(p *page.Page, err error) (*page.Page, error) {
	if err == nil {
		p.Links = []page.Link{{Text: "All runs", Address: "/"}}
	}
	return p, err
}

// made answers with a page of runs, which is made unless it is remembered of the same files. Errors say what is wrong with which run.
func (s *Server) made(w http.ResponseWriter, r *http.Request, names []string, do func([]*results.Run) (*page.Page, error)) {
	key := r.URL.Path
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			s.say(w, r, http.StatusBadRequest, "The same run is picked twice; pick two that differ.")
			return
		}
		state, err := s.stateOf(name)
		if err != nil {
			s.say(w, r, http.StatusNotFound, "There is no such run.")
			return
		}
		key += "\n" + name + "\n" + state
	}
	for _, k := range []string{"scenario", "metric"} {
		key += fmt.Sprintf("\n%q", r.URL.Query()[k])
	}
	text, err := s.pages.get(key, func() ([]byte, error) {
		s.making <- struct{}{}
		defer func() { <-s.making }()
		runs, err := s.openRuns(names)
		if err != nil {
			return nil, err
		}
		p, err := do(runs)
		if err != nil {
			return nil, err
		}
		return written(p)
	})
	if err != nil {
		s.explain(w, r, err)
		return
	}
	w.Header().Set("Content-Security-Policy", reportPolicy)
	s.write(w, r, http.StatusOK, "text/html; charset=utf-8", text)
}

// explain answers with an error: one of who asked, or of a run that cannot be read.
func (s *Server) explain(w http.ResponseWriter, r *http.Request, err error) {
	if m := (mistake{}); errors.As(err, &m) {
		s.say(w, r, http.StatusBadRequest, m.text)
		return
	}
	s.fail(w, r, err)
}

// written is a page as HTML, with tables in place of charts in a build without ECharts.
func written(p *page.Page) ([]byte, error) {
	var b bytes.Buffer
	err := page.Write(&b, p)
	if errors.Is(err, page.ErrNoECharts) {
		b.Reset()
		err = page.WriteWithoutLibrary(&b, p)
	}
	return b.Bytes(), err
}

// stateOf tells whether the files of a run are what they were.
func (s *Server) stateOf(name string) (string, error) {
	dir, err := s.openDir(name)
	if err != nil {
		return "", err
	}
	defer dir.Close()
	text := ""
	for _, file := range []string{".", runFile, journalFile} {
		if info, err := dir.Stat(file); err == nil {
			text += fmt.Sprintf("%d %d ", info.ModTime().UnixNano(), info.Size())
		}
	}
	return text, nil
}

func (s *Server) openRuns(names []string) (runs []*results.Run, err error) {
	for _, name := range names {
		run, err := s.openRun(name)
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	return runs, nil
}

// openRun opens a run whose files are in its directory: what a link or a path in its results would lead out to is left out.
func (s *Server) openRun(name string) (*results.Run, error) {
	dir, err := s.openDir(name)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	for _, file := range []string{runFile, journalFile} {
		f, err := openRegular(dir, file)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, file, err)
		}
		f.Close()
	}
	run, err := results.Open(filepath.Join(s.dir, name))
	if err != nil {
		return nil, errors.New(strings.ReplaceAll(err.Error(), filepath.Join(s.dir, name)+string(os.PathSeparator), name+"/"))
	}
	for i := range run.Results {
		if p := run.Results[i].Power; p != "" {
			if _, err := dir.Stat(filepath.FromSlash(p)); err != nil {
				run.Results[i].Power = ""
			}
		}
	}
	return run, nil
}
