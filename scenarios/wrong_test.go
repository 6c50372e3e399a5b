package scenarios

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rigEnv is the environment of the rig files in testdata.
var rigEnv = map[string]string{
	"ST67_SSID":     "lab",
	"ST67_PASSWORD": "correct horse",
	"ST67_SHORT":    "seven77",
	"ST67_TAB":      "tab\tstop",
}

func lookupRigEnv(name string) (string, bool) {
	v, ok := rigEnv[name]
	return v, ok
}

// parseFile reads a scenario, or a rig when the file's name begins with rig-.
func parseFile(name string, text []byte) error {
	var err error
	if strings.HasPrefix(name, "rig-") {
		_, err = ParseRig(name, text, lookupRigEnv)
	} else {
		_, err = Parse(name, text)
	}
	return err
}

var wantLine = regexp.MustCompile(`(?m)^# want (.*)$`)

// Every file of testdata/wrong ends in comments with the mistakes in it, as
// "# want line:col: text", each and in this order. A text that ends in … goes on.
func TestWrongFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/wrong/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, m := range wantLine.FindAllSubmatch(text, -1) {
				want = append(want, name+":"+string(m[1]))
			}
			err = parseFile(name, text)
			if err == nil {
				t.Fatal("no mistake is found")
			}
			got := strings.Split(err.Error(), "\n")
			if !slices.EqualFunc(got, want, sameMistake) {
				t.Errorf("mistakes:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

func sameMistake(got, want string) bool {
	head, more := strings.CutSuffix(want, "…")
	return got == want || more && strings.HasPrefix(got, head)
}
