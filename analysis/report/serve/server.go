package serve

import (
	"fmt"
	"net/http"
	"os"
	"runtime"

	"st67bench/analysis"
	"st67bench/analysis/compare"
	"st67bench/analysis/history"
	"st67bench/results"
)

// Options are what a server is given beside its folder.
type Options struct {
	// Hosts are the names and addresses, without port, by which it may be asked. A port is not looked at: one that is
	// forwarded has another.
	Hosts []string
	// Token must be known to whoever asks; empty: everybody may.
	Token string
	// Summarize says what a run means.
	Summarize func(*results.Run) (*analysis.Summary, error)
	// Compare judges the second side against the first.
	Compare func(base, new compare.Side) (*compare.Comparison, error)
	// Acknowledged are the changes of the history that are accepted; nil for none.
	Acknowledged func() (*history.Acknowledged, error)
}

// Server answers requests about the runs of a folder.
type Server struct {
	Options
	dir     string
	root    *os.Root
	index   *index
	pages   *cache
	making  chan struct{} // one for each page that is being made
	viewers chan struct{} // one for each live view
	handler http.Handler
}

// Bounds of what a server does at once, whoever asks.
const (
	mostViewers = 200
	mostPages   = 12 // that are remembered; a page has some 0.6 MB
)

// New opens the folder. Close releases it.
func New(dir string, o Options) (*Server, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("folder of runs: %w", err)
	}
	s := &Server{
		Options: o, dir: dir, root: root, index: newIndex(root), pages: newCache(mostPages),
		making: make(chan struct{}, runtime.GOMAXPROCS(0)), viewers: make(chan struct{}, mostViewers),
	}
	mux := http.NewServeMux()
	for pattern, h := range map[string]http.HandlerFunc{
		"GET /{$}":                    s.list,
		"GET /runs.json":              s.listJSON,
		"GET /runs/{name}":            s.report,
		"GET /runs/{name}/live":       s.live,
		"GET /runs/{name}/events":     s.events,
		"GET /runs/{name}/files/{$}":  s.files,
		"GET /runs/{name}/files/{at}": s.file,
		"GET /side-by-side":           s.sideBySide,
		"GET /compare":                s.compare,
		"GET /history":                s.history,
		"GET /static/{at}":            s.static,
		"GET /": func(w http.ResponseWriter, r *http.Request) {
			s.say(w, r, http.StatusNotFound, "There is no such page.")
		},
	} {
		mux.HandleFunc(pattern, h)
	}
	s.handler = s.guard(mux)
	return s, nil
}

// Close releases the folder.
func (s *Server) Close() error { return s.root.Close() }

// Index reads the rows of the list. It is done again, for what has changed, whenever the list is asked for; the first time
// takes long in a large folder. progress is told how many directories of how many were looked at; it may be nil.
func (s *Server) Index(progress func(done, of int)) error { return s.index.refresh(progress) }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }
