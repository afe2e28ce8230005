// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/otelcol-usage/otelcol-usage/internal/access/promql"
)

// endpoints are what is asked of a store, each with the parameters that are
// handed on; all others are dropped. Nothing of it tells of more than the series
// that match. Rules, alerts, metadata and status do: a store that many share has
// them of all.
var endpoints = map[string][]string{
	"query":         {"query", "time", "limit"},
	"query_range":   {"query", "start", "end", "step", "limit"},
	"series":        {"match[]", "start", "end", "limit"},
	"labels":        {"match[]", "start", "end", "limit"},
	"label//values": {"match[]", "start", "end", "limit"}, // of the label between
}

// store asks a store on behalf of people. Everything that goes there takes the
// way through [store.ask].
type store struct {
	base   *url.URL
	kind   string
	token  string // of the usage API, or of another store
	client *http.Client
	rights func(context.Context, person) (rights, error)
}

var errNoStore = errors.New("no address of a store is set: set the URL in the datasource's settings, as http://localhost:9090")

// ask asks an endpoint on behalf of a person: about what the person may see, and
// nothing else. Of label//values, label is the one that is asked about. Data is
// what the answer is read into.
func (s *store) ask(ctx context.Context, who person, endpoint, label string, parameters url.Values, data any) error {
	if s.base == nil {
		return errNoStore
	}
	known, found := endpoints[endpoint]
	if !found {
		return fmt.Errorf("%s: this datasource asks no such endpoint of a store", endpoint)
	}
	r, err := s.rights(ctx, who)
	if err != nil {
		return err
	}
	form := url.Values{}
	for _, name := range known {
		if values := parameters[name]; len(values) > 0 {
			form[name] = values
		}
	}
	if !r.SeesAll {
		if err := restrict(form, slices.Contains(known, "match[]"), promql.To(r.Organizations)); err != nil {
			return &refusal{status: http.StatusBadRequest, text: err.Error()}
		}
	}
	request, err := s.request(ctx, endpoint, label, form)
	if err != nil {
		return err
	}
	if s.kind == embedded {
		who.name(request)
	}
	if s.token != "" {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	response, err := send(s.client, request, "store")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return decode(response, data)
}

// restrict binds what is asked to what may be read. Where selectors are asked for
// and none is given, all series were meant: then it is all of these.
func restrict(form url.Values, bySelector bool, bound *promql.Bound) (err error) {
	if bySelector {
		form["match[]"], err = bound.Selectors(form["match[]"])
		return err
	}
	query, err := bound.Query(form.Get("query"))
	form.Set("query", query)
	return err
}

func (s *store) request(ctx context.Context, endpoint, label string, form url.Values) (*http.Request, error) {
	method, path := http.MethodPost, endpoint
	if endpoint == "label//values" {
		method, path = http.MethodGet, "label/"+escapeLabel(label)+"/values"
	}
	target := s.base.JoinPath("api/v1", path)
	if method == http.MethodGet {
		target.RawQuery = form.Encode()
		return http.NewRequestWithContext(ctx, method, target.String(), http.NoBody)
	}
	request, err := http.NewRequestWithContext(ctx, method, target.String(), strings.NewReader(form.Encode()))
	if err == nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return request, err
}

// escapeLabel writes a name for a path. One that is not of the classic letters is
// written as Prometheus asks for it.
func escapeLabel(name string) string {
	if model.LabelName(name).IsValidLegacy() {
		return name
	}
	return url.PathEscape(model.EscapeName(name, model.ValueEncodingEscaping))
}

// answer is the data of query and query_range.
type answer struct {
	Type   model.ValueType `json:"resultType"`
	Result samples         `json:"result"`
}

// samples are series with their values, of a vector, a matrix or a scalar.
type samples []series

type series struct {
	Metric model.Metric       `json:"metric"`
	Value  *model.SamplePair  `json:"value"`
	Values []model.SamplePair `json:"values"`
}

func (a *answer) UnmarshalJSON(data []byte) error { return readAnswer(data, a) }

// instant asks for an expression at a time.
func (s *store) instant(ctx context.Context, who person, expression string, at time.Time) (answer, error) {
	var a answer
	err := s.ask(ctx, who, "query", "", url.Values{"query": {expression}, "time": {seconds(at)}}, &a)
	return a, err
}

// over asks for an expression over a range.
func (s *store) over(ctx context.Context, who person, expression string, from, to time.Time, step time.Duration) (answer, error) {
	var a answer
	err := s.ask(ctx, who, "query_range", "", url.Values{
		"query": {expression}, "start": {seconds(from)}, "end": {seconds(to)}, "step": {seconds(time.Unix(0, int64(step)))},
	}, &a)
	return a, err
}
