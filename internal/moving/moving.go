// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package moving

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/peers"
	"github.com/otelcol-usage/otelcol-usage/internal/shard"
	"github.com/otelcol-usage/otelcol-usage/internal/site"
	"github.com/otelcol-usage/otelcol-usage/internal/transfer"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Shard is one that organizations move from and to.
type Shard struct {
	Name string // "": it has none, and nothing is moved
	// Ledger is its own. An error, which wraps usage.ErrUnavailable: it is not open.
	Ledger func() (*ledger.Ledger, error)
	// Map returns the one in force, nil where there is none.
	Map func() *shard.Map
	// Follow has the ledger follow the catalogue of what the map in force gives it.
	Follow func(ctx context.Context, now time.Time) error
	// Peers returns the other shards, nil where there are none.
	Peers func() *peers.Peers
	Now   func() time.Time
}

// State is what a shard says of an organization.
type State struct {
	Organization string `json:"organization"` // as it is counted
	Shard        string `json:"shard"`        // who says it
	Map          string `json:"map"`          // the id of the map in force; empty: none
	Owner        string `json:"owner"`        // whose it is by that map
	Here         bool   `json:"here"`         // it is in the ledger, if held
	// State is held, coming or gone; empty: it is not on its way.
	State string `json:"state"`
	Token string `json:"token"` // of the attempt
	Other string `json:"other"` // the shard where it went, or comes from
	// Copied: the copy of this attempt has left and is as the organization is, or has come as
	// a whole.
	Copied bool `json:"copied"`
}

// errNoShard is of a ledger that is no shard.
var errNoShard = fmt.Errorf("%w: this ledger is no shard: name it by usage_ledger::shard::name, as other shards call it in api::peers", transfer.Err)

// State returns what this shard says of an organization, all of which is on disk.
func (s *Shard) State(id string) (State, error) {
	if s.Name == "" {
		return State{}, errNoShard
	}
	l, err := s.Ledger()
	if err != nil {
		return State{}, err
	}
	is := State{Organization: id, Shard: s.Name}
	away := l.Away()
	if known, here := l.Status(id); here {
		is.Organization, is.Here = known.ID, true
	} else if x := l.Extraction(); away[id] == nil {
		is.Organization = identity.Spell(id, x.Spellings.Newest())
	}
	if m := s.Map(); m != nil {
		is.Map, is.Owner = m.ID().String(), m.Owner(is.Organization).Name
	}
	t := away[is.Organization]
	if t == nil {
		return is, nil
	}
	is.State, is.Token, is.Other, is.Copied = string(t.State), t.Token, t.Shard, t.Row != nil
	is.Here = is.Here && t.State == part.Held // a step is told of when it is on disk
	if is.Here {
		is.Copied, err = transfer.Copied(l, is.Organization, t.Token)
	}
	return is, err
}

// CopyOut holds an organization and writes a copy of it.
func (s *Shard) CopyOut(ctx context.Context, id string, to io.Writer) error {
	l, err := s.Ledger()
	if err != nil {
		return err
	}
	return transfer.CopyOut(ctx, l, id, s.Now(), to)
}

// Copy is what has come.
type Copy struct {
	Token   string `json:"token"`
	Rows    int64  `json:"rows"`
	Bytes   int64  `json:"bytes"`
	Figures int    `json:"figures"` // that were compared
}

// CopyIn has another shard hold an organization, and takes a copy of it.
func (s *Shard) CopyIn(ctx context.Context, id, from string) (c Copy, err error) {
	if s.Name == "" {
		return c, errNoShard
	}
	l, err := s.Ledger()
	if err != nil {
		return c, err
	}
	others, err := s.others(from)
	if err != nil {
		return c, err
	}
	q := peers.Question{Method: http.MethodPost, Path: path(id), Body: Request{Step: CopyOut}}
	var refused error
	err = others.Stream(ctx, from, q, func(stream io.Reader) error {
		r, total, err := transfer.CopyIn(ctx, l, from, s.Now(), stream)
		if refused = err; err == nil {
			c = Copy{r.Token, total.Rows, total.Bytes, total.Figures}
		}
		return err
	})
	if err != nil && refused == nil {
		err = fmt.Errorf("%w: %w", usage.ErrUnavailable, err)
	}
	return c, err
}

// LetGo lets an organization go whose copy another shard has under a token.
func (s *Shard) LetGo(ctx context.Context, id, token, to string) error {
	l, err := s.Ledger()
	if err != nil {
		return err
	}
	if err := s.given(id, to); err != nil {
		return err
	}
	there, err := s.ask(ctx, id, to)
	switch {
	case err != nil:
		return err
	case there.State != string(part.Coming) || there.Token != token || !there.Copied:
		return fmt.Errorf("%w: shard %q has no copy of this attempt: copy it again", transfer.Err, to)
	case (there.Map == "") != (s.Map() == nil) || there.Map != "" && there.Owner != to:
		return fmt.Errorf("%w: the map %s of shard %q gives it to %q: give all shards and gateways the same map, in which it is pinned to %q", transfer.Err, there.Map, to, there.Owner, to)
	}
	return transfer.LetGo(l, id, token, to, s.Now())
}

