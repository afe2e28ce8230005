// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/collector/client"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/overview"
	"github.com/otelcol-usage/otelcol-usage/internal/shard"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// sharding is what a ledger knows of being one of several. Without a name it is
// the only one, and all that arrives is its own.
type sharding struct {
	name string
	file *shard.File // nil: no map
	rule identity.Rule
	info *usage.Series // of the process

	mu       sync.Mutex // guards all below
	labelled map[*usage.Series]*usage.Series
}

// open reads the map. process is what the collector calls this process, in its log
// and in metrics of its own.
func (s *sharding) open(config definition.Shard, process string, rule identity.Rule, logger *zap.Logger) (err error) {
	s.name, s.rule, s.labelled = config.Name, rule, map[*usage.Series]*usage.Series{}
	s.info = &usage.Series{Name: usage.ShardInfo.Name, Labels: []usage.Label{{Name: "replica", Value: config.Replica}, {Name: "service_instance_id", Value: process}}}
	if config.Map == "" {
		return nil
	}
	if s.file, err = shard.Load(config.Map, config.Name, rule, logger); err != nil {
		return fmt.Errorf("shard::map: %w", err)
	}
	return nil
}

// owned says which organizations of the catalogue are this shard's; nil: all are.
// Statements, bills and reports are of those alone.
func (s *sharding) owned() func(id string) bool {
	if s.file == nil {
		return nil
	}
	return func(id string) bool { return s.owns(identity.Spell(id, s.rule.Normalize)) }
}

// owns reports whether an organization, by its id as it is counted, is this shard's.
func (s *sharding) owns(id string) bool {
	return s.file == nil || s.file.Current().Owns(s.name, id)
}

// run looks at the map until ctx ends. changed is told of another one.
func (s *sharding) run(ctx context.Context, changed func(context.Context, time.Time) error) {
	if s.file == nil {
		return
	}
	s.file.Run(ctx, func(now time.Time) error { return changed(ctx, now) })
}

// current returns the map in force, nil where there is none.
func (s *sharding) current() *shard.Map {
	if s.file == nil {
		return nil
	}
	return s.file.Current().Map
}

// refuse makes what belongs to other shards by a map unauthorized. An error says that
// it may be this one's by a map that is on its way.
func (s *sharding) refuse(ctx context.Context, by *shard.Map, batch *usage.Batch) error {
	if by == nil {
		return nil
	}
	return by.Refuse(batch, s.name, shard.Sent(client.FromContext(ctx).Metadata.Get(shard.MapKey)))
}

// own leaves of a collection what this shard publishes: the organizations that
// are its own, each with the series that claims it.
func (s *sharding) own(c usage.Collection) usage.Collection {
	if s.name == "" {
		return c
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	own, claim := c.Organizations[:0:0], s.labelOf(usage.ShardOwns)
	for _, o := range c.Organizations {
		if o.Organization != usage.NoOrganization {
			if !s.owns(o.Organization) {
				continue
			}
			o.Figures = append(slices.Clip(o.Figures), usage.Figure{Series: claim, Value: 1})
		}
		own = append(own, o)
	}
	c.Organizations = own
	return c
}

// figures are those of the process about itself and its map.
func (s *sharding) figures() (figures []usage.Figure) {
	if s.name != "" {
		figures = append(figures, usage.Figure{Series: s.info, Value: 1})
	}
	if s.file != nil {
		now := s.file.Current()
		figures = append(figures,
			usage.Figure{Series: usage.ShardMapVersion, Value: float64(now.Version)},
			usage.Figure{Series: usage.ShardMapRefused, Value: float64(truth(now.Err != nil))})
	}
	return figures
}

// label gives what the process tells of itself the shard's name, without which
// the series of all shards would be one.
func (s *sharding) label(c usage.Collection) usage.Collection {
	if s.name == "" {
		return c
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Organizations = slices.Clone(c.Organizations)
	for i := range c.Organizations {
		o := &c.Organizations[i]
		if o.Organization != usage.NoOrganization {
			continue
		}
		o.Figures = slices.Clone(o.Figures)
		for j := range o.Figures {
			o.Figures[j].Series = s.labelOf(o.Figures[j].Series)
		}
	}
	return c
}

// labelOf returns a series with the label, the same one each time.
func (s *sharding) labelOf(series *usage.Series) *usage.Series {
	if labelled := s.labelled[series]; labelled != nil {
		return labelled
	}
	labelled := *series
	labelled.Labels = append(slices.Clone(series.Labels), usage.Label{Name: "shard", Value: s.name})
	slices.SortFunc(labelled.Labels, func(x, y usage.Label) int { return strings.Compare(x.Name, y.Name) })
	s.labelled[series] = &labelled
	return &labelled
}

// state is what the page says of the shard.
func (s *sharding) state() overview.State {
	if s.file == nil {
		return overview.State{OK: true, Text: s.name}
	}
	now := s.file.Current()
	virtual, pinned := now.Owned(s.name)
	out := overview.State{OK: now.Err == nil, Text: fmt.Sprintf("%s, %d of %d virtual shards and %d pinned, map %d", s.name, virtual, shard.Virtual, pinned, now.Version)}
	if now.Err != nil {
		out.Detail = now.Err.Error()
	}
	return out
}
