// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"

	"gopkg.in/yaml.v3"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// UnmarshalYAML sets the defaults of an organization before it is decoded.
func (o *Organization) UnmarshalYAML(node *yaml.Node) error {
	*o = Organization{Timezone: "UTC", AnchorDay: 1}
	type plain Organization
	return node.Decode((*plain)(o))
}

// ParseAs reads a catalogue whose errors name the file that it was read from.
func ParseAs(name string, data []byte) (*Catalogue, error) {
	p := &parser{name: name}
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	c := &Catalogue{byID: map[string]int{}}
	if len(root.Content) > 0 { // an empty file is an empty catalogue
		p.decode(root.Content[0], c)
	}
	if len(p.errs) == 0 {
		p.check(c)
	}
	if len(p.errs) > 0 {
		return nil, errors.Join(p.errs...)
	}
	return c, nil
}

// parser collects the errors of one document.
type parser struct {
	name string
	root *yaml.Node
	errs []error
}

// add notes an error at a line; line 0 is not known.
func (p *parser) add(line int, format string, args ...any) {
	at := p.name
	if line > 0 {
		at = fmt.Sprintf("%s:%d", p.name, line)
	}
	p.errs = append(p.errs, fmt.Errorf("%s: "+format, append([]any{at}, args...)...))
}

// decode fills c and refuses what does not fit its types and keys.
func (p *parser) decode(root *yaml.Node, c *Catalogue) {
	p.root = root
	if err := root.Decode(c); err != nil {
		var types *yaml.TypeError
		if !errors.As(err, &types) {
			p.add(0, "%w", err)
			return // also what protects from documents that alias themselves into billions
		}
		for _, text := range types.Errors {
			// The text begins with "line N: "; say it as all other errors do.
			var line int
			if n, _ := fmt.Sscanf(text, "line %d: ", &line); n == 1 {
				_, text, _ = strings.Cut(text, ": ")
			}
			p.add(line, "%s", text)
		}
	}
	p.keys(root, reflect.TypeFor[Catalogue](), "")
}

// keys refuses keys that a struct type has no field for.
func (p *parser) keys(node *yaml.Node, t reflect.Type, path string) {
	node = resolved(node)
	switch {
	case node.Kind == yaml.SequenceNode && t.Kind() == reflect.Slice:
		for i, item := range node.Content {
			p.keys(item, t.Elem(), fmt.Sprintf("%s[%d]", path, i))
		}
	case node.Kind == yaml.MappingNode && t.Kind() == reflect.Map:
		for i := 0; i+1 < len(node.Content); i += 2 {
			p.keys(node.Content[i+1], t.Elem(), join(path, node.Content[i].Value))
		}
	case node.Kind == yaml.MappingNode && t.Kind() == reflect.Struct:
		fields, names := fieldsOf(t)
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			field, known := fields[key.Value]
			switch {
			case key.Tag == "!!merge" && resolved(value).Kind == yaml.SequenceNode:
				p.keys(value, reflect.SliceOf(t), path)
			case key.Tag == "!!merge":
				p.keys(value, t, path)
			case known:
				p.keys(value, field, join(path, key.Value))
			default:
				p.add(key.Line, "%s: unknown key; use one of %s", join(path, key.Value), strings.Join(names, ", "))
			}
		}
	}
}

// fieldsOf returns the types of a struct's keys, and the keys in order.
func fieldsOf(t reflect.Type) (map[string]reflect.Type, []string) {
	fields := map[string]reflect.Type{}
	var names []string
	for f := range t.Fields() {
		if key := f.Tag.Get("yaml"); key != "" && key != "-" {
			fields[key] = f.Type
			names = append(names, key)
		}
	}
	return fields, names
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// check judges what was decoded, loads the zones and builds the index.
func (p *parser) check(c *Catalogue) {
	zones := map[string]*time.Location{}
	for i := range c.Organizations {
		o := &c.Organizations[i]
		at := func(key string) (line int, path string) {
			return p.line(i, key), fmt.Sprintf("organizations[%d].%s", i, key)
		}
		p.checkID(o.ID, i, c)
		zone, err := location(o.Timezone, zones)
		if err != nil {
			line, path := at("timezone")
			p.add(line, "%s %q: unknown time zone; use an IANA name such as Europe/Berlin", path, o.Timezone)
		}
		o.Location = zone
		if o.AnchorDay < 1 || o.AnchorDay > 31 {
			line, path := at("anchor_day")
			p.add(line, "%s %d: no day of a month; use 1 to 31", path, o.AnchorDay)
		}
	}
}

// checkID judges the id of the i-th organization and indexes it.
func (p *parser) checkID(id string, i int, c *Catalogue) {
	line, path := p.line(i, "id"), fmt.Sprintf("organizations[%d].id", i)
	first, taken := c.byID[id]
	switch {
	case id == "":
		p.add(line, "%s: missing; use the value that telemetry names the organization by", path)
	case id == usage.NoOrganization:
		p.add(line, "%s %q: reserved for items that name no organization; use another", path, id)
	case strings.ContainsFunc(id, unicode.IsControl):
		p.add(line, "%s %q: contains a control character; remove it", path, id)
	case taken:
		p.add(line, "%s %q: organizations[%d] in line %d has this id; every organization needs its own", path, id, first, p.line(first, "id"))
	default:
		c.byID[id] = i
	}
}

// location loads an IANA zone once. "Local" is refused: it would change with
// the machine.
func location(name string, loaded map[string]*time.Location) (*time.Location, error) {
	if zone, done := loaded[name]; done {
		return zone, nil
	}
	if name == "Local" || name == "" {
		return nil, errors.New("not an IANA name")
	}
	zone, err := time.LoadLocation(name)
	if err == nil {
		loaded[name] = zone
	}
	return zone, err
}

// line finds the line of a key of the i-th organization, or where that begins.
func (p *parser) line(i int, key string) int {
	list := child(p.root, "organizations")
	if list == nil || i >= len(list.Content) {
		return 0
	}
	if value := child(list.Content[i], key); value != nil {
		return value.Line
	}
	return list.Content[i].Line
}

// child returns the value of a mapping's key, or nil.
func child(node *yaml.Node, key string) *yaml.Node {
	node = resolved(node)
	if node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return resolved(node.Content[i+1])
		}
	}
	return nil
}

// resolved is the node that an alias stands for.
func resolved(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}
