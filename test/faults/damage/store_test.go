// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package damage

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-usage/otelcol-usage/internal/promstore"
	"github.com/otelcol-usage/otelcol-usage/internal/promstore/holdings"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func openHistory(dir string) (*promstore.Store, error) {
	return promstore.Open(promstore.Settings{Directory: dir, Retention: promstore.DefaultRetention})
}

// Of the template of a store: minutes of samples before noon, how often it was opened
// meanwhile, and how many series it has.
const (
	historyMinutes = 16 * 60
	historyStarts  = 6
	historySeries  = 12
)

func collection(minute int) usage.Collection {
	c := usage.Collection{At: noon.Add(time.Duration(minute-historyMinutes) * time.Minute)}
	for o := range organizations {
		of := usage.OrganizationFigures{Organization: organization(o)}
		for n := range historySeries / organizations {
			of.Figures = append(of.Figures, usage.Figure{Series: historic[n], Value: float64(minute*n + o)})
		}
		c.Organizations = append(c.Organizations, of)
	}
	return c
}

var historic = []*usage.Series{{Name: "usage_figure_0"}, {Name: "usage_figure_1"}, {Name: "usage_figure_2"}, {Name: "usage_figure_3"}}

// tardy are samples that come hours after their time.
func tardy(start int) pmetric.Metrics {
	m := pmetric.NewMetrics()
	metric := m.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	metric.SetName("usage_figure_late")
	points := metric.SetEmptyGauge().DataPoints()
	for n := range 400 {
		p := points.AppendEmpty()
		p.Attributes().PutStr("organization", organization(n%organizations))
		at := noon.Add(-time.Duration(historyMinutes-start) * time.Minute).Add(-time.Duration(n*historyStarts) * time.Second)
		p.SetTimestamp(pcommon.NewTimestampFromTime(at))
		p.SetDoubleValue(float64(at.Unix())) // however often it is sent
	}
	return m
}

// makeHistory makes a store with blocks, a checkpoint, segments of both logs and
// mapped chunks, as a kill leaves it, and as a stop does.
func makeHistory(in string) (killed, stopped string, err error) {
	dir := filepath.Join(in, "made", "store")
	killed, stopped = filepath.Join(in, "killed"), filepath.Join(in, "stopped")
	for start := range historyStarts {
		s, err := openHistory(dir)
		if err != nil {
			return "", "", err
		}
		for n := range historyMinutes / historyStarts {
			err = errors.Join(err, s.Write(collection(start*historyMinutes/historyStarts+n)))
		}
		written := time.Now().UnixMilli()
		for known := (holdings.Holdings{}); err == nil && known.At <= written; { // until it is written down what there is
			_, failed := s.Append(context.Background(), tardy(start), noon)
			err = errors.Join(err, failed)
			if err == nil {
				known, err = holdings.Read(dir)
			}
		}
		if start == historyStarts-1 {
			err = errors.Join(err, copyAtRest(filepath.Dir(dir), killed))
		}
		if err = errors.Join(err, s.Close()); err != nil {
			return "", "", err
		}
	}
	return killed, stopped, copyTree(filepath.Dir(dir), stopped)
}

// copyAtRest copies a directory in which a compaction may be under way, which a kill
// would see at one moment: again until nothing has changed meanwhile.
func copyAtRest(from, to string) error {
	for {
		before, err := files(from)
		if err != nil {
			return err
		}
		err = copyTree(from, to)
		after, failed := files(from)
		if failed != nil {
			return failed
		}
		if err == nil && slices.Equal(before, after) && !slices.ContainsFunc(after, func(path string) bool { return strings.Contains(path, ".tmp") }) {
			return nil
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err := os.RemoveAll(to); err != nil {
			return err
		}
	}
}

// readHistory is what a store answers, as one digest, or that it does not, and what
// it says that it has lost.
func readHistory(s *promstore.Store) string {
	form := url.Values{
		"query": {`{__name__=~"usage_figure_.+"}`}, "step": {"60"},
		"start": {strconv.FormatInt(noon.Add(-(historyMinutes+60)*time.Minute).Unix(), 10)}, "end": {strconv.FormatInt(noon.Add(10*time.Minute).Unix(), 10)},
	}
	r := httptest.NewRequest(http.MethodGet, "/api/v1/query_range?"+form.Encode(), http.NoBody)
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	said := fmt.Sprintf("%d bytes %x", w.Body.Len(), sha256.Sum256(w.Body.Bytes()))
	if w.Code != http.StatusOK {
		said = fmt.Sprintf("%s %d %.300s", unanswered, w.Code, w.Body)
	}
	for _, l := range s.Lost() {
		said += "\n" + gone + l.String()
	}
	return said
}

// How a trial says that a query has an error, and that something is lost.
const (
	unanswered = "not answered:"
	gone       = "lost: "
)

// liveHistory opens a store, reads it, writes on, closes it, opens it again and reads.
func liveHistory(dir string) (said string, err error) {
	for i := range 2 {
		s, err := openHistory(dir)
		if err != nil {
			return "", err
		}
		said += readHistory(s) + "\n"
		if i == 0 {
			err = s.Write(collection(historyMinutes + 1))
		}
		if err = errors.Join(err, s.Close()); err != nil {
			return "", err
		}
	}
	return said, nil
}

// TestDamageOfTheStoreIsNamedOrHarmless removes, cuts off and flips bits of files of
// the embedded store: it opens, and what is lost of it is named.
func TestDamageOfTheStoreIsNamedOrHarmless(t *testing.T) {
	templates := t.TempDir()
	killed, stopped, err := makeHistory(templates)
	require.NoError(t, err)
	for _, of := range []string{killed, stopped} {
		all, err := files(of)
		require.NoError(t, err)
		for _, part := range []string{"/meta.json", "/index", "/chunks/", "/tombstones", "/wal/0", "/wal/checkpoint.", "/wbl/0", "/chunks_head/"} {
			require.True(t, slices.ContainsFunc(all, func(path string) bool { return strings.Contains(path, part) }), "%s: the template has no %s: %q", of, part, all)
		}
	}
	said := damage(t, killed, stopped, ways("store", 40, 40))
	require.Equal(t, said[1], said[0], "a kill loses nothing, at the second start neither")
}
