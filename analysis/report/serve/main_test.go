package serve

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"st67bench/analysis"
	"st67bench/analysis/compare"
	"st67bench/analysis/history"
	"st67bench/analysis/report/reporttest"
	"st67bench/results"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// folder has two runs of cipsend-size, one of them on the emulated module, and returns their names.
func folder(t testing.TB) (dir string, names [2]string) {
	t.Helper()
	dir = t.TempDir()
	for i, run := range []*results.Run{reporttest.Run(t), reporttest.SPI(t)} {
		names[i] = filepath.Base(run.Dir)
		if err := os.Rename(run.Dir, filepath.Join(dir, names[i])); err != nil {
			t.Fatal(err)
		}
	}
	return dir, names
}

func server(t testing.TB, dir string, change func(*Options)) *Server {
	t.Helper()
	o := Options{
		Hosts:     []string{"127.0.0.1", "localhost", "::1"},
		Summarize: analysis.Summarize,
		Compare: func(base, new compare.Side) (*compare.Comparison, error) {
			return compare.Compare(base, new, compare.Options{})
		},
		Acknowledged: func() (*history.Acknowledged, error) { return nil, nil },
	}
	if change != nil {
		change(&o)
	}
	s, err := New(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// ask asks for a path, as a browser would with the address in its bar; headers are "Name: value".
func ask(s *Server, method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.Host = "127.0.0.1:6767"
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// running makes a run that is being measured, of whatever is written to it.
func running(t testing.TB, dir string) *results.Writer {
	t.Helper()
	w, err := results.Create(dir, results.Run{
		Start: time.Now(), Tool: "st67bench test", Emulated: true,
		Identity:   map[string]string{"module": "ST67W611M1", "firmware": "2.0.106", "link": "uart"},
		Conditions: map[string]string{}, Scenario: results.Document{Name: "cipsend-quick", Title: "How fast is a short upload?"},
		Cases: []results.CaseInfo{{Key: "length=1460", Factors: map[string]string{"length": "1460"}}}, Factors: []string{"length"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}
