package reporttest

import (
	"embed"
	"encoding/json"
)

//go:embed all:asset
var asset embed.FS

// Audit checks the page with axe-core for what keeps people from using it: no finding may be
// serious or critical, under the colours that are shown. It skips the test when axe-core has
// not been fetched.
func (b *Tab) Audit() {
	t := b.t
	t.Helper()
	axe, err := asset.ReadFile("asset/axe.min.js")
	if err != nil {
		t.Skip("no asset/axe.min.js: the page is not audited; run .ci/axe")
	}
	b.Eval(string(axe) + `; ""`)
	var found []struct {
		ID, Impact, Help string
		Nodes            []string
	}
	text := b.Eval(`axe.run(document, { resultTypes: ["violations"] }).then((r) => JSON.stringify(r.violations
		.filter((v) => v.impact === "serious" || v.impact === "critical")
		.map((v) => ({ ID: v.id, Impact: v.impact, Help: v.help, Nodes: v.nodes.slice(0, 5).map((n) => n.html.slice(0, 200) + " " + n.failureSummary) }))))`)
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("%s, %s: %s", f.Impact, f.ID, f.Help)
		for _, node := range f.Nodes {
			t.Logf("  %s", node)
		}
	}
}
