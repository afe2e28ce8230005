// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

var wide = Limits{Elements: 1 << 40, Nesting: 64}

// put is a length-delimited field.
func put(number int, content []byte) []byte {
	b := binary.AppendUvarint(nil, uint64(number)<<3|uint64(Bytes))
	b = binary.AppendUvarint(b, uint64(len(content)))
	return append(b, content...)
}

// path is a field within others, the innermost last.
func path(content []byte, numbers ...int) []byte {
	for _, number := range slices.Backward(numbers) {
		content = put(number, content)
	}
	return content
}

// decode is what pdata makes of a request.
func decode(signal usage.Signal, b []byte) (any, error) {
	switch signal {
	case usage.Logs:
		r := plogotlp.NewExportRequest()
		return r, r.UnmarshalProto(b)
	case usage.Traces:
		r := ptraceotlp.NewExportRequest()
		return r, r.UnmarshalProto(b)
	case usage.Metrics:
		r := pmetricotlp.NewExportRequest()
		return r, r.UnmarshalProto(b)
	}
	panic("no signal")
}

// everyList is where a request may have many of something: the numbers of the
// fields on the way, and what one entry is.
var everyList = map[string]struct {
	signal usage.Signal
	path   []int
	entry  []byte
}{
	"resources of logs":     {usage.Logs, nil, put(1, nil)},
	"scopes of logs":        {usage.Logs, []int{1}, put(2, nil)},
	"old scopes of logs":    {usage.Logs, []int{1}, put(1000, nil)},
	"log records":           {usage.Logs, []int{1, 2}, put(2, nil)},
	"attributes":            {usage.Logs, []int{1, 2, 2}, put(6, nil)},
	"values of a list":      {usage.Logs, []int{1, 2, 2, 5, 5}, put(1, nil)},
	"values of a map":       {usage.Logs, []int{1, 2, 2, 5, 6}, put(1, nil)},
	"lists of one value":    {usage.Logs, []int{1, 2, 2, 5}, put(5, nil)},
	"entities":              {usage.Logs, []int{1, 1}, put(3, nil)},
	"keys of an entity":     {usage.Logs, []int{1, 1, 3}, put(3, nil)},
	"spans":                 {usage.Traces, []int{1, 2}, put(2, nil)},
	"span events":           {usage.Traces, []int{1, 2, 2}, put(11, nil)},
	"span links":            {usage.Traces, []int{1, 2, 2}, put(13, nil)},
	"metrics":               {usage.Metrics, []int{1, 2}, put(2, nil)},
	"sums of one metric":    {usage.Metrics, []int{1, 2, 2}, put(7, nil)},
	"points":                {usage.Metrics, []int{1, 2, 2, 7}, put(1, nil)},
	"exemplars":             {usage.Metrics, []int{1, 2, 2, 7, 1}, put(5, nil)},
	"histogram points":      {usage.Metrics, []int{1, 2, 2, 9}, put(1, nil)},
	"exponential points":    {usage.Metrics, []int{1, 2, 2, 10}, put(1, nil)},
	"summary points":        {usage.Metrics, []int{1, 2, 2, 11}, put(1, nil)},
	"quantiles":             {usage.Metrics, []int{1, 2, 2, 11, 1}, put(6, nil)},
	"buckets, each":         {usage.Metrics, []int{1, 2, 2, 10, 1, 8}, []byte{2<<3 | byte(Varint), 1}},
	"buckets, packed":       {usage.Metrics, []int{1, 2, 2, 10, 1, 8, 2}, []byte{1}},
	"fixed buckets, each":   {usage.Metrics, []int{1, 2, 2, 9, 1}, append([]byte{6<<3 | byte(Fixed64)}, make([]byte, 8)...)},
	"fixed buckets, packed": {usage.Metrics, []int{1, 2, 2, 9, 1, 6}, make([]byte, 8)},
}

