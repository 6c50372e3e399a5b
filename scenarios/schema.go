package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/invopop/jsonschema"

	"st67bench/results"
)

// Schema returns the JSON Schema (draft 2020-12) of a file for editors; kind is
// "scenario", "campaign" or "rig". It refuses what can be seen key by key; the parsers see
// more: keys that contradict each other, names that nothing defines.
func Schema(kind string) ([]byte, error) {
	files := map[string]any{"scenario": scenarioFile{}, "campaign": campaignFile{}, "rig": rigFile{}}
	file, ok := files[kind]
	if !ok {
		return nil, fmt.Errorf("%s", unknown("kind of file", kind, []string{"scenario", "campaign", "rig"}))
	}
	r := jsonschema.Reflector{Anonymous: true, ExpandedStruct: true, DoNotReference: true}
	s := r.Reflect(file)
	s.ID = jsonschema.ID("urn:st67bench:" + kind)
	s.Title = "st67bench " + kind + " file"
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("schema of the %s file: %w", kind, err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, text, "", "  "); err != nil {
		return nil, fmt.Errorf("schema of the %s file: %w", kind, err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// put gives a property its form and keeps its description.
func put(s *jsonschema.Schema, name string, form *jsonschema.Schema) {
	old, _ := s.Properties.Get(name)
	form.Description = old.Description
	s.Properties.Set(name, form)
}

func pattern(form string) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: form}
}

// orEnv is a text of a rig file: what it must look like once ${NAME} is
// expanded, which the schema cannot know.
func orEnv(form *regexp.Regexp) *jsonschema.Schema {
	return pattern("(" + form.String() + ")|" + reference.String())
}

func oneOf(words []string) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	for _, w := range words {
		s.Enum = append(s.Enum, w)
	}
	return s
}

func listOf(element *jsonschema.Schema) *jsonschema.Schema {
	one := uint64(1)
	return &jsonschema.Schema{Type: "array", Items: element, MinItems: &one, UniqueItems: true}
}

// object has these properties only, each of which may be left out.
func object(required ...string) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(),
		AdditionalProperties: jsonschema.FalseSchema, Required: required}
}

// schema is the form of a quantity: a text with a unit, or a plain number inside
// the range where the unit is plain. Units are those of results.ParseQuantity.
func (s span) schema() *jsonschema.Schema {
	const number = `^ *[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)? *`
	plain := &jsonschema.Schema{Type: "number"}
	if !math.IsInf(s.min, 0) {
		plain.Minimum = json.Number(strconv.FormatFloat(s.min, 'f', -1, 64))
		plain.Maximum = json.Number(strconv.FormatFloat(s.max, 'f', -1, 64))
	}
	ending := ""
	switch s.unit {
	case "1":
		plain.Type = "integer"
		return plain
	case "":
		ending = "%?"
	case "s":
		return pattern(`^ *([0-9]*\.?[0-9]+ *(ns|us|µs|ms|s|m|h))+ *$`)
	case "B":
		plain.Type = "integer"
		ending = "(k|M|G|Ki|Mi|Gi)?B?"
	case "bit/s":
		ending = "([kMG]?bit/s)?"
	default:
		return pattern(number + "[pnuµmkM]?" + s.unit + " *$")
	}
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{plain, pattern(number + ending + " *$")}}
}

func (f field) schema() *jsonschema.Schema {
	switch {
	case f.form != nil:
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{choiceSchema(f.choices), pattern(f.form.String())}}
	case f.choices != nil:
		return choiceSchema(append(slices.Clone(f.choices), slices.Sorted(maps.Keys(f.same))...))
	}
	return f.span.schema()
}

// choiceSchema is one of the words; those that are numbers may stand without quotes.
func choiceSchema(words []string) *jsonschema.Schema {
	numbers := &jsonschema.Schema{Type: "integer"}
	for _, w := range words {
		if n, err := strconv.Atoi(w); err == nil {
			numbers.Enum = append(numbers.Enum, n)
		}
	}
	if numbers.Enum == nil {
		return oneOf(words)
	}
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{oneOf(words), numbers}}
}

