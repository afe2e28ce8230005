// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package content

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// both are the hashes of a log record's attributes and body as pdata and as bytes.
func both(t *testing.T, attributes map[string]any, body any) (decoded, bytes usage.UID) {
	t.Helper()
	ld := plog.NewLogs()
	lr := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	require.NoError(t, lr.Attributes().FromRaw(attributes))
	require.NoError(t, lr.Body().FromRaw(body))
	message, err := (&plog.ProtoMarshaler{}).MarshalLogs(ld)
	require.NoError(t, err)
	var h Hash
	h.Map(lr.Attributes())
	h.Value(lr.Body())
	decoded = h.Content()
	for _, field := range []int32{1, 2, 2} { // resource, scope, record
		for message = range otlp.Fields(message, field) {
			break
		}
	}
	of := otlp.LogRecordOf(message)
	h.Reset()
	h.Attributes(of.Attributes)
	h.Any(of.Body)
	return decoded, h.Content()
}

func TestBytesHaveTheHashOfPdata(t *testing.T) {
	deep := any("bottom")
	for range maxDepth + 3 {
		deep = []any{map[string]any{"in": deep}}
	}
	seen := map[usage.UID]bool{}
	for _, c := range []struct {
		attributes map[string]any
		body       any
	}{
		{nil, nil},
		{map[string]any{"a": "1"}, nil},
		{map[string]any{"a": 1}, nil},
		{map[string]any{"a": 1.0}, nil},
		{map[string]any{"a": true}, nil},
		{map[string]any{"a": []byte("1")}, nil},
		{map[string]any{"a": []any{"1"}}, nil},
		{map[string]any{"a": map[string]any{"1": nil}}, nil},
		{map[string]any{"a": nil, "b": -3, "": ""}, map[string]any{"x": []any{1, "two", 3.5, nil, false}}},
		{nil, deep},
	} {
		decoded, bytes := both(t, c.attributes, c.body)
		require.Equal(t, decoded, bytes, "%v %v", c.attributes, c.body)
		require.False(t, seen[decoded], "%v %v", c.attributes, c.body)
		seen[decoded] = true
	}
}

func TestWhatIsSharedIsWrittenOnceAndHashedWhereItIsLong(t *testing.T) {
	for _, size := range []int{0, MaxShared - 8, MaxShared - 7, 3 * MaxShared} { // a text has its length before it
		var h Hash
		var s Shared
		writes := 0
		for range 3 {
			h.Add(&s, func(h *Hash) { writes++; h.Bytes(make([]byte, size)) })
		}
		require.Equal(t, 1, writes)
		require.Equal(t, size+8 > MaxShared, s.Long())
		each := size + 8
		if s.Long() {
			each = 16
		}
		require.Equal(t, 3*each, h.Len())
		s.Reset()
		h.Add(&s, func(*Hash) { writes++ })
		require.Equal(t, 2, writes)
	}
}