func TestEveryListIsBounded(t *testing.T) {
	for name, l := range everyList {
		if strings.Contains(name, "of one ") {
			continue // a field that there is one of: the last counts
		}
		t.Run(name, func(t *testing.T) {
			const around = 5 // lists on the way, of one entry each, at most
			fits := path(bytes.Repeat(l.entry, 1000-around), l.path...)
			r, err := Check(l.signal, fits, Limits{Elements: 1000, Nesting: 64})
			require.NoError(t, err)
			require.LessOrEqual(t, r.Elements, 1000)
			over := path(bytes.Repeat(l.entry, 1001), l.path...)
			_, err = Check(l.signal, over, Limits{Elements: 1000, Nesting: 64})
			require.ErrorContains(t, err, "limits::elements")
			require.Error(t, CheckSoFar(l.signal, over[:len(over)-1], Limits{Elements: 900, Nesting: 64}), "found before the end")
		})
	}
}

func TestDecodedIsWhatPdataTakes(t *testing.T) {
	for name, l := range everyList {
		t.Run(name, func(t *testing.T) {
			request := path(bytes.Repeat(l.entry, 100_000), l.path...)
			r, err := Check(l.signal, request, wide)
			require.NoError(t, err)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			decoded, err := decode(l.signal, request)
			require.NoError(t, err)
			runtime.ReadMemStats(&after)
			took := int64(after.TotalAlloc - before.TotalAlloc)
			runtime.GC()
			runtime.ReadMemStats(&after)
			kept := int64(after.HeapAlloc - before.HeapAlloc)
			runtime.KeepAlive(decoded)
			t.Logf("%s: estimated %d, kept %d, allocated %d, of %d bytes", name, r.Decoded/100_000, kept/100_000, took/100_000, len(request)/100_000)
			require.GreaterOrEqual(t, r.Decoded+64<<10, kept, "decoding keeps more than was foreseen")
			require.LessOrEqual(t, r.Decoded, 3*took+1<<20, "decoding takes far less than was foreseen")
		})
	}
}

// nest is a body of lists and maps in one another.
func nest(depth int, numbers ...int) []byte {
	var b []byte
	for range depth {
		b = path(b, numbers...)
	}
	return path(b, 1, 2, 2, 5)
}

func TestNestingIsBounded(t *testing.T) {
	for name, numbers := range map[string][]int{"lists": {5, 1}, "maps": {6, 1, 2}} {
		_, err := Check(usage.Logs, nest(64, numbers...), wide)
		require.NoError(t, err, name)
		_, err = Check(usage.Logs, nest(65, numbers...), wide)
		require.ErrorContains(t, err, "limits::nesting", name)
	}
}

