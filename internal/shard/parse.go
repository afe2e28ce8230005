// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package shard

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// document is the file as it is written.
type document struct {
	Version int `yaml:"version"`
	Shards  []struct {
		Name    string `yaml:"name"`
		Topic   string `yaml:"topic"`
		Virtual spans  `yaml:"virtual"`
	} `yaml:"shards"`
	Pins map[string]string `yaml:"pins"`
}

// spans are ranges of virtual shards as they are written: one, or a list. Nodes
// are read as text, since 80 is a number to YAML and 1e1 another one.
type spans []string

// UnmarshalYAML reads one or a list.
func (s *spans) UnmarshalYAML(node *yaml.Node) error {
	nodes := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		nodes = node.Content
	}
	for _, n := range nodes {
		if n.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: virtual is a range as 00-7f, or a list of them", n.Line)
		}
		*s = append(*s, n.Value)
	}
	return nil
}

var (
	// shardName is one that may be a label, a file's name and a part of an address.
	shardName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	// topicName is what Kafka takes, with room for the signal.
	topicName = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,240}$`)
)

// CheckName says why a shard may not be called so.
func CheckName(name string) error {
	if !shardName.MatchString(name) {
		return fmt.Errorf("%q: use a-z, 0-9 and -, at most 63 of them", name)
	}
	return nil
}

// Parse reads a map whose errors, all of them, name the file that it was read from.
func Parse(name string, data []byte) (*Map, error) {
	var d document
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&d); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s: is empty: list the shards, as {name: a, topic: usage-a, virtual: 00-ff}", name)
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	b := builder{m: &Map{Version: d.Version, pins: map[string]int{}, name: name}}
	b.build(&d)
	if len(b.errs) > 0 {
		return nil, errors.Join(b.errs...)
	}
	b.m.id = b.m.digest()
	return b.m, nil
}

// builder makes a map of a document and gathers what is wrong with it.
type builder struct {
	m    *Map
	errs []error
}

func (b *builder) add(format string, args ...any) {
	b.errs = append(b.errs, fmt.Errorf("%s: "+format, append([]any{b.m.name}, args...)...))
}

func (b *builder) build(d *document) {
	if d.Version < 1 {
		b.add("version: %d: number the map, 1 or more, and raise the number with every change", d.Version)
	}
	if len(d.Shards) == 0 {
		b.add("shards: []: list them, as {name: a, topic: usage-a, virtual: 00-ff}")
		return
	}
	for i := range b.m.owners {
		b.m.owners[i] = -1
	}
	for i, s := range d.Shards {
		at := fmt.Sprintf("shards[%d]", i)
		b.shard(at, Shard{s.Name, s.Topic})
		for _, text := range s.Virtual {
			b.span(at, i, text)
		}
	}
	b.covered()
	for organization, name := range d.Pins {
		i := b.m.Find(name)
		if i < 0 {
			b.add("pins.%q: %q: no shard of this name: name one of shards, or remove the pin", organization, name)
		}
		b.m.pins[organization] = i
	}
}

func (b *builder) shard(at string, s Shard) {
	err := CheckName(s.Name)
	switch {
	case err != nil:
		b.add("%s.name: %w", at, err)
	case b.m.Find(s.Name) >= 0:
		b.add("%s.name: %q: another shard has this name, and both would count the same: rename or remove one", at, s.Name)
	}
	if !topicName.MatchString(s.Topic) {
		b.add("%s.topic: %q: use letters, digits, ., _ and -, at most 240 of them", at, s.Topic)
	}
	for _, other := range b.m.Shards {
		if other.Topic == s.Topic && s.Topic != "" {
			b.add("%s.topic: %q: is that of shard %q, which would refuse what is not its own: give each shard its topic", at, s.Topic, other.Name)
		}
	}
	b.m.Shards = append(b.m.Shards, s)
}

// span gives a range of virtual shards to a shard.
func (b *builder) span(at string, owner int, text string) {
	low, high, isRange := strings.Cut(text, "-")
	if !isRange {
		high = low
	}
	first, err1 := strconv.ParseUint(low, 16, 8)
	last, err2 := strconv.ParseUint(high, 16, 8)
	if err1 != nil || err2 != nil || len(low) != 2 || len(high) != 2 || first > last {
		b.add("%s.virtual: %q: write two hexadecimal digits, or a range of them from low to high, as 00-7f", at, text)
		return
	}
	for v := first; v <= last; v++ {
		if other := b.m.owners[v]; other >= 0 {
			b.add("%s.virtual: %q: %02x is that of shard %q too: each belongs to one", at, text, v, b.m.Shards[other].Name)
			return
		}
		b.m.owners[v] = owner
	}
}

// covered sees that every virtual shard has an owner: an organization without one
// could not be counted.
func (b *builder) covered() {
	var missing []string
	for v := 0; v < Virtual; v++ {
		first := v
		for v < Virtual && b.m.owners[v] < 0 {
			v++
		}
		switch v - first {
		case 0:
		case 1:
			missing = append(missing, fmt.Sprintf("%02x", first))
		default:
			missing = append(missing, fmt.Sprintf("%02x-%02x", first, v-1))
		}
	}
	if len(missing) > 0 {
		b.add("shards: no shard has virtual %s: add them to the virtual of one", strings.Join(missing, ", "))
	}
}
