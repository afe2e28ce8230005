// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/scrape"
	v1 "github.com/prometheus/prometheus/web/api/v1"

	"github.com/otelcol-usage/otelcol-usage/internal/access/promql"
)

// theirAlerts answers who may not see all with the alerts of the organizations
// that they may see.
func (s *Store) theirAlerts(w http.ResponseWriter, r *http.Request) {
	b := boundOf(r.Context())
	found := v1.AlertDiscovery{Alerts: []*v1.Alert{}}
	for _, rule := range s.alerting().AlertingRules() {
		found.Alerts = append(found.Alerts, alertsOf(rule, b)...)
	}
	writeData(w, found)
}

// theirRules answers who may not see all with the rules that have alerts of
// theirs, and with nothing else of them: expressions and files are the
// operator's, and may name others; how an evaluation went follows from all
// organizations.
func (s *Store) theirRules(w http.ResponseWriter, r *http.Request) {
	b := boundOf(r.Context())
	found := v1.RuleDiscovery{RuleGroups: []*v1.RuleGroup{}}
	if kind := r.FormValue("type"); kind == "" || kind == "alert" {
		for _, g := range s.alerting().RuleGroups() {
			if theirs := rulesOf(g, b); len(theirs) > 0 {
				found.RuleGroups = append(found.RuleGroups, &v1.RuleGroup{Name: g.Name(), File: filepath.Base(g.File()), Interval: g.Interval().Seconds(), Rules: theirs})
			}
		}
	}
	writeData(w, found)
}

func rulesOf(g *rules.Group, b *promql.Bound) (found []v1.Rule) {
	for _, rule := range g.AlertingRules() {
		alerts := alertsOf(rule, b)
		if len(alerts) == 0 {
			continue
		}
		state := rules.StatePending
		if slices.ContainsFunc(alerts, func(a *v1.Alert) bool { return a.State == rules.StateFiring.String() }) {
			state = rules.StateFiring
		}
		found = append(found, v1.AlertingRule{
			Type: "alerting", Name: rule.Name(), State: state.String(), Alerts: alerts, Health: rules.HealthUnknown,
			Duration: rule.HoldDuration().Seconds(), KeepFiringFor: rule.KeepFiringFor().Seconds(),
		})
	}
	return found
}

// alertsOf returns the alerts of a rule that may be seen, by their labels.
func alertsOf(rule *rules.AlertingRule, b *promql.Bound) (found []*v1.Alert) {
	for _, a := range rule.ActiveAlerts() {
		if !b.Sees(a.Labels.Get(organizationLabel)) {
			continue
		}
		shown := &v1.Alert{Labels: a.Labels, Annotations: a.Annotations, State: a.State.String(), ActiveAt: &a.ActiveAt, Value: strconv.FormatFloat(a.Value, 'e', -1, 64)}
		if !a.KeepFiringSince.IsZero() {
			shown.KeepFiringSince = &a.KeepFiringSince
		}
		found = append(found, shown)
	}
	slices.SortFunc(found, func(x, y *v1.Alert) int { return labels.Compare(x.Labels, y.Labels) })
	return found
}

func writeData(w http.ResponseWriter, data any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": data}) // the client went away: nobody to tell
}

// targets are what the API asks for metadata: of the metrics of which the
// request may read a series.
func (s *Store) targets(ctx context.Context) v1.TargetRetriever {
	book := scrape.MetricMetadataStore(&s.metadata)
	if !boundOf(ctx).Everything() {
		book = s.theirMetadata(ctx)
	}
	return absent{metadata: map[string][]*scrape.Target{"otlp": {targetOf(book)}}}
}

func (s *Store) theirMetadata(ctx context.Context) *metadataBook {
	theirs := &metadataBook{}
	q, err := boundReader{reader{s}}.Querier(math.MinInt64, math.MaxInt64)
	if err != nil {
		return theirs // closed meanwhile
	}
	defer func() { _ = q.Close() }() // it was read, or is not
	names, _, err := q.LabelValues(ctx, labels.MetricName, nil)
	if err != nil {
		return theirs
	}
	for _, name := range names {
		if m, known := s.metadata.GetMetadata(name); known {
			theirs.note(name, m.Type, m.Help)
		}
	}
	return theirs
}
