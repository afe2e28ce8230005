// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/gtime"
)

// The kinds of a store.
const (
	// embedded is the store in the collector. It gets the datasource's token
	// and the name of the person, and judges by itself as well.
	embedded = "embedded"
	// prometheus is any other that speaks its HTTP API. It is told neither.
	prometheus = "prometheus"
)

// settings are those of one datasource. What has jsonData can be read by
// viewers, so that secrets are elsewhere.
type settings struct {
	// Store is the base address of the store, and API that of the usage API;
	// nil: none is set.
	Store, API *url.URL
	StoreKind  string
	// Step is the interval at which figures come: no range query has a
	// smaller step.
	Step time.Duration
	// Alerting is the e-mail address of the person on whose behalf alert rules
	// are evaluated; "": on nobody's, and they see nothing.
	Alerting string

	// Token is the delegate's at the usage API and the embedded store, and
	// StoreToken that of another store, where it wants one.
	Token, StoreToken string
}

func readSettings(from backend.DataSourceInstanceSettings) (s settings, err error) {
	var data struct {
		UsageURL string `json:"usageUrl"`
		Store    string `json:"store"`
		Interval string `json:"timeInterval"`
		Alerting string `json:"alertingEmail"`
	}
	if len(from.JSONData) > 0 {
		if err := json.Unmarshal(from.JSONData, &data); err != nil {
			return s, fmt.Errorf("jsonData: %w", err)
		}
	}
	if s.Store, err = address("URL of the store", from.URL); err != nil {
		return s, err
	}
	if s.API, err = address("URL of the usage API (jsonData.usageUrl)", data.UsageURL); err != nil {
		return s, err
	}
	switch data.Store {
	case "", embedded:
		s.StoreKind = embedded
	case prometheus:
		s.StoreKind = prometheus
	default:
		return s, fmt.Errorf("jsonData.store: %q: use %s or %s", data.Store, embedded, prometheus)
	}
	s.Step = time.Minute
	if data.Interval != "" {
		if s.Step, err = gtime.ParseDuration(data.Interval); err != nil || s.Step <= 0 {
			return s, fmt.Errorf("jsonData.timeInterval: %q: write a duration, as 60s", data.Interval)
		}
	}
	s.Alerting = strings.TrimSpace(data.Alerting)
	s.Token = strings.TrimSpace(from.DecryptedSecureJSONData["token"])
	s.StoreToken = strings.TrimSpace(from.DecryptedSecureJSONData["storeToken"])
	return s, nil
}

// address reads a base address; of "" it is nil.
func address(name, text string) (*url.URL, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil //nolint:nilnil // none is set, which the health check says
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("%s: %q: write an address as http://HOST:PORT, without credentials and query", name, text)
	}
	return u, nil
}
