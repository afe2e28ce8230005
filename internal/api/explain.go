// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"github.com/otelcol-usage/otelcol-usage/internal/api/shape"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
)

func explain(r *admitted) (any, error) {
	period, err := periodAsked(r.Query)
	if err != nil {
		return nil, err
	}
	x, err := r.Book.Explain(r.Context(), inquiry.ExplainQuery{
		Organization: r.Organization, Meter: r.Query.Get("meter"), Window: r.Query.Get("window"), Period: period, User: r.Query.Get("user"),
	})
	if err != nil {
		return nil, refuseQuestion(err)
	}
	return shape.ExplanationOf(x), nil
}
