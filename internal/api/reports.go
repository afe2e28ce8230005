// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/reporter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// reportParameters are those of a report.
var reportParameters = []string{"organization", "reseller", "period", "window", "basis", "format", "section"}

// report writes a report.
func (a *API) report(w http.ResponseWriter, r *http.Request) error {
	b, err := a.book()
	if err != nil {
		return err
	}
	params, err := parameters(r, reportParameters...)
	if err != nil {
		return err
	}
	source := &reporter.Source{Book: b, Catalogue: a.Catalogue().Catalogue, Now: time.Now()}
	document, err := source.Document(r.Context(), reporter.Request{
		Kind: report.Kind(r.PathValue("kind")), Organization: params("organization"), Reseller: params("reseller"),
		Period: cmp.Or(params("period"), "previous"), Window: params("window"), Basis: report.Basis(params("basis")),
	}, cmp.Or(params("format"), "json"), params("section"))
	if err != nil {
		return refuseReport(err)
	}
	header := w.Header()
	header.Set("Content-Type", document.Format.MediaType)
	header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": document.FileName}))
	if r.Method == http.MethodHead {
		return nil
	}
	return a.stream(w, r, document.Write)
}

// refuseReport says why a report cannot be made.
func refuseReport(err error) error {
	var refusal *reporter.Refusal
	switch {
	case errors.As(err, &refusal) && refusal.Missing:
		return refuse(http.StatusNotFound, notFound, "%s", err)
	case errors.As(err, &refusal):
		return refuse(http.StatusBadRequest, badData, "%s", err)
	case errors.Is(err, usage.ErrUnavailable):
		return refuse(http.StatusServiceUnavailable, unavailable, "%s", err)
	}
	return err
}

// parameters reads those of a query: others than the allowed ones, and one that
// is given twice, are refused.
func parameters(r *http.Request, allowed ...string) (func(name string) string, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, badData, "query: %s", err)
	}
	for name, values := range query {
		if !slices.Contains(allowed, name) {
			return nil, refuse(http.StatusBadRequest, badData, "%s: no such parameter: use %s", name, strings.Join(allowed, ", "))
		}
		if len(values) > 1 {
			return nil, refuse(http.StatusBadRequest, badData, "%s: given %d times: give it once", name, len(values))
		}
	}
	return query.Get, nil
}
