// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/otelcol-usage/otelcol-usage/internal/access"
	"github.com/otelcol-usage/otelcol-usage/internal/merge"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/reporter"
)

// Header says how a shard is asked, and by which version of what they tell each
// other an answer is.
const Header = "Usage-Shard"

// Values of [Header].
var (
	// Part asks for what the shard has, and an answer has it where the shard is of
	// this version.
	Part = "part; version=" + strconv.Itoa(reporter.WireVersion)
	// Whole asks for what a person is answered.
	Whole = "whole"
)

// Peer is another shard.
type Peer struct {
	Name string
	// URL is that of its API, Client one that has its TLS and credentials.
	URL    *url.URL
	Client *http.Client
	// Within is how long an answer may take: to a part all of it, to another
	// request its beginning.
	Within time.Duration
}

// Peers are all other shards.
type Peers struct {
	All    []Peer
	Logger *zap.Logger

	away sync.Map // reasons of those that did not answer last, by name
}

// Close ends the connections that are kept.
func (p *Peers) Close() {
	for i := range p.All {
		p.All[i].Client.CloseIdleConnections()
	}
}

// atOnce is how many shards are asked at once for one answer.
const atOnce = 8

// maxPart bounds the answer of one shard.
const maxPart = 256 << 20

// Question is what all shards are asked.
type Question struct {
	Method, Path string
	Query        url.Values
	// Body is sent as JSON; nil: nothing is.
	Body any
	// By are claims of the person for whom it is asked; none: of nobody, by the
	// rights of the credentials.
	By access.Claims
}

// Gather asks each shard for its part, and returns those that came, and those
// that are missing. A shard that has nothing of what was asked has no part and is
// not missing.
func Gather[T any](ctx context.Context, p *Peers, q Question) (parts []merge.Part[T], missing []report.Missing) {
	type outcome struct {
		has  bool
		part T
		why  string
	}
	outcomes := make([]outcome, len(p.All))
	var asking errgroup.Group
	asking.SetLimit(atOnce)
	for i := range p.All {
		asking.Go(func() error {
			o := &outcomes[i]
			err := p.All[i].ask(ctx, &q, func(body io.Reader) error {
				o.has = true
				if q.Method == http.MethodHead {
					return nil
				}
				answer := struct{ Data *T }{&o.part}
				return json.NewDecoder(body).Decode(&answer)
			})
			if err == nil || errors.Is(err, errNothing) {
				p.answers(&p.All[i])
			} else {
				o.why = p.reason(&p.All[i], err)
			}
			return nil
		})
	}
	_ = asking.Wait() // none returns an error
	for i := range outcomes {
		switch o := &outcomes[i]; {
		case o.why != "":
			missing = append(missing, report.Missing{Shard: p.All[i].Name, Reason: o.why})
		case o.has:
			parts = append(parts, merge.Part[T]{Shard: p.All[i].Name, Of: o.part})
		}
	}
	return parts, missing
}

// Stream reads an answer of one shard while it comes.
func (p *Peers) Stream(ctx context.Context, shard string, q Question, read func(io.Reader) error) error {
	peer, err := p.named(shard)
	if err != nil {
		return err
	}
	lasting := *peer
	lasting.Within = 0 // a stream takes as long as its reader
	if err := lasting.ask(ctx, &q, read); err != nil {
		return fmt.Errorf("shard %s: %w", shard, err)
	}
	return nil
}

// Tell has one shard do something, or asks it alone, and reads the data of its answer.
func (p *Peers) Tell(ctx context.Context, shard string, q Question, into any) error {
	peer, err := p.named(shard)
	if err != nil {
		return err
	}
	err = peer.ask(ctx, &q, func(body io.Reader) error {
		answer := struct{ Data any }{into}
		return json.NewDecoder(body).Decode(&answer)
	})
	if err != nil {
		return fmt.Errorf("shard %s: %w", shard, err)
	}
	return nil
}

