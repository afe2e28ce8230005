// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package catalogue reads organizations.yaml: the customer organizations with
// their time zones, billing anchors, plans, quotas and contacts, and who may
// read what.
//
// [Parse] is strict. A key that is not known, a zone that does not exist or an
// id that occurs twice is refused with its line, and all such errors are
// returned together: a catalogue is either good as a whole or not used at all.
// A [Catalogue] never changes once it is read, so any number of goroutines may
// share one; a reload makes a new one. The nil *Catalogue is the empty one.
package catalogue

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
	_ "time/tzdata" // a zone must not depend on what the machine has installed
)

// FileName is how errors call a catalogue that was not read from a file.
const FileName = "organizations.yaml"

// Catalogue is the content of organizations.yaml.
type Catalogue struct {
	// Organizations in the order of the file.
	Organizations []Organization `yaml:"organizations"`
	// Principals are the clients that may read, and what.
	Principals []Principal `yaml:"principals"`

	byID map[string]int
}

// Organization is a customer organization.
type Organization struct {
	// ID is the value that telemetry names the organization by.
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
	// Reseller groups organizations; empty: none.
	Reseller string `yaml:"reseller"`
	// CSM are the customer success managers who see the organization.
	CSM       []string `yaml:"csm"`
	ClientID  string   `yaml:"client_id"`
	Subdomain string   `yaml:"subdomain"`
	// Notify are receivers of notifications beside the operator's own.
	Notify Notify `yaml:"notify"`
	// Timezone is an IANA name; default UTC.
	Timezone string `yaml:"timezone"`
	// AnchorDay is the day of the month on which billing cycles begin, 1 to
	// 31, clamped to the month's last day. Default 1.
	AnchorDay int    `yaml:"anchor_day"`
	Currency  string `yaml:"currency"`
	Plan      Plan   `yaml:"plan"`
	// Quotas by meter.
	Quotas map[string]Quota `yaml:"quotas"`

	// Location is Timezone, loaded. Never nil.
	Location *time.Location `yaml:"-"`
}

// Notify are an organization's own receivers of notifications.
type Notify struct {
	Email   []string `yaml:"email"`
	Webhook []string `yaml:"webhook"`
	SMS     []string `yaml:"sms"`
}

// Plan is what an organization has subscribed to.
type Plan struct {
	Type       string `yaml:"type"`
	TermStart  string `yaml:"term_start"` // date
	TermMonths int    `yaml:"term_months"`
	// Subscription is the amount per calendar month, as decimal text.
	Subscription string `yaml:"subscription"`
	// Payments is the payment status by month, as 2026-10: paid.
	Payments map[string]string `yaml:"payments"`
}

// Quota is what an organization may use of one meter. Limit and FlexPrice are
// decimal text, since money and limits are never floats.
type Quota struct {
	Limit      string    `yaml:"limit"`
	Window     string    `yaml:"window"`
	FlexPrice  string    `yaml:"flex_price"`
	Thresholds []float64 `yaml:"thresholds"`
}

// Principal is who may read what, by a claim of the authenticated client.
type Principal struct {
	Claim         string   `yaml:"claim"`
	Value         string   `yaml:"value"`
	Role          string   `yaml:"role"`
	Organizations []string `yaml:"organizations"`
}

// Load reads a catalogue from a file.
func Load(path string) (*Catalogue, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		var pathErr *os.PathError
		if errors.As(err, &pathErr) {
			err = pathErr.Err // the path is said below
		}
		return nil, fmt.Errorf("read catalogue %s: %w", path, err)
	}
	return ParseAs(filepath.Base(path), data)
}

// Parse reads a catalogue. Its errors name [FileName].
func Parse(data []byte) (*Catalogue, error) { return ParseAs(FileName, data) }

// Lookup returns an organization by its id.
func (c *Catalogue) Lookup(id string) (*Organization, bool) {
	if c == nil {
		return nil, false
	}
	i, found := c.byID[id]
	if !found {
		return nil, false
	}
	return &c.Organizations[i], true
}

// Len is the number of organizations.
func (c *Catalogue) Len() int {
	if c == nil {
		return 0
	}
	return len(c.Organizations)
}
