// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/api/listing"
	"github.com/otelcol-usage/otelcol-usage/internal/api/shape"
)

// figuresJSON are an organization's figures at one minute.
type figuresJSON struct {
	Organization string       `json:"organization"`
	At           time.Time    `json:"at"`
	Figures      []figureJSON `json:"figures"`
	// Statements are what figures of a closed period's end are taken from.
	Statements []statementRefJSON `json:"statements,omitempty"`
}

type statementRefJSON struct {
	Meter   string    `json:"meter"`
	Window  string    `json:"window"`
	Start   time.Time `json:"start"`
	Version uint32    `json:"version"`
}

type figureJSON struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
	Value  shape.Number      `json:"value"`
}

func figures(r *admitted) (any, error) {
	id := r.Organization
	c, collected := r.Book.Latest()
	if at := r.Query.Get("at"); at != "" {
		t, err := parseTime(at)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, badData, "at: %q: %s", at, err)
		}
		if !collected || !t.Equal(c.At) {
			return closedFigures(r.Context(), r.Book, id, t, c.At)
		}
	}
	if !collected {
		return nil, refuse(http.StatusServiceUnavailable, unavailable, "no figures yet: they are collected at the next whole minute")
	}
	out := figuresJSON{Organization: id, At: c.At.UTC(), Figures: []figureJSON{}}
	for _, f := range listing.FiguresOf(c, id) {
		labels := map[string]string{}
		for _, l := range f.Series.Labels {
			labels[l.Name] = l.Value
		}
		out.Figures = append(out.Figures, figureJSON{f.Series.Name, labels, shape.Number(f.Value)})
	}
	return out, nil
}

func unknownOrganization(id string) *apiError {
	return refuse(http.StatusNotFound, notFound, "organization %q: not in the catalogue, and no event of it was seen", id)
}

// parseTime reads a time as the Prometheus API does.
func parseTime(s string) (time.Time, error) {
	if seconds, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(seconds) < 1e12 {
		whole, fraction := math.Modf(seconds)
		return time.Unix(int64(whole), int64(fraction*1e9)), nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, errors.New("write a time as 2026-11-21T14:05:00Z or as seconds since 1970")
	}
	return t, nil
}
