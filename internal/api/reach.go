// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/access"
	"github.com/otelcol-usage/otelcol-usage/internal/merge"
	"github.com/otelcol-usage/otelcol-usage/internal/peers"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/reporter"
	"github.com/otelcol-usage/otelcol-usage/internal/site"
)

// reach is how far a request goes: to this ledger alone where another shard
// asks, else to all shards.
type reach struct {
	// part reports whether another shard asks for this one's part.
	part bool
	// others are those to ask; nil: none.
	others *peers.Peers
	// elsewhere is an organization that is asked for and not here.
	elsewhere string
	// missing are shards that have not answered.
	missing []report.Missing
}

func (a *API) reachOf(r *http.Request) reach {
	switch r.Header.Get(peers.Header) {
	case "":
		return reach{others: a.Peers}
	case peers.Part:
		return reach{part: true}
	}
	return reach{}
}

// incompleteHeader names the shards that are missing in an answer.
const incompleteHeader = "Usage-Incomplete"

func headMissing(w http.ResponseWriter, missing []report.Missing) {
	if len(missing) > 0 {
		w.Header().Set(incompleteHeader, report.NamesOf(missing))
	}
}

// madeParameter is when a report is made that a shard is asked for its part of.
const madeParameter = "made"

// sameVersion refuses a shard that understands parts otherwise.
func sameVersion(w http.ResponseWriter, r *http.Request) error {
	asked := r.Header.Get(peers.Header)
	if asked == "" || asked == peers.Whole {
		return nil
	}
	w.Header().Set(peers.Header, peers.Part)
	if asked != peers.Part {
		return refuse(http.StatusConflict, conflict, "%s: %q: this shard is of %q: run the same version on all shards", peers.Header, asked, peers.Part)
	}
	return nil
}

// partsOf returns the parts of the other shards, and notes those that are missing.
func partsOf[T any](in *admitted, path string, query url.Values) []merge.Part[T] {
	if in.others == nil {
		return nil
	}
	parts, missing := peers.Gather[T](in.Context(), in.others, peers.Question{Method: http.MethodGet, Path: path, Query: query, By: in.Principal.Claims()})
	in.missing = append(in.missing, missing...)
	return parts
}

// forward lets the shard answer that has the organization.
func (a *API) forward(w http.ResponseWriter, in *admitted) error {
	by := in.Principal.Claims()
	shard, missing, err := in.others.Owner(in.Context(), "/api/v1/organizations/"+site.Segment(in.elsewhere)+"/figures", in.elsewhere, by)
	switch {
	case err != nil:
		return err
	case shard == "" && len(missing) > 0:
		headMissing(w, missing)
		return refuse(http.StatusServiceUnavailable, unavailable, "organization %q: it is not here, and may be of a shard that is missing: %s: ask again", in.elsewhere, report.Missed(missing))
	case shard == "":
		return unknownOrganization(in.elsewhere)
	}
	if err := in.others.Forward(w, in.Request, in.Query, shard, by); err != nil {
		headMissing(w, []report.Missing{{Shard: shard}})
		return refuse(http.StatusServiceUnavailable, unavailable, "organization %q: %s: ask again", in.elsewhere, err)
	}
	return nil
}

// others asks the other shards for their parts of reports.
type others struct {
	*peers.Peers
	by access.Claims // nil: nobody, but a schedule
}

// Others are the other shards for reports that nobody asks for, which are made by
// the rights of the credentials.
func Others(p *peers.Peers) reporter.Others { return others{Peers: p} }

func (o others) Parts(ctx context.Context, r *reporter.Request, made time.Time) ([]merge.Part[*reporter.Part], []report.Missing, error) {
	query := url.Values{madeParameter: {made.Format(time.RFC3339Nano)}}
	for name, value := range map[string]string{
		"organization": r.Organization, "reseller": r.Reseller, "period": r.Period, "window": r.Window, "basis": string(r.Basis),
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	q := peers.Question{Method: http.MethodGet, Path: "/api/v1/reports/" + string(r.Kind), Query: query, By: o.by}
	parts, missing := peers.Gather[*reporter.Part](ctx, o.Peers, q)
	for _, p := range parts {
		p.Of.Users = o.users(ctx, p.Shard, q)
	}
	return parts, missing, nil
}

// users are read anew each time.
func (o others) users(ctx context.Context, shard string, q peers.Question) iter.Seq2[report.User, error] {
	q.Query = maps.Clone(q.Query)
	q.Query.Set("format", usersFormat)
	return func(yield func(report.User, error) bool) {
		taken := true
		err := o.Stream(ctx, shard, q, func(body io.Reader) error {
			taken = reporter.ReadUsers(body, yield)
			return nil
		})
		if err != nil && taken {
			yield(report.User{}, err)
		}
	}
}

// reportPart answers another shard.
func (a *API) reportPart(w http.ResponseWriter, in *admitted) error {
	made, err := time.Parse(time.RFC3339Nano, in.Query.Get(madeParameter))
	if err != nil {
		return refuse(http.StatusBadRequest, badData, "%s: %q: write a time as 2026-11-21T14:05:00Z", madeParameter, in.Query.Get(madeParameter))
	}
	source, request := a.source(in), asked(in)
	source.Now = made
	part, err := source.Part(in.Context(), &request)
	if err != nil {
		return refuseReport(err)
	}
	w.Header().Set("Content-Type", "application/json")
	if in.Query.Get("format") == usersFormat {
		return a.stream(w, in, part.WriteUsers)
	}
	return a.stream(w, in, func(to io.Writer) error {
		return json.NewEncoder(to).Encode(envelope{Status: "success", Data: part})
	})
}

// usersFormat asks for the users of a part, where there is any other for the rest.
const usersFormat = "ndjson"
