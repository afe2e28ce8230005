// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// place is the way from the top of the document to a value: keys and indices.
type place []any

// String returns the place as errors name it: organizations[3].plan.type.
func (at place) String() string {
	var b strings.Builder
	for _, step := range at {
		switch step := step.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", step)
		case string:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(step)
		}
	}
	return b.String()
}

// line is where the value at a place begins, or what comes nearest to it.
func (p *parser) line(at place) int {
	node := resolved(p.root)
	for _, step := range at {
		var next *yaml.Node
		switch step := step.(type) {
		case int:
			if step < len(node.Content) {
				next = resolved(node.Content[step])
			}
		case string:
			next = child(node, step)
		}
		if next == nil {
			break
		}
		node = next
	}
	return node.Line
}

// child returns the value of a mapping's key, or nil. Merged mappings are
// looked into as well.
func child(node *yaml.Node, key string) *yaml.Node {
	if node.Kind != yaml.MappingNode {
		return nil
	}
	var merged []*yaml.Node
	for i := 0; i+1 < len(node.Content); i += 2 {
		value := resolved(node.Content[i+1])
		switch {
		case node.Content[i].Value == key:
			return value
		case node.Content[i].Tag == "!!merge" && value.Kind == yaml.SequenceNode:
			merged = append(merged, value.Content...)
		case node.Content[i].Tag == "!!merge":
			merged = append(merged, value)
		}
	}
	for _, other := range merged {
		if found := child(resolved(other), key); found != nil {
			return found
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
