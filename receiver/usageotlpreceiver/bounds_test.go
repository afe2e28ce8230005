// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageotlpreceiver

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// empties is a request of n records of nothing, of two bytes each.
func empties(n int) []byte {
	return put(1, put(2, bytes.Repeat([]byte{2<<3 | 2, 0}, n)))
}

// emptiesJSON is the same in JSON.
func emptiesJSON(n int) []byte {
	return []byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[` + strings.Repeat("{},", n-1) + `{}]}]}]}`)
}

func TestTenMillionEmptyRecordsAreRefusedBeforeTheyAreRead(t *testing.T) {
	d := open(t, &ledger{}, nil, nil)
	body := empties(10_000_000)
	zipped := gzipped(t, body)
	require.Less(t, len(zipped), 100_000)
	send := func() {
		a := d.http(t, usage.Logs, bytes.NewReader(zipped), "Content-Encoding", "gzip")
		require.Equal(t, 400, a.code)
		require.Contains(t, string(a.body), "limits::elements")
	}
	send()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	send()
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16*mib), "bytes for one request")

	a := d.http(t, usage.Logs, bytes.NewReader(gzipped(t, emptiesJSON(6_000_000))), "Content-Encoding", "gzip", "Content-Type", jsonType)
	require.Equal(t, 400, a.code)
	require.Contains(t, string(a.body), "limits::elements")

	_, err := d.grpc(t.Context(), usage.Logs, empties(2_000_000), grpc.UseCompressor("gzip"))
	require.Equal(t, codes.InvalidArgument, code(err))
	_, err = d.grpc(t.Context(), usage.Logs, body, grpc.UseCompressor("gzip"))
	require.Equal(t, codes.ResourceExhausted, code(err), "it is larger than any message")
	require.Empty(t, d.ledger.counted())
	ways["http"](t, d, usage.Logs)
	require.Len(t, d.ledger.counted(), 2, "it goes on")
}

func TestRequestsWithinBoundsAreTakenAtTheirLargest(t *testing.T) {
	d := open(t, &ledger{}, func(c *Config) { c.Forward = []string{} }, nil)
	require.Equal(t, 200, d.http(t, usage.Logs, bytes.NewReader(empties(300_000))).code)
	require.Equal(t, 200, d.http(t, usage.Logs, bytes.NewReader(emptiesJSON(300_000)), "Content-Type", jsonType).code)
	require.Len(t, d.ledger.counted(), 600_000)
}

// deep is where a value may stand in a request of a signal, as the numbers of
// the fields on the way.
var deep = [usage.NumSignals]map[string][]int{
	usage.Logs: {
		"resource": {1, 1, 1, 2}, "scope": {1, 2, 1, 3, 2}, "record": {1, 2, 2, 6, 2}, "body": {1, 2, 2, 5},
	},
	usage.Traces: {
		"resource": {1, 1, 1, 2}, "scope": {1, 2, 1, 3, 2}, "span": {1, 2, 2, 9, 2}, "event": {1, 2, 2, 11, 3, 2}, "link": {1, 2, 2, 13, 4, 2},
	},
	usage.Metrics: {
		"resource": {1, 1, 1, 2}, "metadata": {1, 2, 2, 12, 2}, "sum": {1, 2, 2, 7, 1, 7, 2}, "gauge": {1, 2, 2, 5, 1, 7, 2},
		"exemplar": {1, 2, 2, 7, 1, 5, 7, 2}, "histogram": {1, 2, 2, 9, 1, 9, 2}, "exponential": {1, 2, 2, 10, 1, 1, 2}, "summary": {1, 2, 2, 11, 1, 7, 2},
	},
}

// appendReversed appends a varint, its last byte first.
func appendReversed(b []byte, v uint64) []byte {
	var out []byte
	for ; v >= 0x80; v >>= 7 {
		out = append(out, byte(v)|0x80)
	}
	out = append(out, byte(v))
	for _, o := range slices.Backward(out) {
		b = append(b, o)
	}
	return b
}

// bomb is lists (field 5, then 1) in one another as deep as size bytes allow.
func bomb(size int) []byte {
	back := make([]byte, 0, size+16)
	for i := 0; len(back) < size; i++ {
		back = appendReversed(back, uint64(len(back)))
		if i%2 == 0 {
			back = append(back, 1<<3|2) // a value in a list
		} else {
			back = append(back, 5<<3|2) // a list in a value
		}
	}
	for i, j := 0, len(back)-1; i < j; i, j = i+1, j-1 {
		back[i], back[j] = back[j], back[i]
	}
	if back[0] != 5<<3|2 {
		back = put(5, back)
	}
	return back
}

func TestNestingOfAnyDepthIsRefusedEverywhere(t *testing.T) {
	d := open(t, &ledger{}, nil, nil)
	large, small := bomb(18*mib), bomb(3*mib) // 1.8 million deep, and what gRPC takes
	jsonBomb := func(open, end string, n int) []byte {
		return []byte(strings.Repeat(open, n) + strings.Repeat(end, n))
	}
	every(t, func(t *testing.T, signal usage.Signal) {
		t.Helper()
		for place, numbers := range deep[signal] {
			wrap := func(b []byte) []byte {
				for _, number := range slices.Backward(numbers) {
					b = put(number, b)
				}
				return b
			}
			a := d.http(t, signal, bytes.NewReader(gzipped(t, wrap(large))), "Content-Encoding", "gzip")
			require.Equal(t, 400, a.code, place)
			require.Contains(t, string(a.body), "limits::nesting", place)
			_, err := d.grpc(t.Context(), signal, wrap(small))
			require.Equal(t, codes.InvalidArgument, code(err), place)
			require.ErrorContains(t, err, "limits::nesting", place)
		}
		for _, b := range [][]byte{
			jsonBomb("[", "]", 1_800_000), jsonBomb(`{"a":`, "}", 1_800_000),
			jsonBomb(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"arrayValue":{"values":[`, "", 200_000),
		} {
			a := d.http(t, signal, bytes.NewReader(b), "Content-Type", jsonType)
			require.Equal(t, 400, a.code)
		}
	})
	require.Empty(t, d.ledger.counted())
}

