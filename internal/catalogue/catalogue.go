// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package catalogue reads organizations.yaml: the customer organizations with
// their time zones, billing anchors, plans, quotas and contacts, and who may
// read and change what.
//
// [Parse] is strict. A key that is not known, a price that is no decimal or a
// quota on a window that its meter does not keep is refused with its line, and
// all such errors are returned together: a catalogue is either good as a whole
// or not used at all. A [Catalogue] never changes once it is read, so any
// number of goroutines may share one; a reload makes a new one. The nil
// *Catalogue is the empty one.
//
//	bytes --decode--> document (the keys of the file, leaves as text)
//	      --check---> Catalogue (typed: what the program reads)
package catalogue

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a zone must not depend on what the machine has installed

	"github.com/shopspring/decimal"

	"github.com/otelcol-usage/otelcol-usage/internal/billing"
	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// FileName is how errors call a catalogue that was not read from a file.
const FileName = "organizations.yaml"

// Catalogue is the content of organizations.yaml.
type Catalogue struct {
	// Organizations in the order of the file.
	Organizations []Organization
	// Principals are the clients that may read and change something.
	Principals []Principal

	byID  map[string]int
	name  string // as errors call it
	lines []int  // of the organizations' ids
}

// Organization is a customer organization.
type Organization struct {
	// ID is the value that telemetry names the organization by.
	ID   string
	Name string
	// Reseller groups organizations; empty: none.
	Reseller string
	// CSM are the customer success managers who see the organization.
	CSM       []string
	ClientID  string
	Subdomain string
	// Notify are receivers of notifications beside the operator's own.
	Notify Notify
	// Location is the time zone, default UTC. Never nil.
	Location *time.Location
	// AnchorDay is the day of the month on which billing cycles begin, 1 to
	// 31, clamped to the month's last day. Default 1.
	AnchorDay int
	// Currency is what prices are in.
	Currency Currency
	Plan     Plan
	// Meters are what the organization has bought: it has their series from
	// the beginning. Others it has once it uses them or has a quota on them.
	Meters []string
	// Quotas by meter.
	Quotas map[string]Quota
}

// Notify are an organization's own receivers of notifications: e-mail
// addresses, http(s) URLs and phone numbers in E.164.
type Notify struct {
	Email   []string `yaml:"email"`
	Webhook []string `yaml:"webhook"`
	SMS     []string `yaml:"sms"`
}

// Plan is what an organization has subscribed to.
type Plan struct {
	// Type says how overage is charged; empty: it is not.
	Type billing.Plan
	// TermStart lies in the first billing window of the first term; the zero
	// Date: none.
	TermStart usage.Date
	// TermMonths is the length of a term, which renews for the same length;
	// 0: none.
	TermMonths int
	// Subscription is the amount per calendar month; not valid: none.
	Subscription decimal.NullDecimal
	// Payments is the payment status of billing windows by the month that
	// they begin in; empty: all are open.
	Payments map[billing.Month]string
}

// Quota is what an organization may use of one meter.
type Quota struct {
	// Limit in millionths (usage.Micro); 0: none is allowed.
	Limit  wide.Int
	Window usage.Window
	// FlexPrice is the price of one above the limit; not valid: overage is
	// not billed.
	FlexPrice decimal.NullDecimal
	// Thresholds are the shares of the limit that are told of when they are
	// reached, ascending, in millionths. Empty where the file has [].
	Thresholds []int64
}

// Roles of principals.
const (
	RoleAdmin    = "admin"
	RoleCSM      = "csm"
	RoleDelegate = "delegate"
	RoleViewer   = "viewer"
)

// All among the organizations of a principal stands for every organization.
const All = "*"

// Principal is who may read and change what, by a claim of the authenticated
// client.
type Principal struct {
	Claim string `yaml:"claim"`
	Value string `yaml:"value"`
	// Role is viewer: reads the organizations of Organizations and Resellers;
	// admin: changes them as well; csm: reads the organizations whose csm has
	// Value; or delegate: asks on behalf of others and reads nothing itself.
	Role string `yaml:"role"`
	// Organizations are ids, or [All].
	Organizations []string `yaml:"organizations"`
	// Resellers are names of resellers, whose organizations are meant.
	Resellers []string `yaml:"resellers"`
	// Claims are those by which a delegate may name people; see SpeaksFor.
	Claims []string `yaml:"claims"`
}

// SpeaksFor are the claims by which a delegate may name people. By default it
// may by what Grafana knows of them: email and team.
func (p *Principal) SpeaksFor() []string {
	if len(p.Claims) == 0 {
		return []string{"email", "team"}
	}
	return p.Claims
}

// Load reads a catalogue from a file; see [ParseAs].
func Load(path string, meters []usage.Meter) (*Catalogue, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		if pathErr, ok := errors.AsType[*os.PathError](err); ok {
			err = pathErr.Err // the path is said below
		}
		return nil, fmt.Errorf("read catalogue %s: %w", path, err)
	}
	return ParseAs(filepath.Base(path), data, meters)
}

// Parse reads a catalogue without judging its quotas against meters. Its
// errors name [FileName].
func Parse(data []byte) (*Catalogue, error) { return ParseAs(FileName, data, nil) }

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

// CalendarOf returns the calendar by which an organization that is new is counted:
// UTC from the first where it is not listed.
func (c *Catalogue) CalendarOf(id string) *calendar.Calendar {
	if o, listed := c.Lookup(id); listed {
		return calendar.New(o.Location, o.AnchorDay)
	}
	return calendar.New(time.UTC, 1)
}

// Keeps reports whether a calendar is the one that the catalogue gives the organization.
func (o *Organization) Keeps(cal *calendar.Calendar) bool {
	return cal.Zone().String() == o.Location.String() && cal.Anchor() == o.AnchorDay
}

// InOrder returns the organizations in the order of their ids, in which a ledger
// takes new ones in without moving others.
func (c *Catalogue) InOrder() []*Organization {
	entries := make([]*Organization, c.Len())
	for i := range entries {
		entries[i] = &c.Organizations[i]
	}
	slices.SortFunc(entries, func(x, y *Organization) int { return strings.Compare(x.ID, y.ID) })
	return entries
}

// Len is the number of organizations.
func (c *Catalogue) Len() int {
	if c == nil {
		return 0
	}
	return len(c.Organizations)
}
