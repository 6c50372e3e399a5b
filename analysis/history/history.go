package history

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"st67bench/analysis/compare"
	"st67bench/analysis/stats"
)

// Course is what happened to one series.
type Course struct {
	Name       string    `json:"-"`
	Scenario   string    `json:"scenario,omitempty"`
	Case       string    `json:"case,omitempty"`
	Metric     string    `json:"metric"`
	Title      string    `json:"title"` // of the metric, for people
	Unit       string    `json:"unit,omitempty"`
	Better     string    `json:"better"`             // "higher" or "lower"
	Emulated   bool      `json:"emulated,omitempty"` // the figures are the emulator's, not a module's
	Margin     float64   `json:"margin"`
	N          int       `json:"n"` // releases that were measured
	Changes    []Change  `json:"changes"`
	Newest     *Newest   `json:"newest"`               // null when no release was measured
	Unnamed    []Change  `json:"unnamed,omitempty"`    // changes that coincide with a mark: Release is empty
	Detectable *float64  `json:"detectable,omitempty"` // the least step halfway that would have been seen in four of five histories
	P          *float64  `json:"p,omitempty"`          // of the first cut, made or not; absent below eight releases
	Q          *float64  `json:"q,omitempty"`          // the same among all series, Benjamini and Hochberg's
	Lag1       *float64  `json:"lag1,omitempty"`       // autocorrelation of what the segments leave; absent below twelve releases
	Drift      *Drift    `json:"drift,omitempty"`      // absent when fewer than two sessions have a reference
	Points     []Point   `json:"points"`
	Segments   []Segment `json:"segments"`
	Warnings   []string  `json:"warnings,omitempty"`

	ratio bool // changes are fractions of the level before, and not differences
}

// Segment is a run of releases at one level.
type Segment struct {
	From  string  `json:"from"`
	To    string  `json:"to"`
	N     int     `json:"n"`
	Level float64 `json:"level"` // in the metric's unit, at its middle where the course creeps
	// Interval is that of Level over the releases, 95 %, Student's; absent below two.
	Interval *compare.Range `json:"interval,omitempty"`
	// Ends are the levels at the first and at the last release: they differ where the course creeps.
	Ends [2]float64 `json:"-"`
}

// History is what happened to all series.
type History struct {
	Releases []string // in their order
	Courses  []Course // in the order of the series
	Warnings []string // about all of them
}

// Options of Analyze.
type Options struct {
	// Acknowledged are the changes that somebody has accepted. With it, also when it is empty, a step for the worse that is
	// neither in it nor fixed is not accepted: the newest release is held against the last one before that step.
	Acknowledged *Acknowledged
	// Selected says that the series are some of more: what is acknowledged of none of them may be of another.
	Selected bool
}

// Analyze follows each series. It uses all processors; the answer does not depend on how many there are.
func Analyze(all []Series, o Options) *History {
	h := &History{Courses: make([]Course, len(all))}
	var wait sync.WaitGroup
	next := make(chan int)
	for range min(runtime.GOMAXPROCS(0), len(all)) {
		wait.Go(func() {
			for i := range next {
				h.Courses[i] = all[i].course(o)
			}
		})
	}
	for i := range all {
		next <- i
		for _, r := range all[i].Releases {
			if !slices.Contains(h.Releases, r.Name) {
				h.Releases = append(h.Releases, r.Name)
			}
		}
	}
	close(next)
	wait.Wait()
	h.adjust()
	if len(h.Releases) > 1 && !slices.ContainsFunc(all, Series.referenced) {
		h.Warnings = []string{"no reference firmware was measured beside the releases: what moved the lab looks like a change of the firmware"}
	}
	h.Warnings = append(h.Warnings, o.Acknowledged.idle(h, o.Selected)...)
	return h
}

// adjust corrects for the number of series.
func (h *History) adjust() {
	var first, newest []*float64
	for i := range h.Courses {
		c := &h.Courses[i]
		if c.P != nil {
			first = append(first, c.P)
		}
		if c.Newest != nil && c.Newest.P != nil {
			newest = append(newest, c.Newest.P)
		}
	}
	q, holm := stats.BenjaminiHochberg(known(first)), stats.Holm(known(newest))
	for i := range h.Courses {
		c := &h.Courses[i]
		if c.P != nil {
			c.Q, q = &q[0], q[1:]
			for j := range c.Changes {
				if c.Changes[j].Kind != Creep {
					c.Changes[j].Q = c.Q
				}
			}
		}
		if c.Newest != nil && c.Newest.P != nil {
			c.Newest.PHolm, holm = &holm[0], holm[1:]
		}
	}
}

func known(all []*float64) []float64 {
	v := make([]float64, len(all))
	for i, p := range all {
		v[i] = *p
	}
	return v
}

// Regressed are the names of the courses whose newest release is worse, after Holm's correction over all of them, and not
// acknowledged.
func (h *History) Regressed() []string {
	names := []string{}
	for _, c := range h.Courses {
		if w := c.Newest; w != nil && w.Verdict == compare.Regressed && w.Acknowledged == "" && *w.PHolm <= alpha {
			names = append(names, c.Name)
		}
	}
	return names
}

// judged says that of some series the newest release could be judged.
func (h *History) judged() bool {
	return slices.ContainsFunc(h.Courses, func(c Course) bool { return c.Newest != nil && c.Newest.P != nil })
}

