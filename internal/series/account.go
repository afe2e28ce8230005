// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package series

import (
	"cmp"
	"slices"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// This file has what the catalogue says of an organization, in the labels of gauges that
// are always 1.

// Info returns the gauge whose labels tell about an organization.
func (b *Book) Info(name, reseller, plan, timezone string) *usage.Series {
	return b.Gauge("usage_organization_info",
		usage.Label{Name: "name", Value: name}, usage.Label{Name: "reseller", Value: reseller},
		usage.Label{Name: "plan", Value: plan}, usage.Label{Name: "timezone", Value: timezone})
}

// Account returns the gauge whose labels tell what an organization is in the
// vendor's books.
func (b *Book) Account(clientID, subdomain, plan string) *usage.Series {
	return b.Gauge("usage_organization_account",
		usage.Label{Name: "client_id", Value: clientID}, usage.Label{Name: "subdomain", Value: subdomain}, usage.Label{Name: "plan", Value: plan})
}

// Receivers returns the gauges that name the receivers of an organization's alerts,
// and the one that lists by which channels it has any, as email,sms, or none.
func (b *Book) Receivers(email, sms, webhook []string) (gauges []*usage.Series) {
	var channels []string
	for _, of := range [...]struct {
		channel   string
		receivers []string
	}{{"email", email}, {"sms", sms}, {"webhook", webhook}} {
		if len(of.receivers) > 0 {
			channels = append(channels, of.channel)
		}
		for _, receiver := range of.receivers {
			s := b.Gauge("usage_organization_notify",
				usage.Label{Name: "channel", Value: of.channel}, usage.Label{Name: "receiver", Value: receiver})
			if !slices.Contains(gauges, s) { // else it is listed twice
				gauges = append(gauges, s)
			}
		}
	}
	list := cmp.Or(strings.Join(channels, ","), "none")
	return append(gauges, b.Gauge("usage_organization_notify_channels", usage.Label{Name: "notify", Value: list}))
}
