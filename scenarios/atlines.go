package scenarios

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxLine is the longest AT line without its CRLF: the module's line buffer has 256 B.
const maxLine = 254

// destructive are the commands that burn fuses, erase or rewrite flash, or throw the settings away.
var destructive = []string{"EFUSE-W", "EFUSE-CFM", "FLASH-W", "FLASH-E", "OTAFIN", "RESTORE"}

// interrupting are the commands after which the module waits for data, or starts anew, in place of taking the next line.
var interrupting = []string{
	"CIPSEND", "CIPSENDL", "CIPSENDEX", "RST", "OTASEND", "FS", "MQTTPUBRAW", "MQTTCLIENTID", "MQTTUSERNAME", "MQTTPASSWORD",
	"BLEGATTSNTFY", "BLEGATTSIND", "BLEGATTSRD", "BLEGATTCWR",
}

// placeholder is {name} in an AT line; braces round anything else are sent as they are.
var placeholder = regexp.MustCompile(`\{([A-Za-z0-9_.-]+)\}`)

// Destructive returns the name of the command when the AT line burns fuses,
// erases or rewrites flash, or throws the module's settings away.
func Destructive(line string) (command string, yes bool) {
	name := commandName(line)
	return name, slices.Contains(destructive, name)
}

// commandName is what stands between AT+ and the first = or ?, in capitals: the
// module does not tell the cases apart.
func commandName(line string) string {
	name := strings.ToUpper(strings.TrimSpace(line))
	if end := strings.IndexAny(name, "=?"); end >= 0 {
		name = name[:end]
	}
	return strings.TrimSpace(strings.TrimPrefix(name, "AT+"))
}

// fill puts the levels into the placeholders.
func fill(lines []string, levels map[string]string) []string {
	var filled []string
	for _, line := range lines {
		filled = append(filled, placeholder.ReplaceAllStringFunc(line, func(p string) string {
			if level, ok := levels[p[1:len(p)-1]]; ok {
				return level
			}
			return p
		}))
	}
	return filled
}

// lines reads setup or cleanup. Placeholders are checked later, against the sweep.
func (p *parser) lines(e entry) []string {
	var lines []string
	for _, n := range p.items(e.value, e.name) {
		line, ok := p.scalar(n, "an AT line")
		if !ok || !p.atLine(n, line) {
			continue
		}
		lines = append(lines, line)
		p.lineAt = append(p.lineAt, n)
	}
	return lines
}

func (p *parser) atLine(n *yaml.Node, line string) bool {
	command, bad := Destructive(line)
	switch {
	case !strings.HasPrefix(strings.ToUpper(line), "AT"):
		p.fail(n, "%q is not an AT line; it must begin with AT", line)
	case strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f }):
		p.fail(n, "an AT line has a control character; CR and LF are added when it is sent")
	case bad:
		p.fail(n, "AT+%s is destructive and refused in scenarios; st67bench at --destructive sends it by hand", command)
	case slices.Contains(interrupting, command):
		p.fail(n, "AT+%s waits for data or restarts the module, and no line can follow it; a workload does that", command)
	case placeholder.MatchString(command) && !strings.HasPrefix(command, "ATE"):
		p.fail(n, "the command's name has a placeholder; allowed: placeholders after the =, and ATE{factor}")
	default:
		return true
	}
	return false
}

// placeholders holds the lines against the sweep: every {name} must be a
// factor, and no combination of levels may be longer than the module's buffer.
func (p *parser) placeholders() {
	longest := map[string]string{}
	for _, f := range p.s.Sweep {
		longest[f.Name] = slices.MaxFunc(append([]string{""}, f.Levels...), func(a, b string) int { return len(a) - len(b) })
	}
	for _, n := range p.lineAt {
		for _, m := range placeholder.FindAllStringSubmatch(n.Value, -1) {
			if _, ok := p.factors[m[1]]; !ok {
				p.fail(n, "{%s} is no factor of the sweep; swept here: %s", m[1], p.sweptNames())
			}
		}
		if size := len(fill([]string{n.Value}, longest)[0]); size > maxLine {
			p.fail(n, "the AT line grows to %d B; allowed: %d B", size, maxLine)
		}
	}
}
