// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Series writes a series as PromQL does, its labels in the order of their
// names: usage_active_users{meter="learners",window="day"}.
func Series(name string, labels map[string]string) string {
	var text strings.Builder
	text.WriteString(name)
	text.WriteByte('{')
	for i, label := range slices.Sorted(maps.Keys(labels)) {
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, "%s=%q", label, labels[label])
	}
	text.WriteByte('}')
	return text.String()
}

// Figures returns an organization's figures of the last collection, by series
// without the organization.
func (c *Collector) Figures(organization string) (map[string]float64, error) {
	var data struct {
		Figures []struct {
			Name   string
			Labels map[string]string
			Value  float64
		}
	}
	if err := c.ask("/api/v1/organizations/"+url.PathEscape(organization)+"/figures", &data); err != nil {
		return nil, err
	}
	figures := map[string]float64{}
	for _, f := range data.Figures {
		figures[Series(f.Name, f.Labels)] = f.Value
	}
	return figures, nil
}

// Items is how many items of each outcome an organization has.
type Items map[string]uint64

// Received is the sum of the outcomes.
func (i Items) Received() (n uint64) {
	for _, of := range i {
		n += of
	}
	return n
}

// Items returns the items of organizations by their id. They are of now, not of
// a minute.
func (c *Collector) Items() (map[string]Items, error) {
	var data []struct {
		ID    string
		Items map[string]map[string]uint64
	}
	if err := c.ask("/api/v1/organizations", &data); err != nil {
		return nil, err
	}
	items := map[string]Items{}
	for _, o := range data {
		items[o.ID] = Items{}
		for _, outcomes := range o.Items {
			for outcome, n := range outcomes {
				items[o.ID][outcome] += n
			}
		}
	}
	return items, nil
}

// ask reads what the ledger's API answers.
func (c *Collector) ask(path string, data any) error {
	return Ask("http://"+c.API+path, data)
}

// Ask reads the data of an answer in the form of the Prometheus API.
func Ask(address string, data any) error {
	status, body, err := get(address)
	if err != nil {
		return err
	}
	answer := struct{ Data any }{data}
	if status != http.StatusOK {
		return fmt.Errorf("%s answers %d: %s", address, status, body)
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("%s answers %s: %w", address, body, err)
	}
	return nil
}

// Get reads a path of the ledger's page and API.
func (c *Collector) Get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	return Get(t, "http://"+c.API+path)
}

// Get reads an address.
func Get(t *testing.T, address string) (status int, body string) {
	t.Helper()
	status, text, err := get(address)
	require.NoError(t, err)
	return status, string(text)
}