// TakeIn begins to count an organization that has come under a token, and that the
// source has let go.
func (s *Shard) TakeIn(ctx context.Context, id, token string) error {
	l, err := s.Ledger()
	if err != nil {
		return err
	}
	if err := s.given(id, s.Name); err != nil {
		return err
	}
	if err := s.Follow(ctx, s.Now()); err != nil { // its terms are in force from its first moment here
		return err
	}
	return transfer.TakeIn(l, id, token, s.Now())
}

// Discard takes away the copy of an organization that another shard has not let go.
func (s *Shard) Discard(ctx context.Context, id string) error {
	l, err := s.Ledger()
	if err != nil {
		return err
	}
	t := l.Away()[id]
	if t == nil || t.State != part.Coming {
		return nil
	}
	if err := s.given(id, t.Shard); err != nil {
		return err
	}
	there, err := s.ask(ctx, id, t.Shard)
	if err != nil {
		return err
	}
	if !there.Here {
		return fmt.Errorf("%w: shard %q does not have it any more, and this copy is all that there is: end the move, and move it back", transfer.Err, t.Shard)
	}
	return transfer.Discard(l, id, s.Now())
}

// Release counts an organization again that was held.
func (s *Shard) Release(ctx context.Context, id string) error {
	l, err := s.Ledger()
	if err != nil {
		return err
	}
	if err := s.given(id, s.Name); err != nil {
		return err
	}
	if err := s.Follow(ctx, s.Now()); err != nil {
		return err
	}
	return transfer.Release(l, id, s.Now())
}

// given returns an error where the map gives an organization to another shard.
func (s *Shard) given(id, to string) error {
	m := s.Map()
	if m == nil || m.Owns(to, id) {
		return nil
	}
	return fmt.Errorf("%w: the map %s of shard %q gives it to %q: pin it to %q", transfer.Err, m.ID(), s.Name, m.Owner(id).Name, to)
}

// others returns the other shards, one of which has a name.
func (s *Shard) others(name string) (*peers.Peers, error) {
	if others := s.Peers(); others != nil && others.Has(name) {
		return others, nil
	}
	return nil, fmt.Errorf("%w: shard %q knows no shard %q: name it among its api::peers, by the name that it has as a shard", transfer.Err, s.Name, name)
}

// ask asks another shard what it says of an organization.
func (s *Shard) ask(ctx context.Context, id, name string) (is State, err error) {
	others, err := s.others(name)
	if err != nil {
		return is, err
	}
	if err := others.Tell(ctx, name, peers.Question{Method: http.MethodGet, Path: path(id)}, &is); err != nil {
		return is, fmt.Errorf("%w: %w", usage.ErrUnavailable, err)
	}
	if is.Shard != name {
		return is, fmt.Errorf("%w: what is named %q in api::peers of shard %q is shard %q: name it so", transfer.Err, name, s.Name, is.Shard)
	}
	return is, nil
}

func path(id string) string { return "/api/v1/transfers/" + site.Segment(id) }

// Steps of a [Request].
const (
	CopyOut = "copy_out" // its answer is a stream
	CopyIn  = "copy_in"
	LetGo   = "let_go"
	TakeIn  = "take_in"
	Discard = "discard"
	Release = "release"
	Count   = "count"
)

// Request asks for a step, all but CopyOut with an answer.
type Request struct {
	Step  string `json:"step"`
	Shard string `json:"shard,omitempty"` // CopyIn: from where; LetGo: where it goes
	Token string `json:"token,omitempty"` // LetGo, TakeIn: of the attempt
	// Count: what belongs to the organization, see [Shard.Count].
	Meters string `json:"meters,omitempty"`
	Items  []byte `json:"items,omitempty"`
}

// Do makes a step of an organization, and returns what is to be answered.
func (s *Shard) Do(ctx context.Context, id string, r *Request) (any, error) {
	var err error
	switch r.Step {
	case CopyIn:
		return s.CopyIn(ctx, id, r.Shard)
	case Count:
		return s.Count(ctx, id, r)
	case LetGo:
		err = s.LetGo(ctx, id, r.Token, r.Shard)
	case TakeIn:
		err = s.TakeIn(ctx, id, r.Token)
	case Discard:
		err = s.Discard(ctx, id)
	case Release:
		err = s.Release(ctx, id)
	default:
		return nil, ErrStep
	}
	if err != nil {
		return nil, err
	}
	return s.State(id)
}

// ErrStep is of a step that there is not.
var ErrStep = errors.New("step: use copy_out, copy_in, let_go, take_in, discard, release or count")