func TestJSONIsBounded(t *testing.T) {
	nested := func(depth int) []byte {
		return []byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":` +
			strings.Repeat(`{"kvlistValue":{"values":[{"key":"k","value":`, depth) + `{}` + strings.Repeat(`}]}}`, depth) + `}]}]}]}`)
	}
	_, err := CheckJSON(nested(64), wide)
	require.NoError(t, err)
	_, err = CheckJSON(nested(80), wide)
	require.ErrorContains(t, err, "limits::nesting")
	_, err = CheckJSON([]byte(strings.Repeat("[", 1_800_000)), wide)
	require.ErrorContains(t, err, "limits::nesting")

	many := func(n int) []byte {
		return []byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[` + strings.Repeat(`{},`, n-1) + `{}]}]}]}`)
	}
	shape, err := CheckJSON(many(998), Limits{Elements: 1000, Nesting: 64})
	require.NoError(t, err)
	require.Equal(t, 1000, shape.Elements)
	_, err = CheckJSON(many(1001), Limits{Elements: 1000, Nesting: 64})
	require.ErrorContains(t, err, "limits::elements")

	_, err = CheckJSON([]byte(`{"a":"[[[[{{{{\"[[[,,,\\","b":[1,2]}`), Limits{Elements: 2, Nesting: 0})
	require.NoError(t, err, "what stands in a string is text")
}

func TestJSONDecodedIsWhatPdataTakes(t *testing.T) {
	const n = 100_000
	for name, entry := range map[string]string{
		"logRecords": `{}`, "attributes": `{}`, "values": `{}`,
	} {
		around := map[string][2]string{
			"logRecords": {`{"resourceLogs":[{"scopeLogs":[{"logRecords":[`, `]}]}]}`},
			"attributes": {`{"resourceLogs":[{"resource":{"attributes":[`, `]}}]}`},
			"values":     {`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"arrayValue":{"values":[`, `]}}}]}]}]}`},
		}[name]
		request := []byte(around[0] + strings.Repeat(entry+",", n-1) + entry + around[1])
		shape, err := CheckJSON(request, wide)
		require.NoError(t, err)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		r := plogotlp.NewExportRequest()
		require.NoError(t, r.UnmarshalJSON(request))
		runtime.GC()
		runtime.ReadMemStats(&after)
		kept := int64(after.HeapAlloc - before.HeapAlloc)
		runtime.KeepAlive(r)
		require.GreaterOrEqual(t, shape.Decoded+64<<10, kept, name)
	}
}

func TestMalformedIsRefused(t *testing.T) {
	for name, b := range map[string][]byte{
		"cut short":            {1<<3 | byte(Bytes), 5, 0},
		"length cut short":     {1<<3 | byte(Bytes), 0x80},
		"length beyond all":    append([]byte{1<<3 | byte(Bytes)}, bytes.Repeat([]byte{0xff}, 9)...),
		"another encoding":     {1<<3 | byte(Varint), 1},
		"field 0":              {0, 1},
		"trace id of 3 bytes":  path([]byte{1, 2, 3}, 1, 2, 2, 9),
		"group":                {1<<3 | 3, 1<<3 | 4},
		"varint of 11 bytes":   append([]byte{9 << 3}, append(bytes.Repeat([]byte{0x80}, 10), 1)...),
		"wrong type of number": path([]byte{1<<3 | byte(Varint), 1}, 1, 2, 2),
	} {
		_, err := Check(usage.Logs, b, wide)
		require.ErrorIs(t, err, ErrMalformed, name)
	}
}

func TestCheckAllocatesNothing(t *testing.T) {
	request := path(bytes.Repeat(put(6, put(1, []byte("key"))), 1000), 1, 2, 2)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if _, err := Check(usage.Logs, request, wide); err != nil {
			panic(err)
		}
	}))
}

// FuzzCheck holds the check against pdata: what one takes the other takes.
func FuzzCheck(f *testing.F) {
	for _, l := range everyList {
		f.Add(uint8(l.signal), path(bytes.Repeat(l.entry, 2), l.path...))
	}
	f.Add(uint8(usage.Logs), nest(3, 6, 1, 2))
	f.Fuzz(func(t *testing.T, signal uint8, b []byte) {
		s := usage.Signal(signal % uint8(usage.NumSignals))
		request, err := Check(s, b, Limits{Elements: 1000, Nesting: 64})
		require.True(t, CheckSoFar(s, b, Limits{Elements: 1000, Nesting: 64}) == nil || err != nil)
		decoded, errDecoded := decode(s, b)
		switch {
		case err == nil:
			require.NoError(t, errDecoded)
			require.LessOrEqual(t, count(decoded), request.Items)
		case errDecoded == nil:
			require.True(t, strings.Contains(err.Error(), "limits::") || hasGroup(b), "%v of %x", err, b)
		}
	})
}

// hasGroup reports whether a byte may begin or end a group, which pdata skips
// where it is empty.
func hasGroup(b []byte) bool {
	for _, x := range b {
		if x&7 == 3 || x&7 == 4 {
			return true
		}
	}
	return false
}

// count is how many items a request has.
func count(decoded any) int {
	switch r := decoded.(type) {
	case plogotlp.ExportRequest:
		return r.Logs().LogRecordCount()
	case ptraceotlp.ExportRequest:
		n := r.Traces().SpanCount()
		for _, rs := range r.Traces().ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					n += s.Events().Len()
				}
			}
		}
		return n
	case pmetricotlp.ExportRequest:
		return r.Metrics().DataPointCount()
	}
	panic(fmt.Sprintf("%T", decoded))
}
