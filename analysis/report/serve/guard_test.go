package serve

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whoever has no business here is refused, and what is allowed beside it is not.
func TestRefusals(t *testing.T) {
	dir, names := folder(t)
	s := server(t, dir, nil)
	for _, tt := range []struct {
		why, method, target string
		headers             []string
		want                int
	}{
		{"an address typed in", "GET", "/", nil, 200},
		{"its head", "HEAD", "/", nil, 200},
		{"another name of the loopback", "GET", "/", []string{"Host: localhost:9999"}, 200},
		{"the loopback of IPv6", "GET", "/", []string{"Host: [::1]:6767"}, 200},
		{"a foreign name that leads here", "GET", "/", []string{"Host: evil.example"}, 421},
		{"one that looks like ours", "GET", "/", []string{"Host: 127.0.0.1.evil.example:6767"}, 421},
		{"no name", "GET", "/", []string{"Host: "}, 421},
		{"a write", "POST", "/", nil, 405},
		{"a deletion", "DELETE", "/runs/" + names[0], nil, 405},
		{"a question of another site", "OPTIONS", "/", []string{"Origin: http://evil.example"}, 405},
		{"another origin", "GET", "/runs.json", []string{"Origin: http://evil.example"}, 403},
		{"another port of this host", "GET", "/runs.json", []string{"Origin: http://127.0.0.1:80"}, 403},
		{"an origin that does not say itself", "GET", "/runs.json", []string{"Origin: null"}, 403},
		{"our own origin", "GET", "/runs.json", []string{"Origin: http://127.0.0.1:6767"}, 200},
		{"a script of another site", "GET", "/runs.json", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"}, 403},
		{"an image of another port", "GET", "/", []string{"Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, 403},
		{"a frame in another site", "GET", "/", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}, 403},
		{"a link on another site", "GET", "/", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, 200},
		{"our own script", "GET", "/", []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"}, 200},
		{"a long address", "GET", "/?scenario=" + strings.Repeat("x", longestURL), nil, 414},
		{"the folder above", "GET", "/runs/..", nil, 404},
		{"the folder above, escaped", "GET", "/runs/%2e%2e", nil, 404},
		{"half escaped", "GET", "/runs/.%2E/files/run.json", nil, 404},
		{"a file above", "GET", "/runs/" + names[0] + "/files/..%2f..%2fetc%2fpasswd", nil, 404},
		{"twice escaped", "GET", "/runs/%252e%252e", nil, 404},
		{"a slash in a name", "GET", "/runs/a%2Fb", nil, 404},
		{"a backslash", "GET", `/runs/..%5c..%5cx`, nil, 404},
		{"a zero byte", "GET", "/runs/%00", nil, 404},
		{"a line break", "GET", "/runs/a%0d%0ab", nil, 404},
		{"an absolute path", "GET", "/runs//etc/passwd", nil, 404},
		{"a drive", "GET", "/runs/C:", nil, 404},
		{"a hidden name", "GET", "/runs/.git", nil, 404},
		{"bytes that are no text", "GET", "/runs/%ff%fe", nil, 404},
		{"a run that is not there", "GET", "/runs/nothing", nil, 404},
		{"a file that is not given", "GET", "/runs/" + names[0] + "/files/report.html", nil, 404},
		{"a folder", "GET", "/runs/" + names[0] + "/files/samples", nil, 404},
		{"a page that is not there", "GET", "/nothing", nil, 404},
		{"a script that is not there", "GET", "/static/serve.go", nil, 404},
		{"one run to compare", "GET", "/compare?run=" + names[0], nil, 400},
		{"a comparison with itself", "GET", "/compare?run=" + names[0] + "&run=" + names[0], nil, 400},
		{"a comparison with what is above", "GET", "/compare?run=" + names[0] + "&run=../x", nil, 404},
		{"too many beside each other", "GET", "/side-by-side?" + strings.Repeat("run=x&", 7), nil, 400},
		{"history of what is not there", "GET", "/history?scenario=nothing", nil, 404},
		{"history of no metric", "GET", "/history?scenario=cipsend-size&metric=nothing", nil, 400},
	} {
		w := ask(s, tt.method, tt.target, tt.headers...)
		if w.Code != tt.want {
			t.Errorf("%s: %s %s %v: %d, want %d", tt.why, tt.method, tt.target, tt.headers, w.Code, tt.want)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Access-Control-Allow-Origin": ""} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", tt.why, name, got, want)
			}
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; ") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", tt.why, csp)
		}
		if tt.method == "HEAD" && w.Body.Len() > 0 {
			t.Errorf("%s: a head with a body", tt.why)
		}
	}
	body := httptest.NewRequest("GET", "/", strings.NewReader("x"))
	body.Host = "localhost"
	w := httptest.NewRecorder()
	if s.ServeHTTP(w, body); w.Code != 413 {
		t.Errorf("a body: %d", w.Code)
	}
}