// Has reports whether there is a shard of a name.
func (p *Peers) Has(shard string) bool {
	_, err := p.named(shard)
	return err == nil
}

func (p *Peers) named(shard string) (*Peer, error) {
	i := slices.IndexFunc(p.All, func(peer Peer) bool { return peer.Name == shard })
	if i < 0 {
		return nil, fmt.Errorf("shard %s: no such peer", shard)
	}
	return &p.All[i], nil
}

// What is wrong with an answer, in the words of [report.Missing.Reason].
var (
	errNothing = errors.New("has nothing of it")
	errVersion = errors.New("is of another version")
	errLarge   = fmt.Errorf("has more than %d MiB of it: ask for less", maxPart>>20)
)

// refusedError is an answer that is no part.
type refusedError struct {
	status int
	text   string
}

func (e *refusedError) Error() string { return fmt.Sprintf("answers %d: %s", e.status, e.text) }

// ask hands the body of a shard's part to read.
func (p *Peer) ask(ctx context.Context, q *Question, read func(io.Reader) error) error {
	if p.Within > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.Within)
		defer cancel()
	}
	var body io.Reader
	if q.Body != nil {
		text, err := json.Marshal(q.Body)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	request, err := p.request(ctx, q.Method, q.Path, q.Query.Encode(), body, q.By)
	if err != nil {
		return err
	}
	request.Header.Set(Header, Part)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := p.Client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // it was read
	switch {
	case response.Header.Get(Header) != Part:
		return errVersion
	case response.StatusCode == http.StatusNotFound:
		return errNothing
	case response.StatusCode != http.StatusOK:
		var refusal struct{ Error string }
		_ = json.NewDecoder(io.LimitReader(response.Body, 1<<16)).Decode(&refusal) // or no text
		return &refusedError{response.StatusCode, refusal.Error}
	}
	bounded := &io.LimitedReader{R: response.Body, N: maxPart}
	if p.Within == 0 {
		return read(response.Body)
	}
	if err := read(bounded); err != nil && bounded.N == 0 {
		return errLarge
	} else if err != nil {
		return err
	}
	return nil
}

// request is one to the shard, for a person.
func (p *Peer) request(ctx context.Context, method, path, query string, body io.Reader, by access.Claims) (*http.Request, error) {
	to := p.URL.JoinPath(path) // as it is escaped
	to.RawQuery = query
	request, err := http.NewRequestWithContext(ctx, method, to.String(), body)
	if err != nil {
		return nil, err
	}
	if len(by) > 0 {
		request.Header[access.OnBehalfOf] = by.OnBehalf()
	}
	return request, nil
}

// reason says why a shard is missing, to whoever may ask. The log has more, once.
func (p *Peers) reason(of *Peer, err error) string {
	reason := reasonOf(of, err)
	if before, _ := p.away.Swap(of.Name, reason); before != reason {
		p.Logger.Warn("a shard is missing in answers", zap.String("shard", of.Name), zap.Stringer("url", of.URL), zap.Error(err))
	}
	return reason
}

// answers notes that a shard is not missing any more.
func (p *Peers) answers(of *Peer) {
	if _, was := p.away.LoadAndDelete(of.Name); was {
		p.Logger.Info("a shard answers again", zap.String("shard", of.Name))
	}
}

func reasonOf(of *Peer, err error) string {
	var refused *refusedError
	var network *net.OpError
	switch {
	case errors.Is(err, errVersion), errors.Is(err, errLarge):
		return err.Error()
	case errors.As(err, &refused) && refused.status == http.StatusServiceUnavailable:
		return "is not ready"
	case errors.As(err, &refused):
		return "refuses to answer, with status " + strconv.Itoa(refused.status)
	case errors.Is(err, context.DeadlineExceeded):
		return "has not answered within " + of.Within.String()
	case errors.As(err, &network):
		return "does not answer"
	}
	return "has not answered in full"
}
