// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/api/shape"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/reporter"
)

// billJSON is what is known of a bill's delivery.
type billJSON struct {
	Organization string `json:"organization"`
	Month        string `json:"month"`
	// Delivered is when it was delivered first, null where there is nothing on
	// it, so that it stays open.
	Delivered *time.Time `json:"delivered"`
}

// billed notes that an organization's bill of a month was delivered by hand.
func (a *API) billed(in *admitted) (any, error) {
	r := reporter.Request{Kind: report.Billing, Organization: in.Organization, Period: in.PathValue("month")}
	source := a.source(in)
	if err := source.Deliver(in.Context(), r, a.Now()); err != nil {
		return nil, refuseReport(err)
	}
	at, err := source.Delivered(in.Context(), r)
	if err != nil {
		return nil, refuseReport(err)
	}
	return billJSON{in.Organization, r.Period, shape.Instant(at)}, nil
}
