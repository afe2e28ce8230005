// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/common/model"
)

const (
	formatTable = "table"
	legendAuto  = "__auto"

	timeField, valueField = "Time", "Value"
)

// frames are what Grafana draws of an answer: a frame a series, or one table of
// all. Several tables that are joined tell their values apart by the query.
func (a *answer) frames(q *query, several bool) data.Frames {
	if q.Format == formatTable {
		return data.Frames{a.table(q, several)}
	}
	frames := make(data.Frames, len(a.Result))
	for i, s := range a.Result {
		frames[i] = a.frame(q, s)
	}
	if len(frames) == 0 {
		empty := data.NewFrame("")
		empty.Meta = a.meta(q)
		frames = data.Frames{empty}
	}
	return frames
}

func (a *answer) meta(q *query) *data.FrameMeta {
	kind := data.FrameTypeTimeSeriesMulti
	if a.Type == model.ValVector || a.Type == model.ValScalar {
		kind = data.FrameTypeNumericMulti
	}
	return &data.FrameMeta{
		Type: kind, TypeVersion: data.FrameTypeVersion{0, 1},
		Custom:              map[string]string{"resultType": a.Type.String()},
		ExecutedQueryString: fmt.Sprintf("Expr: %s\nStep: %s", q.Expr, q.step),
	}
}

func (a *answer) frame(q *query, s series) *data.Frame {
	pairs := s.pairs()
	times, values := make([]time.Time, len(pairs)), make([]float64, len(pairs))
	for i, p := range pairs {
		times[i], values[i] = p.Timestamp.Time().UTC(), float64(p.Value)
	}
	labels := labelsOf(s)
	name := q.name(labels)
	f := data.NewFrame(name, data.NewField(timeField, nil, times), data.NewField(valueField, labels, values))
	f.Fields[0].Config = &data.FieldConfig{Interval: float64(q.step.Milliseconds())}
	if name != "" {
		f.Fields[1].Config = &data.FieldConfig{DisplayNameFromDS: name}
	}
	f.Meta = a.meta(q)
	return f
}

// wide is one frame of all series, as a stream has to be: a row an instant, and a
// field a series, by whose name Grafana knows it when others come and go.
func (a *answer) wide(q *query) *data.Frame {
	rows := map[model.Time]int{}
	for _, s := range a.Result {
		for _, p := range s.pairs() {
			rows[p.Timestamp] = 0
		}
	}
	instants := slices.Sorted(maps.Keys(rows))
	times := make([]time.Time, len(instants))
	for i, at := range instants {
		rows[at], times[i] = i, at.Time().UTC()
	}
	f := data.NewFrame("", data.NewField(timeField, nil, times))
	f.RefID, f.Meta = q.refID, a.meta(q)
	f.Meta.Type = data.FrameTypeTimeSeriesWide
	f.Fields[0].Config = &data.FieldConfig{Interval: float64(q.step.Milliseconds())}
	for _, s := range a.Result {
		values := make([]*float64, len(times))
		for _, p := range s.pairs() {
			values[rows[p.Timestamp]] = new(float64(p.Value))
		}
		labels := labelsOf(s)
		field := data.NewField(written(s.Metric), labels, values)
		name := q.name(labels)
		if name == "" {
			name = field.Name
		}
		f.Fields = append(f.Fields, field.SetConfig(&data.FieldConfig{DisplayNameFromDS: name}))
	}
	return f
}

func labelsOf(s series) data.Labels {
	labels := data.Labels{}
	for name, value := range s.Metric {
		labels[string(name)] = string(value)
	}
	return labels
}

func (s *series) pairs() []model.SamplePair {
	if s.Value != nil {
		return []model.SamplePair{*s.Value}
	}
	return s.Values
}

var legendLabel = regexp.MustCompile(`\{\{\s*(.+?)\s*\}\}`)

// name is what the legend calls a series: by the format of the query, or else by
// its name and labels.
func (q *query) name(labels data.Labels) string {
	switch {
	case q.Legend == legendAuto && len(labels) > 0:
		return "" // Grafana finds the labels that tell series apart
	case q.Legend != "" && q.Legend != legendAuto:
		return legendLabel.ReplaceAllStringFunc(q.Legend, func(part string) string {
			return labels[legendLabel.FindStringSubmatch(part)[1]]
		})
	case len(labels) == 0:
		return q.Expr
	}
	var others []string
	for _, label := range slices.Sorted(maps.Keys(labels)) {
		if label != model.MetricNameLabel {
			others = append(others, fmt.Sprintf("%s=%q", label, labels[label]))
		}
	}
	if len(others) == 0 {
		return labels[model.MetricNameLabel]
	}
	return labels[model.MetricNameLabel] + "{" + strings.Join(others, ", ") + "}"
}

// table has a row a sample, and a column a label that any series has.
func (a *answer) table(q *query, several bool) *data.Frame {
	f := data.NewFrame("")
	f.RefID, f.Meta = q.refID, a.meta(q)
	f.Meta.Type, f.Meta.PreferredVisualization = data.FrameTypeTable, data.VisTypeTable
	if len(a.Result) == 0 {
		return f // without columns, so that a panel says what it says when there is nothing
	}
	var names []string
	for _, s := range a.Result {
		for name := range s.Metric {
			names = append(names, string(name))
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	var times []time.Time
	var values []float64
	labels := make([][]string, len(names))
	for _, s := range a.Result {
		for _, p := range s.pairs() {
			times, values = append(times, p.Timestamp.Time().UTC()), append(values, float64(p.Value))
			for i, name := range names {
				labels[i] = append(labels[i], string(s.Metric[model.LabelName(name)]))
			}
		}
	}
	f.Fields = append(f.Fields, data.NewField(timeField, nil, times))
	for i, name := range names {
		f.Fields = append(f.Fields, data.NewField(name, nil, labels[i]).SetConfig(&data.FieldConfig{Filterable: new(true)}))
	}
	name := valueField
	if several {
		name += " #" + q.refID
	}
	f.Fields = append(f.Fields, data.NewField(name, nil, values))
	return f
}
