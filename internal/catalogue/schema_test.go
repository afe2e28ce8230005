// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

var schemaFile = filepath.Join("..", "..", "config", "organizations.schema.json")

// node is a part of the schema.
type node map[string]any

func readSchema(t *testing.T) node {
	t.Helper()
	text, err := os.ReadFile(schemaFile)
	require.NoError(t, err)
	var root node
	require.NoError(t, json.Unmarshal(text, &root))
	return root
}

// at is the part under a key, through a reference.
func (n node) at(t *testing.T, root node, key string) node { //nolint:unparam // root is needed where there is a reference
	t.Helper()
	part, is := n[key].(map[string]any)
	require.True(t, is, key)
	if ref, refers := part["$ref"].(string); refers {
		definitions := root.at(t, root, "$defs")
		return definitions.at(t, root, strings.TrimPrefix(ref, "#/$defs/"))
	}
	return part
}

// TestTheSchemaHasTheKeysOfTheFile goes through both together.
func TestTheSchemaHasTheKeysOfTheFile(t *testing.T) {
	root := readSchema(t)
	var same func(part node, typ reflect.Type, at string)
	same = func(part node, typ reflect.Type, at string) {
		switch typ.Kind() {
		case reflect.Pointer:
			same(part, typ.Elem(), at)
		case reflect.Slice:
			if typ.Elem().Kind() == reflect.Struct {
				same(part.at(t, root, "items"), typ.Elem(), at+"[]")
			}
		case reflect.Map:
			if typ.Elem().Kind() == reflect.Struct {
				same(part.at(t, root, "additionalProperties"), typ.Elem(), at+".*")
			}
		case reflect.Struct:
			require.Equal(t, false, part["additionalProperties"], at)
			properties := part.at(t, root, "properties")
			var keys []string
			for f := range typ.Fields() {
				key := f.Tag.Get("yaml")
				keys = append(keys, key)
				same(properties.at(t, root, key), f.Type, at+"."+key)
			}
			require.ElementsMatch(t, keys, slices.Collect(maps.Keys(properties)), at)
		default: // has no keys
		}
	}
	same(root, reflect.TypeFor[document](), "")
}

func TestThePageHasEveryKey(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "catalogue.md"))
	require.NoError(t, err)
	for _, typ := range []reflect.Type{
		reflect.TypeFor[organizationText](), reflect.TypeFor[Notify](), reflect.TypeFor[planText](), reflect.TypeFor[quotaText](), reflect.TypeFor[Principal](),
	} {
		for f := range typ.Fields() {
			require.Contains(t, string(page), "`"+f.Tag.Get("yaml")+"`")
		}
	}
}

// asJSON is a YAML document as editors hand it to a schema: a date is text.
func asJSON(t *testing.T, text string) any {
	t.Helper()
	var root yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(text), &root))
	var plain func(n *yaml.Node)
	plain = func(n *yaml.Node) {
		if n.Tag == "!!timestamp" {
			n.Tag = "!!str"
		}
		for _, c := range n.Content {
			plain(c)
		}
	}
	plain(&root)
	var value any
	require.NoError(t, root.Decode(&value))
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	decoded, err := jsonschema.UnmarshalJSON(strings.NewReader(string(encoded)))
	require.NoError(t, err)
	return decoded
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(schemaFile)
	require.NoError(t, err)
	return s
}

func TestGoodCataloguesFollowTheSchema(t *testing.T) {
	schema := compiled(t)
	texts := []string{everything, "organizations:\n", "organizations: []", "{}"}
	for _, name := range []string{"organizations.yaml", "demo-organizations.yaml"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "config", name))
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(text), "# yaml-language-server: $schema=./organizations.schema.json\n"), "%s: an editor finds the schema by its first line", name)
		texts = append(texts, string(text))
	}
	for _, text := range texts {
		_, err := Parse([]byte(text))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(asJSON(t, text)), text)
	}
}

// Defaults are said to whoever writes the file; they are those of the parser.
func TestTheSchemaHasTheDefaultsOfTheParser(t *testing.T) {
	c, err := Parse([]byte("organizations: [{id: a, quotas: {m: {limit: 1, window: day}}}]"))
	require.NoError(t, err)
	root := readSchema(t)
	defs := root.at(t, root, "$defs")
	organization := defs.at(t, root, "organization").at(t, root, "properties")
	require.Equal(t, c.Organizations[0].Location.String(), organization.at(t, root, "timezone")["default"])
	require.EqualValues(t, c.Organizations[0].AnchorDay, organization.at(t, root, "anchor_day")["default"])
	var thresholds []int64
	for _, share := range defs.at(t, root, "quota").at(t, root, "properties").at(t, root, "thresholds")["default"].([]any) {
		thresholds = append(thresholds, int64(share.(float64)*1e6))
	}
	require.Equal(t, c.Organizations[0].Quotas["m"].Thresholds, thresholds)
}

func TestWhatTheSchemaRefusesTheParserRefuses(t *testing.T) {
	schema := compiled(t)
	for _, text := range []string{
		"organisations: []",
		"organizations: [{name: Acme}]",
		"organizations: [{id: __none__}]",
		acme("anchor_day: 32"),
		acme("timezone: ''"),
		acme("plan: {type: gold}"),
		acme("plan: {type: fair, term_months: 12}"),
		acme("plan: {term_start: 15.01.2026}"),
		acme("plan: {term_months: 0}"),
		acme("plan: {subscription: free}"),
		acme("plan: {payments: {2026-13: paid}}"),
		acme("notify: {sms: [\"0151\"]}"),
		acme("notify: {email: [ops]}"),
		acme("notify: {webhook: [acme.example]}"),
		"organizations: [{id: acme, currency: eur}]",
		quota("{window: month}"),
		quota("{limit: 1}"),
		quota("{limit: -1, window: month}"),
		quota("{limit: 1e3x, window: month}"),
		quota("{limit: 1, window: fortnight}"),
		quota("{limit: 1, window: month, flex_price: cheap}"),
		quota("{limit: 1, window: month, thresholds: [0.01]}"),
		quota("{limit: 1, window: month, limt: 2}"),
		"principals: [{claim: sub, value: x, role: admin}]",
		"principals: [{claim: sub, value: x, role: viewer}]",
		"principals: [{claim: sub, value: x, role: csm, organizations: [a]}]",
		"principals: [{claim: sub, value: x, role: owner}]",
		"principals: [{claim: sub, value: x, role: viewer, organizations: [__none__]}]",
		"principals: [{claim: sub, value: x, role: viewer, resellers: ['']}]",
		"principals: [{claim: sub, value: x, role: delegate, resellers: [north]}]",
		"principals: [{claim: sub, value: x, role: delegate, claims: ['']}]",
		"principals: [{claim: sub, value: x, role: csm, claims: [email]}]",
		"principals: [{value: x, role: csm}]",
	} {
		require.Error(t, schema.Validate(asJSON(t, text)), text)
		_, err := Parse([]byte(text))
		require.Error(t, err, text)
	}
}