func TestABodyBeyondItsSizeIsRefused(t *testing.T) {
	d := open(t, &ledger{}, func(c *Config) { c.Protocols.HTTP.Get().MaxRequestBodySize = mib }, nil)
	body := put(1, put(2, put(2, put(3, make([]byte, 2*mib)))))
	a := d.http(t, usage.Logs, bytes.NewReader(gzipped(t, body)), "Content-Encoding", "gzip")
	require.Equal(t, 400, a.code)
	require.Contains(t, string(a.body), "max_request_body_size")
	require.Equal(t, 400, d.http(t, usage.Logs, bytes.NewReader(body)).code)
}

// occupy sends requests that hold memory until the ledger lets them go on, and
// returns when they do.
func occupy(t *testing.T, d *door, body []byte, n int) (letGo func()) {
	t.Helper()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if a := d.http(t, usage.Logs, bytes.NewReader(body)); a.code != 200 {
				t.Errorf("%d: %s", a.code, a.body)
			}
		})
	}
	return func() {
		close(d.ledger.wait)
		wg.Wait()
	}
}

func TestRequestsThatFindNoMemoryAreToldToComeBack(t *testing.T) {
	d := open(t, &ledger{wait: make(chan struct{})}, func(c *Config) {
		c.Limits.MemoryMiB = 40
		c.Protocols.HTTP.Get().MaxRequestBodySize = 8 * mib
	}, nil)
	large := put(1, put(2, put(2, put(5, put(1, make([]byte, 7*mib))))))
	letGo := occupy(t, d, large, 2)
	busy := func() bool { // two of 14 MiB and more are there: a third is not taken
		free := d.r.share.free.TryAcquire(12 * mib)
		if free {
			d.r.share.free.Release(12 * mib)
		}
		return !free
	}
	require.Eventually(t, busy, 10*time.Second, time.Millisecond)

	a := d.http(t, usage.Logs, bytes.NewReader(large))
	require.Equal(t, 429, a.code)
	seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
	require.NoError(t, err)
	require.Positive(t, seconds)
	a = d.http(t, usage.Logs, bytes.NewReader(emptiesJSON(50_000)), "Content-Type", jsonType)
	require.Equal(t, 429, a.code)

	letGo()
	require.Equal(t, 200, d.http(t, usage.Logs, bytes.NewReader(large)).code)
	require.Eventually(t, func() bool { return all(d.r.share) }, 10*time.Second, time.Millisecond, "everything is given back")
}

// all reports whether nobody holds anything of a share.
func all(s *share) bool {
	if !s.free.TryAcquire(s.size) {
		return false
	}
	s.free.Release(s.size)
	return true
}

