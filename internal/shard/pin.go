// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package shard

import (
	"bytes"
	"fmt"
	"strconv"

	"gopkg.in/yaml.v3"
)

// Pin returns the text of a map with an organization pinned to a shard, and the next
// version; comments stay. Where the map gives it to the shard already, the text is as it
// was. Errors name the file.
func Pin(name string, data []byte, organization, shard string) ([]byte, error) {
	m, err := Parse(name, data)
	if err != nil {
		return nil, err
	}
	if m.Find(shard) < 0 {
		return nil, fmt.Errorf("%s: shards: none is named %q: add it, or name the file that the shards read", name, shard)
	}
	if m.Owns(shard, organization) {
		return data, nil
	}
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	top := document.Content[0]
	valueOf(top, "version").Value = strconv.Itoa(m.Version + 1)
	pins := valueOf(top, "pins")
	if pins.Kind != yaml.MappingNode { // it was missing, or null
		*pins = yaml.Node{Kind: yaml.MappingNode}
	}
	*valueOf(pins, organization) = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: shard}
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(&document); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if m, err = Parse(name, text.Bytes()); err == nil && !m.Owns(shard, organization) {
		err = fmt.Errorf("%s: pins: %q cannot be written there: pin it by hand", name, organization)
	}
	return text.Bytes(), err
}

// valueOf returns the value of a key of a mapping, which is there afterwards.
func valueOf(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	value := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}
	mapping.Content = append(mapping.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, value)
	return value
}