// course follows one series.
func (s *Series) course(o Options) Course {
	c := Course{
		Name: s.Name, Scenario: s.Scenario, Case: s.Case, Metric: s.Metric.Name, Title: s.Metric.Title, ratio: s.Ratio, Unit: s.Metric.Unit, Margin: s.Metric.Margin, Emulated: s.Emulated,
		Better: "higher", Changes: []Change{}, Drift: s.drift(),
	}
	if s.Metric.Better < 0 {
		c.Better = "lower"
	}
	removed := c.Drift != nil && c.Drift.Removed
	all, lost := s.points(removed)
	if lost > 0 {
		c.warn("%d sessions have no reference and are left out: the others drift, and these cannot be brought into line", lost)
	}
	points := measured(all)
	// a reference is exchanged once or twice; when it is another at every few releases, what is said of it is not believed
	others := s.exchanged(points)
	frozen := 4*others <= len(points)
	if removed && !frozen {
		c.warn("the reference changes its firmware at %d of %d releases: it has to be one that never changes", others, len(points))
	}
	s.mark(points, removed && frozen)
	for _, p := range points {
		i := slices.IndexFunc(all, func(a Point) bool { return a.Release == p.Release })
		all[i] = p
	}
	c.Points, c.N = all, len(points)
	if len(points) > 0 {
		s.follow(&c, points, o)
	}
	return c
}

func measured(all []Point) []Point {
	return slices.DeleteFunc(slices.Clone(all), func(p Point) bool { return p.Value == nil })
}

// follow finds the changes and judges the newest release.
func (s *Series) follow(c *Course, points []Point, o Options) {
	h := s.shape(points)
	for _, one := range s.steps(points, h) {
		if one.Mark != "" {
			one.Release = ""
			c.Unnamed = append(c.Unnamed, one)
			continue
		}
		one.Firmware = s.release(one.Release).Firmware
		one.Acknowledged = o.Acknowledged.reason(s, one.Release)
		c.Changes = append(c.Changes, one)
	}
	if h.slope != 0 {
		creep := s.creep(points, h) // the shape has a slope because this is one that counts
		creep.Acknowledged = o.Acknowledged.reason(s, creep.Release)
		c.Changes = append(c.Changes, *creep)
	}
	c.Segments = s.levelsOf(points, h)
	s.trust(c, h)
	s.newest(c, points, h, o)
}

func (s *Series) release(name string) *Release {
	i := slices.IndexFunc(s.Releases, func(r Release) bool { return r.Name == name })
	return &s.Releases[i]
}

// levelsOf are the segments of a shape.
func (s *Series) levelsOf(points []Point, h shape) (all []Segment) {
	from := 0
	for _, part := range segments(h.flat, h.cuts) {
		to := from + len(part)
		level, middle := stats.Mean(part), float64(len(points)-1)/2
		one := Segment{From: points[from].Release, To: points[to-1].Release, N: len(part), Level: *s.unit(level)}
		one.Ends = [2]float64{*s.unit(level + h.slope*(float64(from)-middle)), *s.unit(level + h.slope*(float64(to-1)-middle))}
		if i, ok := stats.MeanInterval(part, stats.Confidence); ok {
			one.Interval = &compare.Range{*s.unit(i.Lo), *s.unit(i.Hi)}
		}
		all = append(all, one)
		from = to
	}
	return all
}

// trust says how far the search for changes can be trusted.
func (s *Series) trust(c *Course, h shape) {
	n := c.N
	if n < fewest {
		c.warn("a search for changes needs %d releases and has %d: only the newest is judged", fewest, n)
		return
	}
	c.P = &h.first
	rest := h.noise()
	scatter := stats.Deviation(rest) * math.Sqrt(float64(n-1)/float64(max(n-len(h.cuts)-1, 1)))
	least := math.Max(stats.DetectableEffect(n/2, certain, 0.8)*scatter, s.margin()+0.842*scatter*math.Sqrt(4/float64(n)))
	d := math.Abs(s.change(math.Copysign(least, float64(-s.Metric.Better))))
	c.Detectable = &d
	if n < 12 || scatter == 0 {
		return
	}
	lag := stats.Lag1(rest)
	if c.Lag1 = &lag; lag > 0.3 {
		advice := "measure a reference firmware in every session"
		if c.Drift != nil {
			advice = "the reference does not take it away"
		}
		c.warn("lab drift suspected (neighbouring releases go together, lag-1 %.2f): changes are unreliable; %s", lag, advice)
	}
}

// margin is that of the metric as a difference of levels for the worse.
func (s *Series) margin() float64 {
	if !s.Ratio {
		return s.Metric.Margin
	}
	return math.Abs(math.Log1p(math.Copysign(s.Metric.Margin, float64(-s.Metric.Better))))
}

// newest judges the last release of the history.
func (s *Series) newest(c *Course, points []Point, h shape, o Options) {
	last := s.Releases[len(s.Releases)-1].Name
	if points[len(points)-1].Release != last {
		c.Newest = &Newest{Release: last, Verdict: compare.Inconclusive, Margin: s.Metric.Margin, Note: "not measured"}
		return
	}
	base := len(points) - 2
	if o.Acknowledged != nil {
		for _, one := range c.Changes {
			if one.Worse && !one.Gone && one.Acknowledged == "" {
				base = min(base, one.at-1)
			}
		}
	}
	w := s.judge(points, h, base)
	w.Acknowledged = o.Acknowledged.reason(s, last)
	c.Newest = &w
}

func (c *Course) warn(format string, args ...any) {
	c.Warnings = append(c.Warnings, fmt.Sprintf(format, args...))
}
