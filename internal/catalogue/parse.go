// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// maxErrors bounds what is told of one document: a file with a mistake in each
// of 100,000 organizations has one mistake.
const maxErrors = 100

// ParseAs reads a catalogue whose errors name the file that it was read from.
// Quotas are judged against the meters of the configuration; nil: they are not.
func ParseAs(name string, data []byte, meters []usage.Meter) (*Catalogue, error) {
	p := &parser{name: name}
	root, err := p.document(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	c := &Catalogue{byID: map[string]int{}, name: name}
	if len(root.Content) > 0 { // an empty file is an empty catalogue
		p.root = root.Content[0]
		if d := p.decode(); len(p.errs) == 0 {
			(&checker{parser: p, meters: meters, zones: zones{}}).check(d, c)
		}
	}
	if len(p.errs) > 0 {
		return nil, errors.Join(p.bounded()...)
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

// bounded returns the errors, all that are told of.
func (p *parser) bounded() []error {
	if more := len(p.errs) - maxErrors; more > 0 {
		return append(p.errs[:maxErrors], fmt.Errorf("%s: and %d more errors", p.name, more))
	}
	return p.errs
}

// document reads the one document of a file, and refuses another: YAML lets
// several stand in a file, of which most readers take the first in silence.
func (p *parser) document(data []byte) (root yaml.Node, err error) {
	documents := yaml.NewDecoder(bytes.NewReader(data))
	if err := documents.Decode(&root); err != nil && !errors.Is(err, io.EOF) { // EOF: there is none
		return root, err
	}
	var second yaml.Node
	switch err := documents.Decode(&second); {
	case err == nil:
		p.add(second.Line, "a second YAML document begins; a catalogue is one: remove the line --- and put all organizations under one key organizations")
	case !errors.Is(err, io.EOF):
		return root, err
	}
	return root, nil
}

// decode reads the document and refuses what does not fit its types and keys.
func (p *parser) decode() *document {
	d := &document{}
	if err := p.root.Decode(d); err != nil {
		var types *yaml.TypeError
		if !errors.As(err, &types) {
			p.add(0, "%w", err)
			return d // also what protects from documents that alias themselves into billions
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
	shapes{parser: p, known: map[reflect.Type]shape{}}.keys(p.root, reflect.TypeFor[document](), nil)
	return d
}

// shapes refuses keys that a struct type has no field for.
type shapes struct {
	*parser
	known map[reflect.Type]shape
}

// shape is what keys a struct has.
type shape struct {
	fields map[string]reflect.Type
	names  []string // in order
}

func (s shapes) keys(node *yaml.Node, t reflect.Type, at place) {
	node = resolved(node)
	switch {
	case node.Kind == yaml.SequenceNode && t.Kind() == reflect.Slice:
		for i, item := range node.Content {
			s.keys(item, t.Elem(), append(at, i))
		}
	case node.Kind == yaml.MappingNode && t.Kind() == reflect.Map:
		for i := 0; i+1 < len(node.Content); i += 2 {
			s.keys(node.Content[i+1], t.Elem(), append(at, node.Content[i].Value))
		}
	case node.Kind == yaml.MappingNode && t.Kind() == reflect.Struct:
		shape := s.of(t)
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			field, known := shape.fields[key.Value]
			switch {
			case key.Tag == "!!merge" && resolved(value).Kind == yaml.SequenceNode:
				s.keys(value, reflect.SliceOf(t), at)
			case key.Tag == "!!merge":
				s.keys(value, t, at)
			case known:
				s.keys(value, field, append(at, key.Value))
			default:
				s.add(key.Line, "%s: unknown key; use one of %s", append(at, key.Value), strings.Join(shape.names, ", "))
			}
		}
	}
}

func (s shapes) of(t reflect.Type) shape {
	found, known := s.known[t]
	if !known {
		found = shape{fields: map[string]reflect.Type{}}
		for f := range t.Fields() {
			key := f.Tag.Get("yaml")
			found.fields[key] = f.Type
			found.names = append(found.names, key)
		}
		s.known[t] = found
	}
	return found
}
