// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/rules"
)

const (
	// ruleInterval is that of rule groups that name none: one collection.
	ruleInterval = time.Minute
	// outageTolerance is how long a collector may be away without an alert
	// that waits (`for`) having to begin anew.
	outageTolerance = time.Hour
	// forGrace is what such an alert waits at least after the start, so that
	// one does not fire before the first collection has come in.
	forGrace = time.Minute
)

// RuleSettings of a store's rules.
type RuleSettings struct {
	// Files are paths or patterns (rules/*.yaml) of rule files as Prometheus
	// reads them.
	Files []string
	// Alertmanagers are told of alerts, as host:port or http(s)://host:port/prefix.
	Alertmanagers []string
	// ExternalURL is what rules know as externalURL: where links in alerts lead.
	ExternalURL string
}

// Rules evaluates recording and alert rules over a store, writes what they
// record into it and tells Alertmanagers of what fires.
//
// Prometheus' own manager evaluates each group at a moment of the group's own;
// here [Rules.Evaluate] is called when a collection has come in, so that an
// alert follows its figures at once, and with the time as an argument.
//
// Which alerts fire follows from the figures at each evaluation, and what fires
// is told again at each: an Alertmanager that was away learns of it a minute
// after it is back, and nothing is queued for it. After a restart alerts fire
// again at the first evaluation, which an Alertmanager knows as the same alerts;
// how long one with `for` has waited is restored from the store.
type Rules struct {
	store    *Store
	settings RuleSettings
	options  *rules.ManagerOptions
	notifier *alertSender

	evaluating sync.Mutex // guards files and what rules remember between evaluations
	files      ruleFiles  // in force
	refused    string     // what was last said of files that are bad

	// mu guards groups, by file and name.
	mu     sync.RWMutex
	groups []*rules.Group
}

// OpenRules reads the rule files and starts to serve their state in Handler's
// API. Close it before the store.
func (s *Store) OpenRules(settings RuleSettings) (*Rules, error) {
	settings.ExternalURL = strings.TrimSuffix(settings.ExternalURL, "/")
	external, err := url.Parse(settings.ExternalURL)
	if err != nil {
		return nil, fmt.Errorf("external URL: %w", err)
	}
	r := &Rules{store: s, settings: settings}
	r.options = &rules.ManagerOptions{
		ExternalURL:     external,
		QueryFunc:       rules.EngineQueryFunc(s.engine, reader{store: s}),
		NotifyFunc:      r.notify,
		Context:         context.Background(),
		Appendable:      ruleAppendable{s},
		Queryable:       reader{store: s},
		Logger:          s.logger,
		OutageTolerance: outageTolerance,
		ForGracePeriod:  forGrace,
		ResendDelay:     ruleInterval / 2, // at each evaluation, however its moment varies
		Parser:          s.engine.Parser,
	}
	r.options.Metrics = rules.NewGroupMetrics(nil)
	files, err := findRuleFiles(settings.Files)
	if err != nil {
		return nil, err
	}
	if r.groups, err = r.load(files); err != nil {
		return nil, err
	}
	r.files = files
	if r.notifier, err = newAlertSender(settings.Alertmanagers, s.logger); err != nil {
		return nil, err
	}
	s.rules.Store(r)
	return r, nil
}

// Close stops telling Alertmanagers; what is under way ends within ctx.
func (r *Rules) Close(ctx context.Context) {
	r.evaluating.Lock()
	defer r.evaluating.Unlock()
	r.store.rules.CompareAndSwap(r, nil)
	r.notifier.close(ctx)
}

// load reads rule files into groups, which know nothing yet.
func (r *Rules) load(files ruleFiles) ([]*rules.Group, error) {
	if err := files.documents(); err != nil {
		return nil, err
	}
	// A manager is asked to load only; it never runs.
	loaded, errs := rules.NewManager(r.options).LoadGroups(ruleInterval, labels.EmptyLabels(), r.settings.ExternalURL, nil, false, files.paths...)
	if len(errs) > 0 {
		return nil, fmt.Errorf("%w; correct the file", errors.Join(errs...))
	}
	groups := make([]*rules.Group, 0, len(loaded))
	for _, g := range loaded {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b *rules.Group) int {
		return cmp.Or(cmp.Compare(a.File(), b.File()), cmp.Compare(a.Name(), b.Name()))
	})
	return groups, nil
}

// Reload takes rule files that have changed since the last call. Bad ones are
// refused, once, and what was in force stays. Groups that did not change go on,
// changed ones keep the state of the alerts that they still have.
func (r *Rules) Reload() (changed bool, err error) {
	r.evaluating.Lock()
	defer r.evaluating.Unlock()
	files, err := findRuleFiles(r.settings.Files)
	if err == nil && files.digest == r.files.digest {
		r.refused = ""
		return false, nil
	}
	var groups []*rules.Group
	if err == nil {
		groups, err = r.load(files)
	}
	if err != nil {
		if said := err.Error(); said != r.refused {
			r.refused = said
			return false, err
		}
		return false, nil
	}
	known := map[string]*rules.Group{}
	for _, g := range r.groups {
		known[rules.GroupKey(g.File(), g.Name())] = g
	}
	for i, g := range groups {
		old := known[rules.GroupKey(g.File(), g.Name())]
		switch {
		case old == nil:
		case old.Equals(g):
			groups[i] = old
		default:
			g.CopyState(old)
		}
	}
	r.files, r.refused = files, ""
	r.mu.Lock()
	defer r.mu.Unlock()
	r.groups = groups
	return true, nil
}

// Evaluate evaluates the groups that are due at at, which is never before that
// of an earlier call, and returns how many rules could not be evaluated. A store
// that is closed for now is left alone.
func (r *Rules) Evaluate(ctx context.Context, at time.Time) (failed int) {
	r.evaluating.Lock()
	defer r.evaluating.Unlock()
	if !r.store.Ready() {
		return 0
	}
	for _, g := range r.RuleGroups() {
		last := g.GetLastEvalTimestamp()
		if !last.IsZero() && at.Before(last.Add(g.Interval())) || ctx.Err() != nil {
			continue
		}
		rules.DefaultEvalIterationFunc(ctx, g, at)
		if last.IsZero() {
			g.RestoreForState(at)
		}
		for _, rule := range g.Rules() {
			if rule.Health() == rules.HealthBad {
				failed++
			}
		}
	}
	return failed
}

// RuleGroups are those in force, by file and name.
func (r *Rules) RuleGroups() []*rules.Group {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clone(r.groups)
}

// AlertingRules are the alert rules of all groups.
func (r *Rules) AlertingRules() []*rules.AlertingRule {
	var all []*rules.AlertingRule
	for _, g := range r.RuleGroups() {
		all = append(all, g.AlertingRules()...)
	}
	return all
}
