package serve

import "net/http"

func (s *Server) live(w http.ResponseWriter, r *http.Request)   {}
func (s *Server) events(w http.ResponseWriter, r *http.Request) {}
