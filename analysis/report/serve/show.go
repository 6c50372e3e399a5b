package serve

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"

	"st67bench/analysis/report/page"
)

//go:embed *.html
var templates embed.FS

//go:embed serve.css
var serveCSS string

//go:embed list.js
var listJS string

//go:embed live.js
var liveJS string

var pageTemplates = template.Must(template.ParseFS(templates, "*.html"))

// message is a page that says one thing.
type message struct{ Title, Text, Link, Name string }

// show answers with one of the templates.
func (s *Server) show(w http.ResponseWriter, r *http.Request, code int, name string, data any) {
	var b bytes.Buffer
	if err := pageTemplates.ExecuteTemplate(&b, name, data); err != nil {
		http.Error(w, "page: "+err.Error(), http.StatusInternalServerError)
		return
	}
	s.write(w, r, code, "text/html; charset=utf-8", b.Bytes())
}

func (s *Server) write(w http.ResponseWriter, r *http.Request, code int, kind string, text []byte) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(code)
	if r.Method != http.MethodHead {
		_, _ = w.Write(text) // who has gone needs no answer
	}
}

// say answers with a sentence.
func (s *Server) say(w http.ResponseWriter, r *http.Request, code int, text string) {
	s.show(w, r, code, "message.html", message{Title: http.StatusText(code), Text: text, Link: "/", Name: "All runs"})
}

// fail answers that something that should be there cannot be read.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.say(w, r, http.StatusInternalServerError, err.Error())
}

// static is what the pages of this package load.
func (s *Server) static(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	const script = "text/javascript; charset=utf-8"
	switch r.PathValue("at") {
	case "serve.css":
		s.write(w, r, http.StatusOK, "text/css; charset=utf-8", []byte(page.Style()+serveCSS))
	case "list.js":
		s.write(w, r, http.StatusOK, script, []byte(listJS))
	case "live.js":
		s.write(w, r, http.StatusOK, script, []byte(page.OptionsJS+liveJS))
	case "echarts.js":
		text, err := page.ECharts()
		if err != nil {
			s.say(w, r, http.StatusNotFound, err.Error())
			return
		}
		w.Header().Set("Cache-Control", "max-age=3600")
		s.write(w, r, http.StatusOK, script, text)
	default:
		s.say(w, r, http.StatusNotFound, "There is no such file.")
	}
}
