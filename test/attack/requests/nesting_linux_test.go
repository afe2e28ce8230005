// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package requests

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/encoding/gzip" // as SDKs send
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"

	"github.com/otelcol-usage/otelcol-usage/test/campaign"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// place is where a value may stand in a request: the numbers of the fields on the way
// in protobuf, and the beginning of it in JSON.
type place struct {
	name    string
	numbers []int
	json    string
}

const (
	attributes = `"attributes":[{"key":"a","value":`
	points     = `"dataPoints":[{` + attributes
)

// signals have the places of each.
var signals = []struct {
	path, method string
	places       []place
}{
	{"/v1/logs", "/opentelemetry.proto.collector.logs.v1.LogsService/Export", []place{
		{"resource", []int{1, 1, 1, 2}, `{"resourceLogs":[{"resource":{` + attributes},
		{"scope", []int{1, 2, 1, 3, 2}, `{"resourceLogs":[{"scopeLogs":[{"scope":{` + attributes},
		{"record", []int{1, 2, 2, 6, 2}, `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{` + attributes},
		{"body", []int{1, 2, 2, 5}, `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":`},
	}},
	{"/v1/traces", "/opentelemetry.proto.collector.trace.v1.TraceService/Export", []place{
		{"resource", []int{1, 1, 1, 2}, `{"resourceSpans":[{"resource":{` + attributes},
		{"scope", []int{1, 2, 1, 3, 2}, `{"resourceSpans":[{"scopeSpans":[{"scope":{` + attributes},
		{"span", []int{1, 2, 2, 9, 2}, `{"resourceSpans":[{"scopeSpans":[{"spans":[{` + attributes},
		{"event", []int{1, 2, 2, 11, 3, 2}, `{"resourceSpans":[{"scopeSpans":[{"spans":[{"events":[{` + attributes},
		{"link", []int{1, 2, 2, 13, 4, 2}, `{"resourceSpans":[{"scopeSpans":[{"spans":[{"links":[{` + attributes},
	}},
	{"/v1/metrics", "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", []place{
		{"resource", []int{1, 1, 1, 2}, `{"resourceMetrics":[{"resource":{` + attributes},
		{"scope", []int{1, 2, 1, 3, 2}, `{"resourceMetrics":[{"scopeMetrics":[{"scope":{` + attributes},
		{"metadata", []int{1, 2, 2, 12, 2}, `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"metadata":[{"key":"a","value":`},
		{"sum", []int{1, 2, 2, 7, 1, 7, 2}, `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"sum":{` + points},
		{"gauge", []int{1, 2, 2, 5, 1, 7, 2}, `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{` + points},
		{"exemplar", []int{1, 2, 2, 7, 1, 5, 7, 2}, `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"sum":{"dataPoints":[{"exemplars":[{"filteredAttributes":[{"key":"a","value":`},
		{"histogram", []int{1, 2, 2, 9, 1, 9, 2}, `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{` + points},
		{"exponential histogram", []int{1, 2, 2, 10, 1, 1, 2}, `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"exponentialHistogram":{` + points},
		{"summary", []int{1, 2, 2, 11, 1, 7, 2}, `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"summary":{` + points},
	}},
}

// Ways to nest values in one another.
const (
	lists = iota
	maps
	numWays
)

// nested is values in one another, as deep as bytes allow: a value in a list is field
// 1 of field 5, one in a map is field 2 of field 1 of field 6.
func nested(way, bytes int) []byte {
	numbers := [numWays][]byte{{1, 5}, {2, 1, 6}}[way]
	var back []byte // the inner ones first, as reversed bytes
	for len(back) < bytes {
		for _, number := range numbers {
			length := appendVarint(nil, len(back))
			slices.Reverse(length)
			back = append(append(back, length...), number<<3|2)
		}
	}
	slices.Reverse(back)
	return back
}

func appendVarint(b []byte, n int) []byte {
	for ; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}

// nestedJSON is the same of a depth, which nothing closes or all is closed of.
func nestedJSON(way, depth int, closed bool) string {
	open, end := `{"arrayValue":{"values":[`, `]}}`
	if way == maps {
		open, end = `{"kvlistValue":{"values":[{"key":"a","value":`, `}]}}`
	}
	text := strings.Repeat(open, depth)
	if closed {
		text += "{}" + strings.Repeat(end, depth)
	}
	return text
}

// raw sends bytes as a message.
type raw struct{}

func (raw) Name() string { return "proto" }

func (raw) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}

func (raw) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

// TestNestingIsRefusedEverywhere sends values in one another, up to 1.8 million deep, at
// every place of each signal, by HTTP and gRPC, as protobuf and JSON.
func TestNestingIsRefusedEverywhere(t *testing.T) {
	container := campaign.NewContainer(t, 1<<30)
	c := collector.Start(t, collector.Settings{})
	container.Add(t, c.Pid())
	conn, err := grpc.NewClient(c.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodecV2(raw{})))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	bytes, depth := campaign.Pick(1<<20, 16<<20), campaign.Pick(50_000, 300_000) // HTTP takes 20 MiB, gRPC 4
	line := campaign.Line{What: "nested values at every place of each signal", Under: container.Under}
	refused := func(status int, what string) {
		t.Helper()
		require.Equal(t, http.StatusBadRequest, status, what)
		line.Tried++
	}
	for way := range numWays {
		large, small := nested(way, bytes), nested(way, min(bytes, 3<<20))
		for _, signal := range signals {
			for _, at := range signal.places {
				what := fmt.Sprint(signal.path, " ", at.name, " ", way)
				wrap := func(b []byte) []byte {
					for _, number := range slices.Backward(at.numbers) {
						b = field(number, b)
					}
					return b
				}
				code, err := bomb(t.Context(), "http://"+c.HTTP+signal.path, "application/x-protobuf", zipped(t, wrap(large)))
				require.NoError(t, err, what)
				refused(code, what)
				for _, options := range [][]grpc.CallOption{nil, {grpc.UseCompressor("gzip")}} {
					var out []byte
					err = conn.Invoke(t.Context(), signal.method, wrap(small), &out, options...)
					require.Equal(t, codes.InvalidArgument, status.Code(err), "%s: %v", what, err)
					require.ErrorContains(t, err, "limits::nesting", what)
					line.Tried++
				}
				for _, closed := range []bool{false, true} {
					code, err = bomb(t.Context(), "http://"+c.HTTP+signal.path, "application/json", zipped(t, []byte(at.json+nestedJSON(way, depth, closed))))
					require.NoError(t, err, what)
					refused(code, what)
				}
			}
		}
	}
	require.True(t, c.Alive())
	began := time.Now()
	require.Equal(t, http.StatusOK, c.Send(t, collector.Event{Organization: "good", Action: "document.created", Time: began.Add(-time.Minute)}))
	line.Longest, line.Peak = time.Since(began), c.Memory(t).Peak
	campaign.Report(t, line)
}
