// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"errors"
	"mime"
	"net/http"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/reporter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// report writes a report.
func (a *API) report(w http.ResponseWriter, r *admitted) error {
	source := &reporter.Source{Book: r.Book, Catalogue: r.Catalogue.Catalogue, Now: a.Now()}
	document, err := source.Document(r.Context(), reporter.Request{
		Kind: report.Kind(r.PathValue("kind")), Organization: r.Organization, Reseller: r.Query.Get("reseller"),
		Period: cmp.Or(r.Query.Get("period"), "previous"), Window: r.Query.Get("window"), Basis: report.Basis(r.Query.Get("basis")),
	}, cmp.Or(r.Query.Get("format"), "json"), r.Query.Get("section"))
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
