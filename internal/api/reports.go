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

// reportParameters are those of a report.
var reportParameters = []string{"organization", "reseller", "period", "window", "basis", "format", "section"}

// report writes a report on what the client may see.
func (a *API) report(w http.ResponseWriter, in *admitted) error {
	fallback := "json"
	if in.Query.Has("section") {
		fallback = "csv"
	}
	source := &reporter.Source{Book: in.Book, Catalogue: in.Catalogue.Catalogue, Issuer: a.Issuer, Now: a.Now()}
	document, err := source.Document(in.Context(), reporter.Request{
		Kind: report.Kind(in.PathValue("kind")), Organization: in.Organization, Reseller: in.Query.Get("reseller"),
		Period: cmp.Or(in.Query.Get("period"), "previous"), Window: in.Query.Get("window"), Basis: report.Basis(in.Query.Get("basis")),
	}, cmp.Or(in.Query.Get("format"), fallback), in.Query.Get("section"))
	if err != nil {
		return refuseReport(err)
	}
	header := w.Header()
	header.Set("Content-Type", document.MediaType)
	header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": document.FileName}))
	if in.Method == http.MethodHead {
		return nil
	}
	return a.stream(w, in, document.Write)
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
