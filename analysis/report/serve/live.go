package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"st67bench/analysis/report/page"
)

const (
	lookEvery = 250 * time.Millisecond // for what a run has written since
	heartbeat = 10 * time.Second       // without a word a proxy or a browser would give a stream up
	patience  = 30 * time.Second       // for a viewer that does not read
)

// livePage is what live.html shows before the first event.
type livePage struct {
	shownRow
	Events  string // where they come from
	Library bool   // there is one to draw with
}

// live is the page of a run while it is measured.
func (s *Server) live(w http.ResponseWriter, r *http.Request) {
	dir, ok := s.runDir(w, r)
	if !ok {
		return
	}
	defer dir.Close()
	row, err := present(dir, r.PathValue("name"))
	if err != nil || row.Verdict == Damaged {
		s.say(w, r, http.StatusNotFound, "This run cannot be read: "+row.Problem)
		return
	}
	v := row.shown()
	s.show(w, r, http.StatusOK, "live.html", livePage{v, v.At + "/events", page.HaveECharts()})
}

// events is what a run writes, as it comes, as server-sent events until the run has ended. The id of an event is the place
// behind it, from which a viewer whose connection was cut goes on.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	select {
	case s.viewers <- struct{}{}:
		defer func() { <-s.viewers }()
	default:
		w.Header().Set("Retry-After", "30")
		s.say(w, r, http.StatusServiceUnavailable, fmt.Sprintf("%d live views are open; close one.", mostViewers))
		return
	}
	dir, ok := s.runDir(w, r)
	if !ok {
		return
	}
	defer dir.Close()
	w.Header().Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead {
		return
	}
	out := stream{w, http.NewResponseController(w)}
	if out.send("retry: 2000\n\n") != nil {
		return
	}
	f := follower{dir: dir, at: placeOf(r.Header.Get("Last-Event-ID"))}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for spoke := time.Now(); ; {
		ended, grown := state(dir)
		ended = ended || time.Since(grown) > silence // before the last look, so that nothing that was written before is missed
		text, err := f.next()
		switch {
		case err != nil:
			_ = out.send(eventText("trouble", "", []byte(`"`+url.PathEscape(err.Error())+`"`)))
			return
		case text != "":
			if out.send(text) != nil {
				return
			}
			spoke = time.Now()
			continue
		case ended:
			_ = out.send(endText(dir, r.PathValue("name"))) // who has gone needs no answer
			return
		case time.Since(spoke) > heartbeat:
			if out.send(": still there\n\n") != nil {
				return
			}
			spoke = time.Now()
		}
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
	}
}

// stream writes to a viewer, who has to read now and then.
type stream struct {
	w http.ResponseWriter
	c *http.ResponseController
}

func (o stream) send(text string) error {
	_ = o.c.SetWriteDeadline(time.Now().Add(patience)) // a server without deadlines needs none
	if _, err := o.w.Write([]byte(text)); err != nil {
		return err
	}
	return o.c.Flush()
}

// endText says how a run has ended.
func endText(dir *os.Root, name string) string {
	row, err := present(dir, name)
	if err != nil {
		return ""
	}
	text, err := json.Marshal(struct {
		Verdict Verdict `json:"verdict"`
		Counts  string  `json:"counts"`
	}{row.Verdict, row.shown().Counts})
	if err != nil {
		return ""
	}
	return eventText("end", "", text)
}

// eventText is a server-sent event whose data are in one line.
func eventText(kind, id string, data []byte) string {
	var b bytes.Buffer
	if kind != "" {
		fmt.Fprintf(&b, "event: %s\n", kind)
	}
	if id != "" {
		fmt.Fprintf(&b, "id: %s\n", id)
	}
	fmt.Fprintf(&b, "data: %s\n\n", data)
	return b.String()
}
