// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"io"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/admission"
	"github.com/otelcol-usage/otelcol-usage/internal/api/seen"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/dispatch"
	"github.com/otelcol-usage/otelcol-usage/internal/moving"
	"github.com/otelcol-usage/otelcol-usage/internal/overview"
	"github.com/otelcol-usage/otelcol-usage/internal/peers"
)

// API answers requests for figures. The Collector's extension serves it.
type API struct {
	// Open returns the ledger. An error, which wraps [usage.ErrUnavailable]:
	// none is open.
	Open func() (Book, error)
	// Catalogue returns the one in force.
	Catalogue func() Catalogue
	// AcceptCatalogue puts the file in force that is refused for the organizations
	// that it has not any more, and returns how many it has.
	AcceptCatalogue func(ctx context.Context, now time.Time) (organizations int, err error)
	// Collector returns what is known of the collector around the ledger.
	Collector func() Collector
	Logger    *zap.Logger
	Now       func() time.Time
	// Issuer is who sends bills, as files of FOCUS name them.
	Issuer string

	// Peers are other shards, of which answers have their part; nil: there are
	// none.
	Peers *peers.Peers

	// Gate finds out who asks.
	admission.Gate

	// Moving makes steps of organizations' moves between shards.
	Moving Moving

	AlertTests AlertTests
	// Schedules returns what sends reports; nil: no ledger is open.
	Schedules func() *dispatch.Dispatcher
}

// Moving is this shard's part in moves. A [moving.Shard] is one.
type Moving interface {
	State(id string) (moving.State, error)
	CopyOut(ctx context.Context, id string, to io.Writer) error
	Do(ctx context.Context, id string, r *moving.Request) (any, error)
}

// Book is what of a ledger is read and changed here.
type Book = seen.Book

// Catalogue is the one in force, and what became of its file.
type Catalogue struct {
	*catalogue.Catalogue
	Path string // "": none is configured
	// Loaded is when the one in force was read.
	Loaded time.Time
	// Err says why the file is not the one in force; nil: it is. Failed is
	// since when.
	Err    error
	Failed time.Time
}

// Collector is what its configuration tells.
type Collector struct {
	// Warnings say what in it counts wrong or nothing, each with its remedy.
	Warnings []string
	OTLP     string // where it takes OTLP over HTTP, as http://localhost:4318
	Store    string // where the embedded store answers, or ""
	// Shard says which part of the organizations is counted here, nothing where
	// that is all.
	Shard overview.State
}