// Links in the file system that lead out of the folder are not followed, whatever is linked.
func TestLinksLeadNowhere(t *testing.T) {
	dir, names := folder(t)
	outside := t.TempDir()
	secret := filepath.Join(outside, "run.json")
	for _, err := range []error{
		os.WriteFile(secret, []byte(`{"schema":1,"scenario":{"name":"secret"}}`), 0o600),
		os.WriteFile(filepath.Join(outside, "results.jsonl"), nil, 0o600),
		os.Symlink(outside, filepath.Join(dir, "linked")),
		os.Mkdir(filepath.Join(dir, "inner"), 0o755),
		os.Symlink(secret, filepath.Join(dir, "inner", "run.json")),
		os.Remove(filepath.Join(dir, names[0], "at.log")),
		os.Symlink(secret, filepath.Join(dir, names[0], "at.log")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s := server(t, dir, nil)
	for _, target := range []string{"/runs/linked", "/runs/linked/files/run.json", "/runs/inner", "/runs/inner/live", "/runs/inner/files/run.json", "/runs/" + names[0] + "/files/at.log"} {
		if w := ask(s, "GET", target); w.Code != 404 || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	if w := ask(s, "GET", "/runs.json"); strings.Contains(w.Body.String(), "secret") {
		t.Errorf("the list has what a link leads to: %s", w.Body)
	}
}

// With a token: none without it, a cookie for who has it, and links work with the cookie alone.
func TestToken(t *testing.T) {
	dir, names := folder(t)
	const token = "0123456789abcdefghij"
	s := server(t, dir, func(o *Options) { o.Token = token })
	for _, tt := range []struct{ target, cookie string }{
		{"/", ""}, {"/runs.json", ""}, {"/runs/" + names[0], ""}, {"/static/list.js", ""}, {"/?token=", ""}, {"/?token=0123456789abcdefghiX", ""},
		{"/?token=0123456789abcdefghijk", ""}, {"/", "wrong"}, {"/", token[:19]},
	} {
		w := ask(s, "GET", tt.target, "Cookie: "+s.cookie()+"="+tt.cookie)
		if w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "cipsend") || len(w.Result().Cookies()) > 0 {
			t.Errorf("%s with cookie %q: %d", tt.target, tt.cookie, w.Code)
		}
	}
	w := ask(s, "GET", "/?token="+token+"&scenario=cipsend-size", "Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document")
	cookies := w.Result().Cookies()
	if w.Code != 200 || len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode {
		t.Fatalf("%d, cookies %v", w.Code, cookies)
	}
	if got := w.Header().Get("Refresh"); got != "0; url=/?scenario=cipsend-size" || strings.Contains(w.Body.String(), token) {
		t.Errorf("it goes on to %q with %s", got, w.Body)
	}
	cookie := "Cookie: " + cookies[0].Name + "=" + cookies[0].Value
	for _, target := range []string{"/", "/runs.json", "/runs/" + names[0], "/static/list.js"} {
		if w := ask(s, "GET", target, cookie); w.Code != 200 {
			t.Errorf("%s with the cookie: %d", target, w.Code)
		}
	}
	if w := ask(s, "GET", "/", cookie, "Host: evil.example"); w.Code != 421 {
		t.Errorf("the cookie does not make a foreign name ours: %d", w.Code)
	}
}
