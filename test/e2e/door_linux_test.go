// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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

// peak is how much memory a process has had at most, in bytes.
func peak(t *testing.T, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(t, err)
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(text)
	require.NotNil(t, m)
	kb, err := strconv.ParseInt(string(m[1]), 10, 64)
	require.NoError(t, err)
	return kb << 10
}

const (
	attackers = 40 // that send one bomb after the other
	canaries  = 20 // requests of a good sender beside each kind
)

func TestBombsAreRefusedWhileOthersAreCounted(t *testing.T) {
	c := collector.Start(t, collector.Settings{Overlay: idle})
	canary := func() (took time.Duration) {
		began := time.Now()
		require.Equal(t, http.StatusOK, c.Send(t, document("good")))
		return time.Since(began)
	}
	p99 := func(took []time.Duration) time.Duration {
		slices.Sort(took)
		return took[len(took)*99/100]
	}
	var alone []time.Duration
	for range canaries {
		alone = append(alone, canary())
	}
	before := peak(t, c.Pid())
	sent := uint64(len(alone))
	for name, body := range bombs(t) {
		var wg sync.WaitGroup
		codes := make([]map[int]int, attackers)
		ctx, stop := context.WithCancel(t.Context())
		for i := range codes {
			codes[i] = map[int]int{}
			wg.Go(func() {
				for ctx.Err() == nil {
					code, err := bomb(ctx, "http://"+c.HTTP+"/v1/logs", body)
					if err == nil {
						codes[i][code]++
					}
				}
			})
		}
		var beside []time.Duration
		for range canaries {
			beside = append(beside, canary())
		}
		stop()
		wg.Wait()
		sent += uint64(len(beside))
		refused := 0
		for _, by := range codes {
			for code, n := range by {
				require.Contains(t, []int{http.StatusBadRequest, http.StatusTooManyRequests}, code, name)
				refused += n
			}
		}
		require.Positive(t, refused, name)
		t.Logf("%s: %d bytes, refused %d times; canary p99 %v alone, %v beside; peak +%d MiB", name, len(body), refused, p99(alone), p99(beside), (peak(t, c.Pid())-before)>>20)
	}
	require.Less(t, peak(t, c.Pid())-before, int64(attackers*64<<20), "64 MiB for each of them at most")
	require.Less(t, peak(t, c.Pid()), int64(1<<30))
	counted(t, c, "good", sent)
}

func bomb(ctx context.Context, url string, body []byte) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
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
