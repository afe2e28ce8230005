// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// variableQuery asks for the values of a dashboard's variable, in the words of
// Grafana's Prometheus datasource: label_names(), label_values(label),
// label_values(selector, label), metrics(pattern), query_result(expression).
type variableQuery struct {
	Query string    `json:"query"`
	From  time.Time `json:"from"` // of the dashboard
	To    time.Time `json:"to"`
}

// choice is a value with what people read.
type choice struct {
	Text  string `json:"text"`
	Value string `json:"value,omitempty"`
}

var (
	ofLabelNames  = regexp.MustCompile(`^label_names\(\s*(.*?)\s*\)$`)
	ofLabelValues = regexp.MustCompile(`(?s)^label_values\((?:(.+),)?\s*([\pL_:][\pL\pN_:.]*)\s*\)$`)
	ofMetrics     = regexp.MustCompile(`^metrics\(\s*(.*?)\s*\)$`)
	ofResult      = regexp.MustCompile(`(?s)^query_result\((.+)\)$`)
)

// variable answers one. A query in no such words is an expression, whose series
// are the values.
func (d *Datasource) variable(ctx context.Context, who person, v variableQuery) ([]choice, error) {
	text := strings.TrimSpace(v.Query)
	if text == "" {
		return []choice{}, nil
	}
	within := url.Values{"start": {seconds(v.From)}, "end": {seconds(v.To)}}
	var names []string
	var err error
	switch {
	case ofLabelNames.MatchString(text):
		if selector := ofLabelNames.FindStringSubmatch(text)[1]; selector != "" {
			within.Set("match[]", selector)
		}
		err = d.store.ask(ctx, who, "labels", "", within, &names)
	case ofLabelValues.MatchString(text):
		parts := ofLabelValues.FindStringSubmatch(text)
		if selector := strings.TrimSpace(parts[1]); selector != "" {
			within.Set("match[]", selector)
		}
		err = d.store.ask(ctx, who, "label//values", parts[2], within, &names)
	case ofMetrics.MatchString(text):
		if names, err = d.metrics(ctx, who, ofMetrics.FindStringSubmatch(text)[1], within); errors.Is(err, errPattern) {
			return nil, &refusal{status: http.StatusBadRequest, text: err.Error()}
		}
	default:
		if parts := ofResult.FindStringSubmatch(text); parts != nil {
			text = parts[1]
		}
		return d.results(ctx, who, text, v)
	}
	if err != nil {
		return nil, err
	}
	choices := make([]choice, len(names))
	for i, name := range names {
		choices[i] = choice{Text: name}
	}
	return choices, nil
}

var errPattern = errors.New("not a regular expression")

func (d *Datasource) metrics(ctx context.Context, who person, pattern string, within url.Values) ([]string, error) {
	matching, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("metrics(%s): %w: %w", pattern, errPattern, err)
	}
	var names []string
	err = d.store.ask(ctx, who, "label//values", model.MetricNameLabel, within, &names)
	return slices.DeleteFunc(names, func(name string) bool { return !matching.MatchString(name) }), err
}

// results are the series of an expression at the end of the range, in the
// store's order, as text from which a dashboard takes labels by a pattern.
func (d *Datasource) results(ctx context.Context, who person, expression string, v variableQuery) ([]choice, error) {
	q := query{from: v.From, to: v.To, step: d.settings.Step}
	a, err := d.store.instant(ctx, who, q.interpolate(expression, d.settings.Step), v.To)
	if err != nil {
		return nil, err
	}
	choices := make([]choice, 0, len(a.Result))
	for _, s := range a.Result {
		pair := s.pairs()[0]
		value, err := json.Marshal(pair.Value)
		if err != nil {
			return nil, err
		}
		choices = append(choices, choice{Text: fmt.Sprintf("%s %s %s", written(s.Metric), strings.Trim(string(value), `"`), strconv.FormatInt(int64(pair.Timestamp), 10))})
	}
	return choices, nil
}

// written is a series with its labels as they are, in quotes and not escaped:
// what patterns of dashboards expect.
func written(metric model.Metric) string {
	var labels []string
	for _, name := range slices.Sorted(maps.Keys(metric)) {
		if name != model.MetricNameLabel {
			labels = append(labels, fmt.Sprintf(`%s="%s"`, name, metric[name]))
		}
	}
	return string(metric[model.MetricNameLabel]) + "{" + strings.Join(labels, ",") + "}"
}
