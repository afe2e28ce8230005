// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package moving

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/peers"
	"github.com/otelcol-usage/otelcol-usage/internal/transfer"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Record has a batch counted: what is of organizations that have left, by the shards
// that they went to, the rest by record. away is what the ledger says of them. An error
// says that nothing may be assumed: what was counted by then is known when it is sent
// again.
func (s *Shard) Record(ctx context.Context, away map[string]*part.Transfer, batch *usage.Batch, record func(*usage.Batch) error) error {
	parts, rest := split(batch, away)
	if len(parts) == 0 {
		return record(batch)
	}
	for id, items := range parts {
		t := away[id]
		if t.State != part.Gone {
			return part.Moving(id)
		}
		for len(items) > 0 {
			some := items[:min(len(items), handedOver)]
			items = items[len(some):]
			if err := s.handOver(ctx, id, t.Shard, batch, some); err != nil {
				return fmt.Errorf("organization %q has moved to shard %q, which has not counted what came here: %w: %w", id, t.Shard, usage.ErrUnavailable, err)
			}
		}
	}
	if len(rest) == 0 {
		return nil
	}
	own := usage.Batch{Items: make([]usage.Item, len(rest)), Effects: batch.Effects, Values: batch.Values, Averages: batch.Averages}
	for i, item := range rest {
		own.Items[i] = batch.Items[item]
	}
	if err := record(&own); err != nil {
		return err
	}
	for i, item := range rest {
		batch.Items[item] = own.Items[i]
	}
	return nil
}

// handedOver is how many items go to another shard at once: some hundred bytes each.
const handedOver = 1000

// split returns the items of a batch that are of organizations that are away, by
// organization, and the others.
func split(batch *usage.Batch, away map[string]*part.Transfer) (parts map[string][]int, rest []int) {
	if len(away) == 0 {
		return nil, nil
	}
	for i := range batch.Items {
		id := batch.Items[i].Organization
		if away[id] == nil {
			continue
		}
		if parts == nil {
			parts = map[string][]int{}
		}
		parts[id] = append(parts[id], i)
	}
	if parts == nil {
		return nil, nil
	}
	for i := range batch.Items {
		if away[batch.Items[i].Organization] == nil {
			rest = append(rest, i)
		}
	}
	return parts, rest
}

// counted is what a shard has made of items, in their order.
type counted struct {
	Outcomes []byte         `json:"outcomes"` // usage.Outcome
	Reasons  []usage.Reason `json:"reasons"`
}

// handOver has another shard count items of a batch, of one organization.
func (s *Shard) handOver(ctx context.Context, id, to string, batch *usage.Batch, items []int) error {
	l, err := s.Ledger()
	if err != nil {
		return err
	}
	others, err := s.others(to)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := gob.NewEncoder(&text).Encode(some(batch, items)); err != nil {
		return err
	}
	x := l.Extraction()
	var became counted
	err = others.Tell(ctx, to, peers.Question{Method: http.MethodPost, Path: path(id), Body: &Request{Step: Count, Meters: metersOf(&x), Items: text.Bytes()}}, &became)
	if err != nil {
		return err
	}
	if len(became.Outcomes) != len(items) || len(became.Reasons) != len(items) {
		return fmt.Errorf("shard %s answers of %d items, not of %d", to, len(became.Outcomes), len(items))
	}
	for i, item := range items {
		it := &batch.Items[item]
		it.Became, it.Because = usage.Outcome(became.Outcomes[i]), became.Reasons[i]
	}
	return nil
}

// Count counts what another shard was sent of an organization that has come here. Its
// items are what that shard's extraction made of them, which is why the meters have to
// be the same, under the same numbers.
func (s *Shard) Count(ctx context.Context, id string, r *Request) (any, error) {
	l, err := s.Ledger()
	if err != nil {
		return nil, err
	}
	if x := l.Extraction(); r.Meters != metersOf(&x) {
		return nil, fmt.Errorf("%w: the shards have different meters: configure both alike and restart them", transfer.Err)
	}
	switch t := l.Away()[id]; {
	case t != nil && t.State == part.Gone:
		return nil, fmt.Errorf("%w: it has left shard %q for %q: the map is to give it to where it is", transfer.Err, s.Name, t.Shard)
	case t != nil:
		return nil, part.Moving(id)
	}
	if err := s.given(id, s.Name); err != nil {
		return nil, err
	}
	batch := &usage.Batch{}
	if err := gob.NewDecoder(bytes.NewReader(r.Items)).Decode(batch); err != nil {
		return nil, fmt.Errorf("%w: items: %w", transfer.Err, err)
	}
	if err := whole(batch, id); err != nil {
		return nil, err
	}
	if err := l.Record(ctx, s.Now(), batch); err != nil {
		return nil, err
	}
	var became counted
	for i := range batch.Items {
		became.Outcomes = append(became.Outcomes, byte(batch.Items[i].Became))
		became.Reasons = append(became.Reasons, batch.Items[i].Because)
	}
	return became, nil
}

// metersOf tells apart what items were made by.
func metersOf(x *usage.Extraction) string {
	text, _ := json.Marshal(x.Meters) // texts and numbers
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// some returns a batch of some of the items.
func some(batch *usage.Batch, items []int) *usage.Batch {
	part := &usage.Batch{Items: make([]usage.Item, 0, len(items))}
	for _, item := range items {
		it := batch.Items[item]
		effects := batch.EffectsOf(&it)
		it.FirstEffect = int32(len(part.Effects))
		for _, e := range effects {
			values, averages := batch.ValuesOf(&e), batch.AveragesOf(&e)
			e.FirstValue, e.FirstAverage = int32(len(part.Values)), int32(len(part.Averages))
			part.Values, part.Averages = append(part.Values, values...), append(part.Averages, averages...)
			part.Effects = append(part.Effects, e)
		}
		part.Items = append(part.Items, it)
	}
	return part
}

// whole returns an error where a batch that came from elsewhere has something of another
// organization, or points to what it has not.
func whole(batch *usage.Batch, id string) error {
	within := func(first, n int32, of int) bool { return first >= 0 && n >= 0 && int(first)+int(n) <= of }
	for i := range batch.Items {
		if it := &batch.Items[i]; it.Organization != id || !within(it.FirstEffect, it.NumEffects, len(batch.Effects)) {
			return fmt.Errorf("%w: items: item %d is not of organization %q, or is cut short", transfer.Err, i, id)
		}
	}
	for i := range batch.Effects {
		if e := &batch.Effects[i]; !within(e.FirstValue, e.NumValues, len(batch.Values)) || !within(e.FirstAverage, e.NumAverages, len(batch.Averages)) {
			return fmt.Errorf("%w: items: effect %d is cut short", transfer.Err, i)
		}
	}
	return nil
}
