package serve

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	tokenKey   = "token" // of the query, in the address that is printed
	longestURL = 4096    // bytes
)

// ownPolicy is for the pages of this package, which load script and style from it. ECharts sets styles of what it draws.
const ownPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// reportPolicy is for reports, which bring everything with them; each has a stricter one of its own.
const reportPolicy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// guard refuses what has no business here, and sets what every answer has.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", ownPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		switch {
		case !s.ownHost(r.Host):
			s.say(w, r, http.StatusMisdirectedRequest, "This server is not called "+r.Host+".")
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			s.say(w, r, http.StatusMethodNotAllowed, "This server is read-only: it answers GET and HEAD.")
		case foreign(r):
			s.say(w, r, http.StatusForbidden, "Another site asked for this. Open the address yourself, or follow a link to it.")
		case r.ContentLength != 0:
			s.say(w, r, http.StatusRequestEntityTooLarge, "A request here has no body.")
		case len(r.RequestURI) > longestURL:
			s.say(w, r, http.StatusRequestURITooLong, "This address is too long.")
		case oddPath(r.URL):
			s.say(w, r, http.StatusNotFound, "There is no such page.")
		case !s.admitted(w, r):
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// ownHost says whether a Host header names this server.
func (s *Server) ownHost(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	return slices.ContainsFunc(s.Hosts, func(own string) bool { return strings.EqualFold(own, name) })
}

// foreign says whether a page of another origin makes the browser ask, other than by a link that somebody followed.
func foreign(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		u, err := url.Parse(origin)
		if err != nil || !strings.EqualFold(u.Host, r.Host) || u.Scheme != "http" && u.Scheme != "https" {
			return true
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "cross-site", "same-site":
		return r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Header.Get("Sec-Fetch-Dest") != "document"
	}
	return false
}

// oddPath says whether a path is written in a way that no link of this server is.
func oddPath(u *url.URL) bool {
	escaped := strings.ToLower(u.EscapedPath())
	if strings.Contains(escaped, "%2f") || strings.Contains(escaped, "%2e") || !strings.HasPrefix(u.Path, "/") {
		return true
	}
	parts := strings.Split(u.Path[1:], "/")
	for i, part := range parts {
		if part == "" && i == len(parts)-1 {
			continue
		}
		if !plainName(part) {
			return true
		}
	}
	return false
}

// plainName says whether a name can be one element of a path and nothing else, on every system.
func plainName(name string) bool {
	return name != "" && name[0] != '.' && len(name) <= 255 && utf8.ValidString(name) && !strings.ContainsAny(name, `/\:`) && !strings.ContainsFunc(name, unicode.IsControl)
}

// admitted says whether who asks knows the token, and answers when not. The address that has it gives a cookie, so that
// links and forms need not have it.
func (s *Server) admitted(w http.ResponseWriter, r *http.Request) bool {
	if s.Token == "" {
		return true
	}
	query := r.URL.Query()
	if given := query.Get(tokenKey); given != "" {
		if !same(given, s.Token) {
			s.say(w, r, http.StatusUnauthorized, "This token is not that of the server. Take the address that st67bench serve has printed.")
			return false
		}
		query.Del(tokenKey)
		to := url.URL{Path: r.URL.Path, RawQuery: query.Encode()}
		http.SetCookie(w, &http.Cookie{Name: s.cookie(), Value: s.Token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
		// A page that goes on by itself: a redirect that began on another site would come without the cookie.
		w.Header().Set("Refresh", "0; url="+to.String())
		s.show(w, r, http.StatusOK, "message.html", message{Title: "st67bench", Text: "The token is right.", Link: to.String(), Name: "Go on"})
		return false
	}
	if c, err := r.Cookie(s.cookie()); err == nil && same(c.Value, s.Token) {
		return true
	}
	s.say(w, r, http.StatusUnauthorized, "A token is needed. Open the address that st67bench serve has printed.")
	return false
}

// cookie is a name of its own for each token: cookies do not tell ports apart.
func (s *Server) cookie() string {
	sum := sha256.Sum256([]byte(s.Token))
	return "st67bench-" + hex.EncodeToString(sum[:4])
}

// same compares in a time that tells nothing of where the two differ, nor of their lengths.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