// JSONSchema is the workload as the table of fields has it.
func (workloadShape) JSONSchema() *jsonschema.Schema {
	s := object("kind")
	s.Properties.Set("kind", oneOf(kindNames()))
	for _, f := range fields {
		form := f.schema()
		form.Description = f.about
		s.Properties.Set(f.name, form)
		if f.older != "" {
			s.Properties.Set(f.older, olderSchema(f))
		}
	}
	return s
}

// olderSchema is a field under its older name.
func olderSchema(f field) *jsonschema.Schema {
	s := f.schema()
	s.Description = "older name of " + f.name
	return s
}

// JSONSchema is a list of levels for each field, and for any other name the
// words that setup lines take.
func (sweepShape) JSONSchema() *jsonschema.Schema {
	one := uint64(1)
	s := object()
	s.MinProperties = &one
	var own []string
	for _, f := range fields {
		form := listOf(f.schema())
		form.Description = "levels of: " + f.about
		s.Properties.Set(f.name, form)
		own = append(own, f.name)
	}
	link := map[string]*jsonschema.Schema{"link.flow": oneOf(flows), "link.speed": speedSpan.schema(), "link.frame": frameSpan.schema()}
	for _, name := range linkNames() {
		s.Properties.Set(name, listOf(link[name]))
		own = append(own, name)
	}
	words := listOf(&jsonschema.Schema{AnyOf: []*jsonschema.Schema{pattern(levelPattern.String()), {Type: "number"}, {Type: "boolean"}}})
	s.PropertyNames = &jsonschema.Schema{AnyOf: []*jsonschema.Schema{oneOf(own), pattern(factorPattern.String())}}
	s.AdditionalProperties = words
	return s
}

// JSONSchema is an AT line that is not destructive.
func (atShape) JSONSchema() *jsonschema.Schema {
	s := pattern(`^[Aa][Tt]`)
	s.Not = pattern(`^[Aa][Tt]\+(` + anyCase(strings.Join(destructive, "|")) + `) *([=?]|$)`)
	return s
}

