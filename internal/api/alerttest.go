// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"sync"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// alertTestLength is how long the alert of a test fires: long enough for the
// collection, the evaluation of the rules and the waiting of Alertmanager's
// groups, each of which takes up to a minute or so.
const alertTestLength = 5 * time.Minute

// AlertTests are the tests of alerts that run. A test is a figure like those
// that real alerts are made of, so it takes their whole way: store, rules,
// Alertmanager, receiver. It is forgotten when the process ends.
type AlertTests struct {
	mu      sync.Mutex
	started map[string]time.Time // by organization
}

// start begins a test, or a new one in place of one that runs.
func (t *AlertTests) start(organization string, now time.Time) alertTestJSON {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.started == nil {
		t.started = map[string]time.Time{}
	}
	now = now.UTC().Truncate(time.Second)
	t.started[organization] = now
	return alertTestJSON{Organization: organization, Started: now, Until: now.Add(alertTestLength)}
}

// end forgets the test of an organization.
func (t *AlertTests) end(organization string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.started, organization)
}

// On adds the tests that run to a collection.
func (t *AlertTests) On(c usage.Collection, now time.Time) usage.Collection {
	t.mu.Lock()
	defer t.mu.Unlock()
	for organization, started := range t.started {
		if now.Sub(started) >= alertTestLength {
			delete(t.started, organization)
			continue
		}
		c = c.With(organization, usage.Figure{Series: usage.AlertTest(started.Format(time.RFC3339)), Value: 1})
	}
	return c
}

type alertTestJSON struct {
	Organization string `json:"organization"`
	// Started is the alert's label `started`.
	Started time.Time `json:"started"`
	Until   time.Time `json:"until"`
}

func (a *API) testAlert(r *admitted) (any, error) {
	if r.Organization == usage.NoOrganization {
		return nil, unknownOrganization(r.Organization)
	}
	return a.AlertTests.start(r.Organization, a.Now()), nil
}
