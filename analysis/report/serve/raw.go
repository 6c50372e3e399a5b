package serve

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"
)

// rawFiles are those of a run that are given as they are.
var rawFiles = []string{runFile, journalFile, eventsFile, logFile, benchFile}

// rawTime bounds the download of a file; at.log may have 64 MiB.
const rawTime = 10 * time.Minute

// filesPage is what files.html shows.
type filesPage struct {
	Name, Run string
	Files     []rawFile
}

type rawFile struct {
	Name, At string
	Size     int64
}

// files lists the files of a run.
func (s *Server) files(w http.ResponseWriter, r *http.Request) {
	dir, ok := s.runDir(w, r)
	if !ok {
		return
	}
	defer dir.Close()
	name := r.PathValue("name")
	p := filesPage{Name: name, Run: "/runs/" + url.PathEscape(name)}
	for _, file := range rawFiles {
		if info, err := dir.Stat(file); err == nil && info.Mode().IsRegular() {
			p.Files = append(p.Files, rawFile{file, p.Run + "/files/" + file, info.Size()})
		}
	}
	s.show(w, r, http.StatusOK, "files.html", p)
}

// file gives one of them, as text to be saved.
func (s *Server) file(w http.ResponseWriter, r *http.Request) {
	dir, ok := s.runDir(w, r)
	if !ok {
		return
	}
	defer dir.Close()
	name := r.PathValue("at")
	if !slices.Contains(rawFiles, name) {
		s.say(w, r, http.StatusNotFound, "There is no such file.")
		return
	}
	f, err := openRegular(dir, name)
	if err != nil {
		s.say(w, r, http.StatusNotFound, "There is no such file.")
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		s.fail(w, r, err)
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(rawTime)) // a server without deadlines needs none
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", "attachment; filename="+name)
	http.ServeContent(w, r, name, info.ModTime(), f)
}

// openRegular opens a file that is one: not a pipe that nobody writes to, nor what a link out of the folder leads to.
func openRegular(dir *os.Root, name string) (*os.File, error) {
	info, err := dir.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fs.ErrNotExist
	}
	return dir.Open(name)
}

// readRegular is the text of a file that is one.
func readRegular(dir *os.Root, name string) ([]byte, error) {
	f, err := openRegular(dir, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// runDir opens the directory of the run that a path names, and answers when there is none.
func (s *Server) runDir(w http.ResponseWriter, r *http.Request) (*os.Root, bool) {
	dir, err := s.openDir(r.PathValue("name"))
	if err != nil {
		s.say(w, r, http.StatusNotFound, "There is no such run.")
		return nil, false
	}
	return dir, true
}

// errNoRun says that a name is not that of a run.
var errNoRun = errors.New("no such run")

// openDir opens the directory of a run by its name.
func (s *Server) openDir(name string) (*os.Root, error) {
	if !plainName(name) {
		return nil, errNoRun
	}
	if info, err := s.root.Lstat(name); err != nil || !info.IsDir() {
		return nil, errNoRun
	}
	dir, err := s.root.OpenRoot(name)
	if err != nil {
		return nil, errNoRun
	}
	if info, err := dir.Stat(runFile); err != nil || !info.Mode().IsRegular() {
		_ = dir.Close()
		return nil, errNoRun
	}
	return dir, nil
}
