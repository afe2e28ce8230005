// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// settle is how long after their minute figures are asked for: they are collected
// when it is over, and are on their way to the store then.
const settle = 5 * time.Second

// stream is a query whose answer goes on as figures come. A browser hands it back
// as it got it with the answer to the query; whatever it makes of it is bound like
// any other.
type stream struct {
	Expr      string `json:"expr"` // without variables
	Legend    string `json:"legendFormat,omitempty"`
	Step      int64  `json:"step"`   // s
	Length    int64  `json:"length"` // s of the panel's range: a browser keeps as much of a channel
	UTCOffset int64  `json:"utcOffsetSec,omitempty"`
}

// channel is what the frontend needs to go on with an answer.
type channel struct {
	Path string `json:"path"`
	Data stream `json:"data"`
}

// path is where a person's stream is. Grafana runs one for all who subscribe to a
// path, on behalf of the first: so each person has paths of their own.
func (s stream) path(who person) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // it has strings and numbers
	}
	sum := sha256.Sum256(append([]byte(who.email+"\x00"), text...))
	return "live/" + hex.EncodeToString(sum[:])
}

// goOn makes of an answer to a range query one that goes on.
func (a *answer) goOn(who person, q *query) data.Frames {
	s := stream{
		Expr: q.Expr, Legend: q.Legend, UTCOffset: q.UTCOffset,
		Step: int64(q.step / time.Second), Length: int64(q.to.Sub(q.from) / time.Second),
	}
	f := a.wide(q)
	f.Meta.Custom = map[string]any{"live": channel{Path: s.path(who), Data: s}}
	return data.Frames{f}
}

var errNoStream = errors.New("there is no such stream of yours: ask the query anew")

// streamOf returns the stream of a path, for whom Grafana's server says that asks.
func (d *Datasource) streamOf(from backend.PluginContext, path string, text json.RawMessage) (s stream, who person, err error) {
	if who, err = personOf(from, d.settings); err != nil {
		return s, who, err
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, who, fmt.Errorf("%w: %w", errNoStream, err)
	}
	if path != s.path(who) || s.step() < d.settings.Step {
		return s, who, errNoStream
	}
	return s, who, nil
}

func (s stream) step() time.Duration { return time.Duration(s.Step) * time.Second }

// SubscribeStream lets a person subscribe to their own streams, as long as the
// usage API knows them.
func (d *Datasource) SubscribeStream(ctx context.Context, request *backend.SubscribeStreamRequest) (*backend.SubscribeStreamResponse, error) {
	_, who, err := d.streamOf(request.PluginContext, request.Path, request.Data)
	if err == nil {
		_, err = d.api.rights(ctx, who)
	}
	var refused *refusal
	switch {
	case err == nil:
		return &backend.SubscribeStreamResponse{Status: backend.SubscribeStreamStatusOK}, nil
	case errors.Is(err, errNoStream), errors.Is(err, errNobody), errors.Is(err, errNoAlerting), errors.As(err, &refused):
		return &backend.SubscribeStreamResponse{Status: backend.SubscribeStreamStatusPermissionDenied}, nil
	}
	return nil, err
}

// PublishStream lets nobody publish: figures come from the store alone.
func (*Datasource) PublishStream(context.Context, *backend.PublishStreamRequest) (*backend.PublishStreamResponse, error) {
	return &backend.PublishStreamResponse{Status: backend.PublishStreamStatusPermissionDenied}, nil
}

// RunStream asks for each step when its figures are there, until nobody looks any
// more. A store that is away is caught up with. Rights are those of each minute.
func (d *Datasource) RunStream(ctx context.Context, request *backend.RunStreamRequest, sender *backend.StreamSender) error {
	s, who, err := d.streamOf(request.PluginContext, request.Path, request.Data)
	if err != nil {
		return err
	}
	last := aligned(settled(), s.step(), s.UTCOffset) // that the panel has
	for next := last; ; {
		next = next.Add(s.step())
		if err := sleepUntil(ctx, next.Add(settle)); err != nil {
			return err
		}
		q := query{Expr: s.Expr, Legend: s.Legend, step: s.step()}
		a, err := d.store.over(ctx, who, s.Expr, last.Add(s.step()), next, s.step())
		if err != nil {
			log.DefaultLogger.Warn("a stream has no figures of this minute", "error", err)
			continue
		}
		last = next
		if len(a.Result) == 0 {
			continue
		}
		if err := sender.SendFrame(a.wide(&q), data.IncludeAll); err != nil {
			return err
		}
	}
}

// settled is until when figures are there.
func settled() time.Time { return time.Now().Add(-settle) }

func sleepUntil(ctx context.Context, t time.Time) error {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
