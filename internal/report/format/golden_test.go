// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/json"
)

var update = flag.Bool("update", false, "rewrite the expected files of testdata")

// written is what a format makes of a report.
func written(t *testing.T, name string, r *report.Report, section string) []byte {
	t.Helper()
	f, err := Of(name)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, f.Write(&b, r, section))
	return b.Bytes()
}

func TestFilesStayAsTheyAre(t *testing.T) {
	for _, c := range []struct{ format, section, file string }{
		{"csv", "", "charges.csv"},
		{"csv", "adjustments", "adjustments.csv"},
		{"json", "", "report.json"},
		{"ndjson", "", "charges.ndjson"},
		{"html", "", "report.html"},
	} {
		got := written(t, c.format, fixture(60), c.section)
		file := filepath.Join("testdata", c.file)
		if *update {
			require.NoError(t, os.WriteFile(file, got, 0o600))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "%s: if it is meant, run go test ./internal/report/format -update", file)
	}
}

func TestJSONKeepsItsSchema(t *testing.T) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(json.Schema))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("schema.json", document))
	schema, err := compiler.Compile("schema.json")
	require.NoError(t, err)
	empty := &report.Report{Kind: report.Users, Basis: report.Billed}
	for _, r := range []*report.Report{fixture(60), fixture(0), empty} {
		got, err := jsonschema.UnmarshalJSON(bytes.NewReader(written(t, "json", r, "")))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(got))
	}
	wrong, err := jsonschema.UnmarshalJSON(bytes.NewReader(bytes.Replace(written(t, "json", fixture(1), ""), []byte(`"basis":"known"`), []byte(`"basis":"guessed"`), 1)))
	require.NoError(t, err)
	require.Error(t, schema.Validate(wrong), "the schema says something")
}
