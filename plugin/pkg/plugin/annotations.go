// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/common/model"
)

// The kinds of annotations: what has happened that a curve does not tell.
const (
	closedPeriods      = "closed_periods"
	changedDefinitions = "changed_definitions"
	changedLimits      = "changed_limits"
	firedAlerts        = "alerts"
)

// annotation is the part of a query that asks for annotations.
type annotation struct {
	Kind string `json:"kind"`
	// Organizations are the ids that a dashboard's variable has chosen.
	Organizations []string `json:"organizations"`
	Meter         string   `json:"meter"`  // "": all
	Window        string   `json:"window"` // of closed periods; "": months
}

// note is one annotation. Where until is zero it is of an instant.
type note struct {
	at, until   time.Time
	title, text string
	tags        []string
}

// maxAnnotated is of how many organizations a dashboard may show what the usage
// API has: each is a question of its own.
const maxAnnotated = 20

func (d *Datasource) annotate(ctx context.Context, who person, q query) (data.Frames, error) {
	var notes []note
	var err error
	switch q.Kind {
	case closedPeriods, changedDefinitions:
		if len(q.Organizations) == 0 || len(q.Organizations) > maxAnnotated {
			return nil, badRequest("annotations of closed periods and definitions: choose an organization, or up to %d", maxAnnotated)
		}
		for _, organization := range q.Organizations {
			of := d.closed
			if q.Kind == changedDefinitions {
				of = d.definitions
			}
			found, err := of(ctx, who, q, organization)
			if err != nil {
				return nil, err
			}
			notes = append(notes, found...)
		}
	case changedLimits:
		notes, err = d.limits(ctx, who, q)
	case firedAlerts:
		notes, err = d.alerts(ctx, who, q)
	default:
		return nil, badRequest("annotations: kind %q: use %s, %s, %s or %s", q.Kind, closedPeriods, changedDefinitions, changedLimits, firedAlerts)
	}
	if err != nil {
		return nil, err
	}
	notes = slices.DeleteFunc(notes, func(n note) bool { return n.at.After(q.to) || latest(n.at, n.until).Before(q.from) })
	slices.SortStableFunc(notes, func(a, b note) int { return a.at.Compare(b.at) })
	return data.Frames{framed(notes)}, nil
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func badRequest(format string, values ...any) error {
	return &refusal{status: http.StatusBadRequest, text: fmt.Sprintf(format, values...)}
}

// framed has the columns by which Grafana knows annotations.
func framed(notes []note) *data.Frame {
	f := data.NewFrame("annotations",
		data.NewField("time", nil, []time.Time{}), data.NewField("timeEnd", nil, []*time.Time{}),
		data.NewField("title", nil, []string{}), data.NewField("text", nil, []string{}), data.NewField("tags", nil, []string{}))
	for _, n := range notes {
		var end *time.Time
		if !n.until.IsZero() {
			end = &n.until
		}
		f.AppendRow(n.at, end, n.title, n.text, strings.Join(n.tags, ","))
	}
	return f
}

// statement is what is read of a closed period here.
type statement struct {
	Meter       string    `json:"meter"`
	MeterTitle  string    `json:"meter_title"`
	Window      string    `json:"window"`
	WindowTitle string    `json:"window_title"`
	Start       time.Time `json:"start"`
	End         time.Time `json:"end"`
	StartDate   string    `json:"start_date"`
	Timezone    string    `json:"timezone"`
	Definition  *string   `json:"definition"`
	Versions    []struct {
		Made time.Time   `json:"made"`
		Used json.Number `json:"used"`
	} `json:"versions"`
}

// statements are those of periods that may have ended in the query's range: a
// period is at most a year.
func (d *Datasource) statements(ctx context.Context, who person, q query, organization string) ([]statement, error) {
	window := q.Window
	if window == "" {
		window = "month"
	}
	within := url.Values{
		"window": {window},
		"from":   {q.from.AddDate(-1, -1, 0).UTC().Format(time.RFC3339)}, "to": {q.to.UTC().Format(time.RFC3339)},
	}
	if q.Meter != "" {
		within.Set("meter", q.Meter)
	}
	var list struct{ Statements []statement }
	err := d.api.get(ctx, who, "/api/v1/organizations/"+segment(organization)+"/statements", within, &list)
	return list.Statements, err
}

func (d *Datasource) closed(ctx context.Context, who person, q query, organization string) ([]note, error) {
	list, err := d.statements(ctx, who, q, organization)
	if err != nil {
		return nil, err
	}
	var notes []note
	for _, s := range list {
		if len(s.Versions) == 0 {
			continue
		}
		last := s.Versions[len(s.Versions)-1]
		text := fmt.Sprintf("%s of %s from %s: %s, closed on %s", s.WindowTitle, organization, s.StartDate, last.Used, s.Versions[0].Made.Format(time.DateOnly))
		if len(s.Versions) > 1 {
			text += fmt.Sprintf(", version %d of %s", len(s.Versions), last.Made.Format(time.DateOnly))
		}
		notes = append(notes, note{at: s.End, title: s.MeterTitle + ": period closed", text: text, tags: []string{"usage", "closed", s.Meter}})
	}
	return notes, nil
}

// definitions are when another definition of a meter came into force: those of
// closed periods, and that of the running one.
func (d *Datasource) definitions(ctx context.Context, who person, q query, organization string) ([]note, error) {
	list, err := d.statements(ctx, who, q, organization)
	if err != nil {
		return nil, err
	}
	known, err := d.choices(ctx, who, organization)
	if err != nil {
		return nil, err
	}
	for _, m := range known.Meters {
		i := slices.IndexFunc(m.Windows, func(w windowChoices) bool { return len(w.Periods) > 0 && hours[w.Name] >= 24 })
		if i < 0 || q.Meter != "" && q.Meter != m.Name {
			continue
		}
		running := statement{Meter: m.Name, MeterTitle: m.Title}
		about := url.Values{"meter": {m.Name}, "window": {m.Windows[i].Name}}
		if err := d.api.get(ctx, who, "/api/v1/organizations/"+segment(organization)+"/explain", about, &running); err != nil {
			return nil, err
		}
		list = append(list, running)
	}
	var notes []note
	seen := map[string]bool{}
	for _, s := range list {
		if s.Definition == nil || seen[s.Meter+"\x00"+*s.Definition] {
			continue
		}
		seen[s.Meter+"\x00"+*s.Definition] = true
		zone, err := time.LoadLocation(s.Timezone)
		if err != nil {
			zone = time.UTC
		}
		at, err := time.ParseInLocation(time.DateOnly, *s.Definition, zone)
		if err != nil {
			return nil, fmt.Errorf("definition %q: %w", *s.Definition, err)
		}
		notes = append(notes, note{at: at, title: s.MeterTitle + ": new definition",
			text: fmt.Sprintf("What counts for %s of %s is defined anew from %s on", s.MeterTitle, organization, *s.Definition), tags: []string{"usage", "definition", s.Meter}})
	}
	return notes, nil
}

// of the chosen organizations and meter.
func (q *query) matchers() string {
	var list []string
	if len(q.Organizations) > 0 {
		list = append(list, "organization=~"+strconv.Quote(alternatives(q.Organizations)))
	}
	if q.Meter != "" {
		list = append(list, "meter="+strconv.Quote(q.Meter))
	}
	return strings.Join(list, ",")
}

// limits are when a quota's limit became another, to the step.
func (d *Datasource) limits(ctx context.Context, who person, q query) ([]note, error) {
	a, err := d.store.over(ctx, who, "usage_quota_limit{"+q.matchers()+"}", aligned(q.from, q.step, 0), aligned(q.to, q.step, 0), q.step)
	if err != nil {
		return nil, err
	}
	titles, err := d.titles(ctx, who, "", "meter", q.to)
	if err != nil {
		return nil, err
	}
	var notes []note
	for _, s := range a.Result {
		for i := 1; i < len(s.Values); i++ {
			before, after := s.Values[i-1], s.Values[i]
			if before.Value == after.Value {
				continue
			}
			meter := label(s, "meter")
			notes = append(notes, note{at: after.Timestamp.Time(), title: titled(titles, meter) + ": limit changed",
				text: fmt.Sprintf("Limit of %s by %s: %s, before %s", label(s, "organization"), label(s, "window"), after.Value, before.Value), tags: []string{"usage", "limit", meter}})
		}
	}
	return notes, nil
}

func titled(titles map[string]string, name string) string {
	if title := titles[name]; title != "" {
		return title
	}
	return name
}

// alerts are while they fired, to the step.
func (d *Datasource) alerts(ctx context.Context, who person, q query) ([]note, error) {
	a, err := d.store.over(ctx, who, `ALERTS{alertstate="firing",organization!="",`+q.matchers()+`}`, aligned(q.from, q.step, 0), aligned(q.to, q.step, 0), q.step)
	if err != nil {
		return nil, err
	}
	var notes []note
	for _, s := range a.Result {
		for begin := 0; begin < len(s.Values); {
			end := begin
			for end+1 < len(s.Values) && s.Values[end+1].Timestamp.Sub(s.Values[end].Timestamp) <= 2*q.step {
				end++
			}
			notes = append(notes, note{at: s.Values[begin].Timestamp.Time(), until: s.Values[end].Timestamp.Time(),
				title: label(s, "alertname"), text: written(without(s.Metric, "__name__", "alertname", "alertstate")), tags: []string{"usage", "alert", label(s, "severity")}})
			begin = end + 1
		}
	}
	return notes, nil
}

func without(metric model.Metric, names ...model.LabelName) model.Metric {
	rest := metric.Clone()
	for _, name := range names {
		delete(rest, name)
	}
	return rest
}

// alternatives is a pattern of exactly these.
func alternatives(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = regexp.QuoteMeta(v)
	}
	return strings.Join(quoted, "|")
}
