package serve

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"st67bench/analysis/history"
	"st67bench/analysis/report"
	"st67bench/analysis/report/page"
	"st67bench/results"
)

// mostHistory is how many runs a history is made of, the newest ones.
const mostHistory = 400

// historyChoice is what history.html shows: the scenarios that there are.
type historyChoice struct{ Scenarios []scenarioLink }

type scenarioLink struct {
	Name, At string
	Runs     int
}

// history follows the metrics of a scenario over its releases.
func (s *Server) history(w http.ResponseWriter, r *http.Request) {
	all, err := s.index.list()
	if err != nil {
		s.fail(w, r, err)
		return
	}
	scenario := r.URL.Query().Get("scenario")
	if scenario == "" {
		s.show(w, r, http.StatusOK, "history.html", historyChoice{scenariosOf(all)})
		return
	}
	names, left := followed(all, scenario)
	if len(names) == 0 {
		s.say(w, r, http.StatusNotFound, "No run of scenario "+scenario+" has ended with results.")
		return
	}
	selection, err := selected(scenario, r.URL.Query()["metric"])
	if err != nil {
		s.explain(w, r, err)
		return
	}
	s.made(w, r, names, func(runs []*results.Run) (*page.Page, error) {
		series, warnings := history.FromRuns(runs, selection)
		if len(series) == 0 {
			return nil, mistake{"There is nothing to follow: " + strings.Join(append(warnings, "no gated metric of a run"), "; ") + "."}
		}
		if left > 0 {
			warnings = append(warnings, fmt.Sprintf("%d older runs left out: a page follows the %d newest; st67bench history follows all", left, mostHistory))
		}
		accepted, err := s.Acknowledged()
		if err != nil {
			return nil, err
		}
		h := history.Analyze(series, history.Options{Acknowledged: accepted})
		h.Warnings = append(warnings, h.Warnings...)
		p, err := report.HistoryPage(h, s.dir)
		if err == nil {
			p.Links = historyLinks(runs, scenario, r.URL.Query()["metric"])
		}
		return p, err
	})
}

// followed are the runs of a scenario that can be, the newest of them, and how many are left out.
func followed(all []Row, scenario string) (names []string, left int) {
	for _, row := range all {
		switch {
		case row.Scenario != scenario || row.Verdict == Damaged || row.Verdict == Empty || row.Verdict == Running:
		case len(names) == mostHistory:
			left++
		default:
			names = append(names, row.Name)
		}
	}
	return names, left
}

// selected is what a history is asked for.
func selected(scenario string, metrics []string) (history.Selection, error) {
	selection := history.Selection{Scenario: scenario}
	for _, name := range metrics {
		m, ok := results.LookupMetric(name)
		if history.Loss(name) {
			m.Margin = history.LossMargin
		}
		if !ok || m.Better == 0 || m.Margin == 0 {
			return selection, mistake{fmt.Sprintf("%q is no metric with a direction and a margin.", name)}
		}
		if !slices.Contains(selection.Metrics, m) {
			selection.Metrics = append(selection.Metrics, m)
		}
	}
	return selection, nil
}

func scenariosOf(all []Row) (links []scenarioLink) {
	at := map[string]int{}
	for _, row := range all {
		if row.Scenario == "" {
			continue
		}
		i, ok := at[row.Scenario]
		if !ok {
			i = len(links)
			at[row.Scenario] = i
			links = append(links, scenarioLink{Name: row.Scenario, At: historyOf(row.Scenario, "")})
		}
		links[i].Runs++
	}
	slices.SortFunc(links, func(a, b scenarioLink) int { return strings.Compare(a.Name, b.Name) })
	return links
}

// historyOf is the address of a history.
func historyOf(scenario, metric string) string {
	q := url.Values{"scenario": {scenario}}
	if metric != "" {
		q.Set("metric", metric)
	}
	return "/history?" + q.Encode()
}

// historyLinks lead to the list, to the other scenarios, and to the metrics of this one that can be followed.
func historyLinks(runs []*results.Run, scenario string, now []string) []page.Link {
	links := []page.Link{
		{Text: "All runs", Address: "/?" + filter{Scenario: scenario}.query().Encode()}, {Text: "Other scenarios", Address: "/history"},
		{Text: "All metrics", Address: historyOf(scenario, ""), Here: len(now) == 0},
	}
	all, _ := history.FromRuns(runs, history.Selection{Scenario: scenario})
	var seen []string
	for _, series := range all {
		name := series.Metric.Name
		if slices.Contains(seen, name) {
			continue
		}
		seen = append(seen, name)
		links = append(links, page.Link{Text: series.Metric.Title, Address: historyOf(scenario, name), Here: slices.Equal(now, []string{name})})
	}
	return links
}
