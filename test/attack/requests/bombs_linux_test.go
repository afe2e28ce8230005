// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package requests

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/campaign"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// field is a length-delimited field of protobuf.
func field(number int, content []byte) []byte {
	b := binary.AppendUvarint(nil, uint64(number)<<3|2)
	b = binary.AppendUvarint(b, uint64(len(content)))
	return append(b, content...)
}

func zipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(b)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

// bombs are small requests that a decoder would make much of, zipped.
func bombs(t *testing.T) map[string][]byte {
	t.Helper()
	lists := []byte{}
	for range 200_000 { // behind one another, the inner ones first, as reversed bytes
		for _, number := range []byte{1, 5} {
			length := binary.AppendUvarint(nil, uint64(len(lists)))
			slices.Reverse(length)
			lists = append(append(lists, length...), number<<3|2)
		}
	}
	slices.Reverse(lists)
	return map[string][]byte{
		"ten million empty records":  zipped(t, field(1, field(2, bytes.Repeat([]byte{2<<3 | 2, 0}, 10_000_000)))),
		"lists in lists, 200,000":    zipped(t, field(1, field(2, field(2, field(5, lists))))),
		"a body of a gigabyte":       zipped(t, field(1, field(2, field(2, field(5, field(1, make([]byte, 1<<30))))))),
		"half a million small lists": zipped(t, field(1, field(2, field(2, field(5, field(5, bytes.Repeat([]byte{1<<3 | 2, 2, 5<<3 | 2, 0}, 1_500_000))))))),
	}
}

const attackers = 40 // that send one bomb after the other

func TestBombsAreRefusedWhileOthersAreCounted(t *testing.T) {
	container := campaign.NewContainer(t, 1<<30)
	c := collector.Start(t, collector.Settings{Overlay: "receivers: {usage: {interval: 1h}}\n"})
	container.Add(t, c.Pid())
	canaries := campaign.Pick(100, 2000) // requests of a good sender alone, and beside each kind
	canary := func() (took time.Duration) {
		began := time.Now()
		require.Equal(t, http.StatusOK, c.Send(t, collector.Event{Organization: "good", Action: "document.created", Time: began.Add(-time.Minute)}))
		return time.Since(began)
	}
	p99 := func(took []time.Duration) time.Duration {
		slices.Sort(took)
		return took[len(took)*99/100]
	}
	canary() // the first makes the organization
	sent := uint64(1)
	wait := func() time.Duration {
		var took []time.Duration
		for began := time.Now(); len(took) < canaries || time.Since(began) < 3*time.Second; { // forty at a time take seconds until the first is refused
			took = append(took, canary())
		}
		sent += uint64(len(took))
		return p99(took)
	}
	alone, before := wait(), c.Memory(t).Peak
	for name, body := range bombs(t) {
		refused, limits := besideAttackers(t, "http://"+c.HTTP+"/v1/logs", body, wait)
		t.Logf("%s: %d bytes, refused %d times; p99 of a canary %v alone, %v beside; peak +%d MiB", name, len(body), refused, alone, limits, (c.Memory(t).Peak-before)>>20)
		require.Positive(t, refused, name)
		campaign.Report(t, campaign.Line{What: "bomb of OTLP, 40 at a time: " + name, Tried: refused, Longest: limits, Peak: c.Memory(t).Peak, Under: container.Under})
	}
	campaign.Report(t, campaign.Line{What: "a good sender alone (waits are p99)", Tried: canaries, Longest: alone})
	require.True(t, c.Alive())
	require.Less(t, c.Memory(t).Peak-before, attackers*64<<20, "64 MiB for each of them at most")
	items, err := c.Items()
	require.NoError(t, err)
	require.Equal(t, collector.Items{"counted": sent}, items["good"])
}

// besideAttackers has attackers send a body while something is measured, and until one of
// them was answered, which takes as long as all of them: they take turns. It returns how
// often they were refused.
func besideAttackers(t *testing.T, url string, body []byte, measure func() time.Duration) (refused int, took time.Duration) {
	t.Helper()
	var wg sync.WaitGroup
	codes := make([]map[int]int, attackers)
	var answered atomic.Bool
	ctx, stop := context.WithCancel(t.Context())
	for i := range codes {
		codes[i] = map[int]int{}
		wg.Go(func() {
			for ctx.Err() == nil {
				if code, err := bomb(ctx, url, "application/x-protobuf", body); err == nil {
					codes[i][code]++
					answered.Store(true)
				}
			}
		})
	}
	took = measure()
	require.Eventually(t, answered.Load, time.Minute, 10*time.Millisecond)
	stop()
	wg.Wait()
	for _, by := range codes {
		for code, n := range by {
			require.Contains(t, []int{http.StatusBadRequest, http.StatusTooManyRequests}, code)
			refused += n
		}
	}
	return refused, took
}

func bomb(ctx context.Context, url, contentType string, body []byte) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Content-Encoding", "gzip")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode == http.StatusBadRequest && !strings.Contains(string(text), "::") {
		err = fmt.Errorf("a refusal names no limit: %s", text)
	}
	return resp.StatusCode, errors.Join(err, resp.Body.Close())
}
