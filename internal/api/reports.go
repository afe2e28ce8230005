// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"errors"
	"mime"
	"net/http"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/reporter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// reportParameters are those that say what a report is about, fileParameters
// those of one in any format.
var (
	reportParameters = []string{"organization", "reseller", "period", "window", "basis"}
	fileParameters   = append(slices.Clone(reportParameters), "format", "section")
)

// source is what reports are made of that the client may see.
func (a *API) source(in *admitted) *reporter.Source {
	s := &reporter.Source{Book: in.Book, Catalogue: in.Catalogue.Catalogue, Issuer: a.Issuer, Now: a.Now()}
	if in.others != nil {
		s.Others = others{in.others, in.Principal.Claims()}
	}
	return s
}

// asked is the report that path and parameters ask for.
func asked(in *admitted) reporter.Request {
	return reporter.Request{
		Kind: report.Kind(in.PathValue("kind")), Organization: in.Organization, Reseller: in.Query.Get("reseller"),
		Period: cmp.Or(in.Query.Get("period"), "previous"), Window: in.Query.Get("window"), Basis: report.Basis(in.Query.Get("basis")),
	}
}

// report writes a report on what the client may see.
func (a *API) report(w http.ResponseWriter, in *admitted) error {
	if in.part {
		return a.reportPart(w, in)
	}
	fallback := "json"
	if in.Query.Has("section") {
		fallback = "csv"
	}
	document, err := a.source(in).Document(in.Context(), asked(in), cmp.Or(in.Query.Get("format"), fallback), in.Query.Get("section"))
	if err != nil {
		return refuseReport(err)
	}
	header := w.Header()
	headMissing(w, document.Report.Missing)
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