func TestGRPCTellsWhenToComeBack(t *testing.T) {
	d := open(t, &ledger{}, nil, nil)
	require.True(t, d.r.share.free.TryAcquire(d.r.share.size-2*mib))
	_, err := d.grpc(t.Context(), usage.Logs, sample(t, usage.Logs, false))
	require.Equal(t, codes.ResourceExhausted, code(err))
	var retry *errdetails.RetryInfo
	for _, detail := range status.Convert(err).Details() {
		retry, _ = detail.(*errdetails.RetryInfo)
	}
	require.NotNil(t, retry, "senders only come back where they are told when")
	require.Equal(t, retryAfter, retry.GetRetryDelay().AsDuration())
	d.r.share.free.Release(d.r.share.size - 2*mib)
	_, err = d.grpc(t.Context(), usage.Logs, sample(t, usage.Logs, false))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return all(d.r.share) }, 10*time.Second, time.Millisecond)
}

func TestARequestThatNeverFitsIsNotToldToComeBack(t *testing.T) {
	d := open(t, &ledger{}, func(c *Config) {
		c.Limits.MemoryMiB = 40
		c.Limits.Elements = 100_000_000
	}, nil)
	require.Equal(t, 400, d.http(t, usage.Logs, bytes.NewReader(empties(1_000_000))).code)
	_, err := d.grpc(t.Context(), usage.Logs, empties(1_000_000))
	require.Equal(t, codes.InvalidArgument, code(err))
	require.ErrorContains(t, err, "limits::memory_mib")
}

func TestHoldsAreGivenBackWhateverHappens(t *testing.T) {
	d := open(t, &ledger{fails: usage.ErrUnavailable}, nil, nil)
	for range 100 { // more than the share has room for at once
		_, err := d.grpc(t.Context(), usage.Logs, sample(t, usage.Logs, false))
		require.Equal(t, codes.Unavailable, code(err))
		_, err = d.grpc(t.Context(), usage.Logs, []byte("no"))
		require.Equal(t, codes.InvalidArgument, code(err))
		var out []byte
		require.Equal(t, codes.Unimplemented, code(d.conn.Invoke(t.Context(), "/some.Service/Export", []byte{}, &out, grpc.ForceCodecV2(raw{}))))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = d.grpc(ctx, usage.Logs, nil)
		require.Equal(t, codes.Canceled, code(err))
	}
	require.Eventually(t, func() bool { return all(d.r.share) }, 10*time.Second, time.Millisecond)
}

func TestARequestThatDoesNotArriveIsGivenUp(t *testing.T) {
	const timeout = 100 * time.Millisecond
	d := open(t, &ledger{}, func(c *Config) {
		c.Limits.Timeout = timeout
		c.Protocols.HTTP.Get().ReadTimeout = timeout
		c.Protocols.HTTP.Get().ReadHeaderTimeout = timeout
	}, nil)

	stream, err := d.conn.NewStream(t.Context(), &grpc.StreamDesc{ClientStreams: true}, "/"+services[usage.Logs]+"/Export", grpc.ForceCodecV2(raw{}))
	require.NoError(t, err)
	var out []byte
	require.Contains(t, []codes.Code{codes.DeadlineExceeded, codes.Canceled, codes.Internal}, code(stream.RecvMsg(&out)), "nothing was sent")
	require.Eventually(t, func() bool { return all(d.r.share) }, 10*time.Second, time.Millisecond)

	for _, text := range []string{"POST /v1/logs HTTP/1.1\r\n", "POST /v1/logs HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\nContent-Length: 100\r\n\r\nx"} {
		conn, err := net.Dial("tcp", d.httpAt)
		require.NoError(t, err)
		_, err = io.WriteString(conn, text)
		require.NoError(t, err)
		_, err = io.ReadAll(conn) // until the other side has had enough
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	}
}

func TestShutdownWaitsForRequestsUnderWay(t *testing.T) {
	d := open(t, &ledger{wait: make(chan struct{})}, nil, nil)
	answered := make(chan error, 2)
	go func() {
		_, err := d.grpc(t.Context(), usage.Logs, sample(t, usage.Logs, false))
		answered <- err
	}()
	go func() {
		resp, err := http.Post("http://"+d.httpAt+paths[usage.Logs], protobufType, bytes.NewReader(sample(t, usage.Logs, false)))
		if err == nil {
			err = resp.Body.Close()
		}
		answered <- err
	}()
	for range 2 {
		d.ledger.wait <- struct{}{} // it waits in the ledger, and goes on
	}
	require.NoError(t, d.r.Shutdown(context.Background()))
	for range 2 {
		require.NoError(t, <-answered)
	}
	require.Len(t, d.ledger.counted(), 4)
}
