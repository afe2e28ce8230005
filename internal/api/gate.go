// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/access"
	"github.com/otelcol-usage/otelcol-usage/internal/api/seen"
	"github.com/otelcol-usage/otelcol-usage/internal/site"
)

// admitted is a request that was let in, with what a handler answers it from: nothing
// else tells of organizations.
type admitted struct {
	*http.Request
	// Principal is who asks.
	Principal access.Principal
	// Book is the ledger as Principal sees it: what it may not see is not
	// there. nil where a route is public.
	Book Book
	// Catalogue is the one in force. It has all organizations: look up those
	// of Book only. What became of its file, and what is known of the collector,
	// is of the whole installation, and there for those who see all.
	Catalogue Catalogue
	Collector Collector
	// Organization is the one in the path, or in the parameter organization,
	// as the ledger spells it; "": none is asked for.
	Organization string
	// Query are the parameters, each one that the route has.
	Query url.Values
	// reach is what of the other shards belongs into the answer.
	reach
}

// admit decides whether a request may go its way. Whoever asks for an
// organization that it may not see is told what it would be told if there were
// none.
func (a *API) admit(r *http.Request, way route) (*admitted, error) {
	in := &admitted{Request: r, Catalogue: a.Catalogue(), Collector: a.Collector(), reach: a.reachOf(r)}
	if err := sameSite(r); err != nil {
		return nil, err
	}
	if way.needs != public {
		var err error
		if in.Principal, err = a.Principal(r, in.Catalogue.Catalogue); err != nil {
			return nil, err
		}
		b, err := a.book()
		if err != nil {
			return nil, err
		}
		in.Book = seen.By(&in.Principal, b)
	}
	if !in.Principal.SeesAll() {
		in.Catalogue, in.Collector = Catalogue{Catalogue: in.Catalogue.Catalogue}, Collector{}
	}
	if err := a.parameters(in, way.query); err != nil {
		return nil, err
	}
	if asked := site.ID(r.PathValue("organization")) + in.Query.Get("organization"); asked != "" {
		s, known := in.Book.Status(asked)
		switch {
		case known:
			in.Organization = s.ID
		case in.others != nil:
			in.elsewhere = asked
			return in, nil // the shard that has it decides
		default:
			return nil, unknownOrganization(asked)
		}
	}
	switch {
	case way.needs == writeOne && !in.Principal.Writes(in.Organization):
		return nil, forbidden("organization %q: you may read it and not change it: that needs a principal with role admin that has it", in.Organization)
	case way.needs == writeAll && !in.Principal.WritesAll():
		return nil, forbidden(`this needs a principal with role admin of all organizations, ["*"]`)
	}
	return in, nil
}

func forbidden(format string, args ...any) *apiError {
	return refuse(http.StatusForbidden, noRight, format, args...)
}

// crossSite knows requests that a page of another site has a browser send.
var crossSite = http.NewCrossOriginProtection()

// sameSite refuses what changes something and may come from a page of another
// site, by the headers that browsers send. Below /api a body must also be JSON,
// which no form can send.
func sameSite(r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	if err := crossSite.Check(r); err != nil {
		return forbidden("the request comes from a page of another site: send it from the site itself, or without a browser")
	}
	if r.ContentLength == 0 || !strings.HasPrefix(r.URL.Path, "/api/") {
		return nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, badData, "Content-Type: %q: send application/json", r.Header.Get("Content-Type"))
	}
	return nil
}

// parameters reads the query. A parameter that is not understood is refused:
// what it was to leave out would be shown.
func (a *API) parameters(in *admitted, understood []string) error {
	query, err := url.ParseQuery(in.URL.RawQuery)
	if err != nil {
		return refuse(http.StatusBadRequest, badData, "query: %s", err)
	}
	for _, name := range a.Credentials {
		query.Del(name)
	}
	for name, values := range query {
		switch {
		case name == madeParameter && in.part:
		case len(understood) == 0:
			return refuse(http.StatusBadRequest, badData, "%s: no such parameter: there are none here", name)
		case !slices.Contains(understood, name):
			return refuse(http.StatusBadRequest, badData, "%s: no such parameter: use %s", name, strings.Join(understood, ", "))
		case len(values) > 1:
			return refuse(http.StatusBadRequest, badData, "%s: given %d times: give it once", name, len(values))
		}
	}
	in.Query = query
	return nil
}
