// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/gtime"
	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// maxPoints of a series is what Prometheus answers at the most.
const maxPoints = 11000

// query is what the query editor and dashboards write. Its keys are those of
// Grafana's Prometheus datasource, so that a panel works with either.
type query struct {
	Expr      string `json:"expr"`
	Range     bool   `json:"range"`
	Instant   bool   `json:"instant"`
	Legend    string `json:"legendFormat"`
	Format    string `json:"format"` // time_series, table
	Interval  string `json:"interval"`
	Factor    int64  `json:"intervalFactor"`
	UTCOffset int64  `json:"utcOffsetSec"`
	Exemplar  bool   `json:"exemplar"` // there are none
	Live      bool   `json:"live"`     // of a range: goes on as figures come
	annotation

	refID    string
	from, to time.Time
	step     time.Duration
}

// parse reads a query and settles its step: that of the query or the interval
// of the figures, or larger where the panel has fewer points.
func (d *Datasource) parse(from backend.DataQuery) (query, error) {
	var q query
	if err := json.Unmarshal(from.JSON, &q); err != nil {
		return q, fmt.Errorf("query %s: %w", from.RefID, err)
	}
	q.refID, q.from, q.to = from.RefID, from.TimeRange.From, from.TimeRange.To
	least := d.settings.Step
	if q.Interval != "" && !strings.Contains(q.Interval, "$") {
		own, err := gtime.ParseDuration(strings.TrimPrefix(q.Interval, ">"))
		if err != nil || own <= 0 {
			return q, fmt.Errorf("min step: %q: write a duration, as 15m", q.Interval)
		}
		least = max(own, time.Second)
	}
	points := from.MaxDataPoints
	if points <= 0 {
		points = 1000
	}
	length := max(q.to.Sub(q.from), 0)
	q.step = max(least, gtime.RoundInterval(length/time.Duration(points)), length/maxPoints)
	if q.Factor > 1 {
		q.step *= time.Duration(q.Factor)
	}
	if q.step > time.Second {
		q.step = q.step.Round(time.Second)
	}
	if q.Live {
		q.step = max(q.step, d.settings.Step) // nothing comes more often
		if now := settled(); q.to.After(now) {
			q.to = now
		}
	}
	q.Expr = q.interpolate(q.Expr, d.settings.Step)
	if !q.Instant && !q.Range {
		q.Range = true
	}
	return q, nil
}

// interpolate puts in what depends on the range and its step.
func (q *query) interpolate(expr string, scrape time.Duration) string {
	length := max(q.to.Sub(q.from), 0)
	rate := max(q.step+scrape, 4*scrape)
	values := map[string]string{
		"__interval_ms":      strconv.FormatInt(q.step.Milliseconds(), 10),
		"__interval":         duration(q.step),
		"__range_ms":         strconv.FormatInt(length.Milliseconds(), 10),
		"__range_s":          strconv.FormatInt(int64(length.Round(time.Second).Seconds()), 10),
		"__range":            duration(max(length.Round(time.Second), time.Second)),
		"__rate_interval_ms": strconv.FormatInt(rate.Milliseconds(), 10),
		"__rate_interval":    duration(rate),
	}
	var pairs []string
	for _, name := range []string{"__interval_ms", "__interval", "__range_ms", "__range_s", "__range", "__rate_interval_ms", "__rate_interval"} {
		pairs = append(pairs, "${"+name+"}", values[name], "$"+name, values[name])
	}
	return strings.NewReplacer(pairs...).Replace(expr)
}

// duration writes whole milliseconds as PromQL does.
func duration(d time.Duration) string {
	if d%time.Second == 0 {
		return strconv.FormatInt(int64(d/time.Second), 10) + "s"
	}
	return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
}

// QueryData answers the queries of panels, annotations and alert rules.
func (d *Datasource) QueryData(ctx context.Context, request *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	response := backend.NewQueryDataResponse()
	who, err := personOf(request.PluginContext, d.settings)
	tables := 0
	for _, q := range request.Queries {
		if isTable(q) {
			tables++
		}
	}
	for _, q := range request.Queries {
		if err != nil {
			response.Responses[q.RefID] = failed(err)
			continue
		}
		frames, err := d.answer(ctx, who, q, tables > 1)
		if err != nil {
			response.Responses[q.RefID] = failed(err)
			continue
		}
		response.Responses[q.RefID] = backend.DataResponse{Frames: frames}
	}
	return response, nil
}

func isTable(q backend.DataQuery) bool {
	var of struct{ Format string }
	return json.Unmarshal(q.JSON, &of) == nil && of.Format == formatTable
}

func (d *Datasource) answer(ctx context.Context, who person, from backend.DataQuery, several bool) (data.Frames, error) {
	q, err := d.parse(from)
	if err != nil {
		return nil, &refusal{status: http.StatusBadRequest, text: err.Error()}
	}
	if q.Kind != "" {
		return d.annotate(ctx, who, q)
	}
	if strings.TrimSpace(q.Expr) == "" {
		return nil, nil
	}
	var frames data.Frames
	if q.Range {
		from, to := aligned(q.from, q.step, q.UTCOffset), aligned(q.to, q.step, q.UTCOffset)
		a, err := d.store.over(ctx, who, q.Expr, from, to, q.step)
		if err != nil {
			return nil, err
		}
		if q.Live && q.Format != formatTable {
			return a.goOn(who, &q), nil
		}
		frames = append(frames, a.frames(&q, several)...)
	}
	if q.Instant {
		a, err := d.store.instant(ctx, who, q.Expr, q.to)
		if err != nil {
			return nil, err
		}
		frames = append(frames, a.frames(&q, several)...)
	}
	return frames, nil
}

// aligned is the last multiple of step at or before t, so that a panel that is
// refreshed asks for the same instants. Days begin where the viewer's do.
func aligned(t time.Time, step time.Duration, utcOffset int64) time.Time {
	offset := time.Duration(utcOffset) * time.Second
	ms, of := t.Add(offset).UnixMilli(), step.Milliseconds()
	return time.UnixMilli(ms - ms%of).Add(-offset)
}

// failed says what is wrong. Whose fault it is decides whether Grafana counts it
// as the plugin's.
func failed(err error) backend.DataResponse {
	r := backend.DataResponse{Error: err, Status: backend.StatusBadGateway, ErrorSource: backend.ErrorSourceDownstream}
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		r.Status = backend.Status(refused.status)
	case errors.Is(err, errNobody), errors.Is(err, errNoAlerting):
		r.Status = backend.StatusForbidden
	case errors.Is(err, errNoStore), errors.Is(err, errNoAPI):
		r.Status = backend.StatusBadRequest
	}
	return r
}