// anyCase writes each letter of a pattern in both cases.
func anyCase(form string) string {
	var b strings.Builder
	for _, c := range form {
		if c >= 'A' && c <= 'Z' {
			b.WriteString("[" + string(c) + strings.ToLower(string(c)) + "]")
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// JSONSchemaExtend fills in what the parser's tables define.
func (scenarioFile) JSONSchemaExtend(s *jsonschema.Schema) {
	put(s, "name", pattern(namePattern.String()))
	put(s, "needs", needSchema())
	value := &jsonschema.Schema{Type: "string"}
	number := &jsonschema.Schema{Type: "number"}
	one := &jsonschema.Schema{AnyOf: []*jsonschema.Schema{value, number}}
	emulated := object()
	real := oneOf([]string{"skip", "run"})
	real.Description = "what a real module does with the cases; skip by default"
	emulated.Properties.Set("real", real)
	emulated.AdditionalProperties = &jsonschema.Schema{AnyOf: []*jsonschema.Schema{value, number, listOf(one)}}
	put(s, "emulated", emulated)
	put(s, "warmup", warmupSpan.schema())
	limits := object()
	s.Definitions = jsonschema.Definitions{}
	for _, m := range results.Metrics() {
		def := "limit_" + unitName(m.Unit)
		s.Definitions[def] = limitSchema(m.Unit)
		limits.Properties.Set(m.Name, &jsonschema.Schema{Ref: "#/$defs/" + def})
	}
	put(s, "limits", limits)
	var directed []string
	for _, m := range results.Metrics() {
		if m.Better != 0 {
			directed = append(directed, m.Name)
		}
	}
	put(s, "margins", &jsonschema.Schema{Type: "object", AdditionalProperties: marginSpan.schema(), PropertyNames: oneOf(directed)})
}

// JSONSchemaExtend fills in the form of the name.
func (campaignFile) JSONSchemaExtend(s *jsonschema.Schema) {
	put(s, "campaign", pattern(namePattern.String()))
}

// unitName is a unit as a part of a definition's name.
func unitName(unit string) string {
	switch unit {
	case "":
		return "fraction"
	case "1":
		return "count"
	}
	return strings.ReplaceAll(unit, "/", "_per_")
}

func needSchema() *jsonschema.Schema {
	return listOf(&jsonschema.Schema{AnyOf: []*jsonschema.Schema{oneOf(needs), pattern(hookPattern.String())}})
}

// limitSchema is one limit or a list of them for a metric of this unit.
func limitSchema(unit string) *jsonschema.Schema {
	r := jsonschema.Reflector{Anonymous: true, ExpandedStruct: true, DoNotReference: true}
	one := r.Reflect(limitShape{})
	one.Version = ""
	bound := span{unit: unit, min: math.Inf(-1), max: math.Inf(1)}
	put(one, "min", bound.schema())
	put(one, "max", bound.schema())
	one.AnyOf = []*jsonschema.Schema{{Required: []string{"min"}}, {Required: []string{"max"}}}
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{one, listOf(one)}}
}

// JSONSchemaExtend fills in the ranges of the plan.
func (repeatsShape) JSONSchemaExtend(s *jsonschema.Schema) {
	put(s, "boots", &jsonschema.Schema{AnyOf: []*jsonschema.Schema{bootSpan.schema(), pattern(`^ *[0-9]+ *\.\. *[0-9]+ *$`)}})
	put(s, "min", repeatSpan.schema())
	put(s, "max", repeatSpan.schema())
	put(s, "budget", budgetSpan.schema())
	var metrics []string
	for _, m := range results.Metrics() {
		metrics = append(metrics, m.Name)
	}
	put(s, "until", &jsonschema.Schema{Type: "object", AdditionalProperties: untilSpan.schema(), PropertyNames: oneOf(metrics)})
}

// JSONSchemaExtend fills in what the parser's patterns define.
func (rigFile) JSONSchemaExtend(s *jsonschema.Schema) {
	link := regexp.MustCompile(`^((uart|spi|tcp|unix|rfc2217|replay):.+|emulated(\?.*)?)$`)
	put(s, "name", orEnv(namePattern))
	put(s, "module", orEnv(link))
	put(s, "meter", orEnv(regexp.MustCompile(`^((ppk2|v3pwr|lpm01a):[^?]+(\?.*)?|sim:(\?.*)?|scpi:[^?]+:[0-9]{1,5}\?.*|file:.+\{file\}\.(csv|ppk2|f32|sr)\b.*)$`)))
	put(s, "wake", orEnv(regexp.MustCompile(`^(hook:[^?]+|[^/\s]+/[^/\s?]+)(\?pin=(28|16))?$`)))
	put(s, "reset", oneOf(resets))
	put(s, "log", orEnv(regexp.MustCompile(`^(uart|tcp|unix|rfc2217):.+$`)))
	put(s, "neighbour", orEnv(regexp.MustCompile(`^(uart|spi|tcp|unix|rfc2217):.+$`)))
	put(s, "mqtt", pattern(`^local$|^mqtts?://([^:@/\s]*(:`+reference.String()+`)?@)?[^/@\s]+$`))
	put(s, "lse", oneOf(clocks))
	put(s, "needs", needSchema())
}

// JSONSchemaExtend lets a password stand as ${NAME} only.
func (wifiShape) JSONSchemaExtend(s *jsonschema.Schema) {
	put(s, "password", pattern("^"+reference.String()+"$"))
	put(s, "bssid", orEnv(bssidPattern))
}

// JSONSchemaExtend fills in the form of HOST:PORT.
func (peerShape) JSONSchemaExtend(s *jsonschema.Schema) {
	put(s, "via", orEnv(regexp.MustCompile(`^.+:[0-9]+$`)))
	put(s, "iperf3", orEnv(regexp.MustCompile(`^.+:[0-9]+$`)))
}

// JSONSchemaExtend asks for the argument in each command.
func (hooksShape) JSONSchemaExtend(s *jsonschema.Schema) {
	put(s, "flash", pattern(`\{firmware\}`))
	put(s, "power", pattern(`\{state\}`))
	put(s, "set", &jsonschema.Schema{Type: "object", AdditionalProperties: pattern(`\{value\}`),
		PropertyNames: pattern(factorPattern.String())})
}

// JSONSchemaExtend fills in the ranges of an access point's settings.
func (apShape) JSONSchemaExtend(s *jsonschema.Schema) {
	put(s, "dtim", dtimSpan.schema())
	put(s, "beacon", beaconSpan.schema())
}
