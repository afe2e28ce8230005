// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensioncapabilities"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/extension/usageledger/internal/metadata"
	"github.com/otelcol-usage/otelcol-usage/internal/admission"
	"github.com/otelcol-usage/otelcol-usage/internal/api"
	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/dispatch"
	"github.com/otelcol-usage/otelcol-usage/internal/heap"
	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/moving"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/peers"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// book is what the extension needs of a [ledger.Ledger].
type book interface {
	api.Book
	Record(ctx context.Context, now time.Time, batch *usage.Batch) error
	Collect(ctx context.Context, now time.Time) (usage.Collection, error)
	SetCatalogue(ctx context.Context, c *catalogue.Catalogue, now time.Time) error
	Calendar(organization string) (*calendar.Calendar, error)
	Pseudonym(organization, user string) string
	Away() map[string]*part.Transfer
	usage.Memory
	Close(ctx context.Context) error
}

// opener opens the book of a configuration.
type opener func(cfg *Config, c *catalogue.Catalogue, logger *zap.Logger, now time.Time) (book, error)

func openLedger(cfg *Config, c *catalogue.Catalogue, logger *zap.Logger, now time.Time) (book, error) {
	x, err := cfg.Extraction()
	if err != nil {
		return nil, err
	}
	l, err := ledger.Open(settings(cfg, x, c, logger), now)
	if err != nil {
		return nil, err // not a nil *Ledger in a book
	}
	return l, nil
}

func settings(cfg *Config, x usage.Extraction, c *catalogue.Catalogue, logger *zap.Logger) ledger.Settings {
	to := cfg.Settings(x)
	to.Directory, to.Catalogue, to.Logger = cfg.Directory, c, logger
	to.EndWithin = endWithin
	return to
}

// endWithin leaves room to the rest of the process, which is to end within ten
// seconds.
const endWithin = 8 * time.Second

// exitDamaged is the exit code of a process whose ledger is damaged, EX_DATAERR of
// sysexits.h: starting it again does not help.
const exitDamaged = 65

var (
	_ usage.Ledger                                  = (*ledgerExtension)(nil)
	_ usage.Memory                                  = (*ledgerExtension)(nil)
	_ interface{ Catalogue() *catalogue.Catalogue } = (*ledgerExtension)(nil)
	_ extensioncapabilities.Dependent               = (*ledgerExtension)(nil)
	_ extensioncapabilities.PipelineWatcher         = (*ledgerExtension)(nil)
	_ extensioncapabilities.ConfigSnapshotWatcher   = (*ledgerExtension)(nil)
)

// ledgerExtension ties a ledger to the collector: its lifecycle, the clock, the
// catalogue's file and the HTTP API.
//
// The book is there from Start to Shutdown. Extensions start before and stop
// after all pipelines, so components find it there; calls at other times are
// answered as unavailable.
type ledgerExtension struct {
	id     component.ID
	config *Config
	set    component.TelemetrySettings
	logger *zap.Logger
	open   opener
	exit   func(code int)
	early  *early

	book      atomic.Pointer[book]
	schedules atomic.Pointer[dispatch.Dispatcher]
	peers     atomic.Pointer[peers.Peers]
	catalogue *watcher
	shard     sharding
	collector atomic.Pointer[api.Collector]

	api    api.API
	moving moving.Shard

	telemetry *metadata.TelemetryBuilder

	server *http.Server
	cancel context.CancelFunc // of all goroutines; nil: not started
	wg     sync.WaitGroup
}

func newExtension(set extension.Settings, cfg *Config, open opener) *ledgerExtension {
	e := &ledgerExtension{id: set.ID, config: cfg, set: set.TelemetrySettings, logger: set.Logger, open: open, exit: os.Exit, early: newEarly()}
	e.collector.Store(&api.Collector{OTLP: defaultOTLP})
	e.catalogue = newWatcher(cfg.Catalogue, cfg.CatalogueMaxLoss, set.Logger, func(ctx context.Context, c *catalogue.Catalogue, now time.Time) error {
		b, err := e.opened()
		if err != nil {
			return err
		}
		return b.SetCatalogue(ctx, c, now)
	})
	e.api.Open = func() (api.Book, error) { return e.opened() }
	e.api.Catalogue = func() api.Catalogue {
		c, state := e.catalogue.current()
		return api.Catalogue{Catalogue: c, Path: cfg.Catalogue, Loaded: state.Loaded, Err: state.Err, Failed: state.Failed}
	}
	e.api.AcceptCatalogue = e.catalogue.accept
	e.api.Collector = func() api.Collector {
		c := *e.collector.Load()
		c.Shard = e.shard.state()
		if moved := e.underWay(); moved != "" {
			c.Shard.OK, c.Shard.Detail = false, moved
		}
		return c
	}
	e.api.Schedules = e.schedules.Load
	e.api.Logger, e.api.Now = set.Logger, time.Now
	e.api.Issuer = cfg.Reports.Issuer
	e.moving = moving.Shard{Name: cfg.Shard.Name, Ledger: e.ledger, Map: e.shard.current, Follow: e.catalogue.refit, Peers: e.peers.Load, Now: time.Now}
	e.api.Moving = &e.moving
	return e
}

// Dependencies are the authenticators of the API and of its peers, which start
// first.
func (e *ledgerExtension) Dependencies() (ids []component.ID) {
	if auth := e.config.API.Auth; auth.HasValue() {
		ids = append(ids, auth.Get().Config.AuthenticatorID)
	}
	for i := range e.config.API.Peers {
		if auth := e.config.API.Peers[i].HTTP.Auth; auth.HasValue() {
			ids = append(ids, auth.Get().AuthenticatorID)
		}
	}
	slices.SortFunc(ids, func(x, y component.ID) int { return strings.Compare(x.String(), y.String()) })
	return slices.Compact(ids)
}

// Start opens the ledger and serves the API. What it has begun it ends itself
// when it returns an error.
func (e *ledgerExtension) Start(ctx context.Context, host component.Host) error {
	signal.Notify(e.early.signals, os.Interrupt, syscall.SIGTERM)
	e.wg.Go(func() { e.early.mind(e.logger, e.exit) })
	if err := e.start(ctx, host); err != nil {
		return errors.Join(err, e.Shutdown(ctx))
	}
	return nil
}

func (e *ledgerExtension) start(ctx context.Context, host component.Host) error {
	heap.Tune()
	now := time.Now()
	x, err := e.config.Extraction()
	if err != nil {
		return err
	}
	process := rand.Text() // of a collector that is configured to have no name
	if id, named := e.set.Resource.Attributes().Get("service.instance.id"); named {
		process = id.AsString()
	}
	if err := e.shard.open(e.config.Shard, process, identity.RuleOf(&x), e.logger); err != nil {
		return err
	}
	e.catalogue.owned = e.shard.owned()
	c, err := e.catalogue.load(x.Meters, now)
	if err != nil {
		return fmt.Errorf("catalogue: %w", err)
	}
	b, err := e.open(e.config, c, e.logger, now)
	if ledger.IsDamaged(err) {
		e.logger.Error("usage ledger: the process ends, since its state is damaged or missing", zap.Error(err))
		e.exit(exitDamaged)
	}
	if err != nil {
		return err // says which directory
	}
	e.book.Store(&b)
	x = b.Extraction()
	if err := e.catalogue.spell(identity.RuleOf(&x)); err != nil {
		return fmt.Errorf("catalogue: %w", err)
	}
	background, cancel := context.WithCancel(context.Background())
	e.cancel = cancel
	if err := e.observe(); err != nil {
		return err
	}
	schedules, err := e.openSchedules(ctx, b)
	if err != nil {
		return err
	}
	if err := e.serve(ctx, host); err != nil {
		return fmt.Errorf("api::endpoint %q: %w", e.config.API.NetAddr.Endpoint, err)
	}
	e.wg.Go(func() { e.catalogue.run(background) })
	e.wg.Go(func() { e.shard.run(background, e.catalogue.refit) })
	e.wg.Go(func() { schedules.Run(background) })
	return nil
}

func (e *ledgerExtension) serve(ctx context.Context, host component.Host) (err error) {
	config := e.config.API
	if e.api.Peers, err = e.openPeers(ctx, host.GetExtensions()); err != nil {
		return err
	}
	if e.api.Gate, err = admission.Of(ctx, config.ServerConfig, "api::auth", host.GetExtensions()); err != nil {
		return err
	}
	config.Auth = configoptional.None[confighttp.AuthConfig]() // each route asks by itself, probes do not
	handler := config.AllowedHosts.Protect(config.NetAddr.Endpoint, "api::allowed_hosts", e.api.Handler())
	server, err := config.ToServer(ctx, host.GetExtensions(), e.set, handler)
	if err != nil {
		return err
	}
	listener, err := config.ToListener(ctx)
	if err != nil {
		return err
	}
	e.server = server
	e.peers.Store(e.api.Peers)
	e.wg.Go(func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			componentstatus.ReportStatus(host, componentstatus.NewFatalErrorEvent(fmt.Errorf("serve usage API: %w", err)))
		}
	})
	address := e.address(listener.Addr())
	e.logger.Info("usage ledger is open",
		zap.String("directory", e.config.Directory),
		zap.String("overview page", address+"/"),
		zap.String("usage API", address+"/api/v1"))
	switch {
	case e.api.Authenticate == nil && !local(listener.Addr()):
		e.logger.Warn("whoever reaches the usage API may read all figures and erase organizations: configure api::auth, or bind api::endpoint to localhost",
			zap.String("address", address))
	case e.api.Authenticate != nil && !e.hasPrincipals():
		e.logger.Warn("nobody may read anything from the usage API: api::auth is configured, and the catalogue gives nobody a right; add principals there")
	}
	return nil
}

func (e *ledgerExtension) address(a net.Addr) string {
	if e.config.API.TLS.HasValue() {
		return "https://" + a.String()
	}
	return "http://" + a.String()
}

// Ready implements extensioncapabilities.PipelineWatcher.
func (e *ledgerExtension) Ready() error {
	close(e.early.ready)
	return nil
}

// NotReady implements extensioncapabilities.PipelineWatcher.
func (e *ledgerExtension) NotReady() error {
	e.early.end()
	return nil
}

// Shutdown ends the API, then the catalogue's watch and the schedules, then the
// ledger, and waits for each. It may be called without Start, and again.
func (e *ledgerExtension) Shutdown(ctx context.Context) error {
	var errs []error
	if e.server != nil {
		if err := e.server.Shutdown(ctx); err != nil {
			errs = append(errs, fmt.Errorf("end usage API: %w", err), e.server.Close())
		}
		e.server = nil
	}
	if e.cancel != nil {
		e.cancel()
		e.cancel = nil
	}
	e.early.end()
	e.wg.Wait()
	e.schedules.Store(nil)
	if p := e.peers.Swap(nil); p != nil {
		p.Close()
	}
	if e.telemetry != nil {
		e.telemetry.Shutdown()
		e.telemetry = nil
	}
	if b := e.book.Swap(nil); b != nil {
		if err := (*b).Close(ctx); err != nil {
			errs = append(errs, fmt.Errorf("close ledger: %w", err))
		}
	}
	return errors.Join(errs...)
}

// opened returns the book while there is one.
func (e *ledgerExtension) opened() (book, error) {
	if b := e.book.Load(); b != nil {
		return *b, nil
	}
	return nil, fmt.Errorf("extension %s does not run: %w", e.id, usage.ErrUnavailable)
}

// Extraction returns what extract needs, with all versions of the meters.
func (e *ledgerExtension) Extraction() usage.Extraction {
	b, err := e.opened()
	if err != nil {
		return usage.Extraction{}
	}
	return b.Extraction()
}

// Catalogue returns the one in force, or nil.
func (e *ledgerExtension) Catalogue() *catalogue.Catalogue {
	c, _ := e.catalogue.current()
	return c
}

// Record counts a batch that arrives now. A panic costs the request that met
// it, which is answered as unavailable, and not the process.
func (e *ledgerExtension) Record(ctx context.Context, batch *usage.Batch) (err error) {
	b, err := e.opened()
	if err != nil {
		return err
	}
	defer e.rescue("record", &err)
	// First the map and then who is away: what another map than the one here gives to
	// another shard may be on its way to it.
	by := e.shard.current()
	return e.moving.Record(ctx, b.Away(), batch, func(own *usage.Batch) error {
		if err := e.shard.refuse(ctx, by, own); err != nil {
			return err
		}
		return b.Record(ctx, time.Now(), own)
	})
}

// underWay says which organizations are not counted here since they are being moved.
func (e *ledgerExtension) underWay() string {
	b, err := e.opened()
	if err != nil {
		return ""
	}
	var ids []string
	for id, t := range b.Away() {
		if t.State != part.Gone {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return ""
	}
	slices.Sort(ids)
	return fmt.Sprintf("being moved, and not counted until that has ended or is taken back: %s: see usagectl move", strings.Join(ids, ", "))
}

// ledger returns the one that is open.
func (e *ledgerExtension) ledger() (*ledger.Ledger, error) {
	b, err := e.opened()
	if err != nil {
		return nil, err
	}
	l, is := b.(*ledger.Ledger)
	if !is {
		return nil, fmt.Errorf("extension %s has no ledger: %w", e.id, usage.ErrUnavailable)
	}
	return l, nil
}

// Collect returns the figures at the whole minute at or before now, and those
// of the process, also when the ledger has none.
func (e *ledgerExtension) Collect(ctx context.Context, now time.Time) (usage.Collection, error) {
	b, err := e.opened()
	if err != nil {
		return usage.Collection{}, err
	}
	c, err := e.collect(ctx, b, now)
	if err != nil {
		c = usage.Collection{At: now.Truncate(time.Minute)}
	} else if schedules := e.schedules.Load(); schedules != nil {
		c = c.WithEach(schedules.Figures())
	}
	c = e.shard.own(c)
	_, state := e.catalogue.current()
	c = e.api.AlertTests.On(c, now).WithProcess(
		usage.Figure{Series: usage.CatalogueRefused, Value: float64(truth(state.Err != nil))},
		usage.Figure{Series: usage.LedgerReady, Value: float64(truth(err == nil && e.ready() == nil))},
	).WithProcess(filesOf(b.Scrubbed())...).WithProcess(e.shard.figures()...)
	return e.shard.label(c), err
}

// filesOf are the figures of the ledger's files.
func filesOf(s ledger.Scrub) []usage.Figure {
	figures := []usage.Figure{{Series: usage.DamagedFiles, Value: float64(len(s.Damaged))}}
	if !s.Finished.IsZero() {
		figures = append(figures, usage.Figure{Series: usage.Scrubbed, Value: float64(s.Finished.Unix())})
	}
	return figures
}

func (e *ledgerExtension) collect(ctx context.Context, b book, now time.Time) (_ usage.Collection, err error) {
	defer e.rescue("collect", &err)
	return b.Collect(ctx, now)
}

// Recall returns the rows that are kept under a name.
func (e *ledgerExtension) Recall(ctx context.Context, name string) (map[string][]byte, error) {
	b, err := e.opened()
	if err != nil {
		return nil, err
	}
	return b.Recall(ctx, name)
}

// Remember keeps rows under a name.
func (e *ledgerExtension) Remember(ctx context.Context, name string, rows map[string][]byte) error {
	b, err := e.opened()
	if err != nil {
		return err
	}
	return b.Remember(ctx, name, rows)
}

// Pseudonym returns the keyed hash that stands for a user of an organization.
func (e *ledgerExtension) Pseudonym(organization, user string) string {
	b, err := e.opened()
	if err != nil {
		return ""
	}
	return b.Pseudonym(organization, user)
}

// ready says why nothing is acknowledged, or nil.
func (e *ledgerExtension) ready() error {
	b, err := e.opened()
	if err != nil {
		return err
	}
	return b.Ready()
}

// rescue turns a panic into an error. The panic's value is left out of log and
// error, since it may hold what a sender wrote.
func (e *ledgerExtension) rescue(doing string, err *error) {
	if r := recover(); r != nil {
		e.logger.Error("internal error of the usage ledger", zap.String("doing", doing),
			zap.String("kind", fmt.Sprintf("%T", r)), zap.ByteString("stack", debug.Stack()))
		*err = fmt.Errorf("%s: internal error: %w", doing, usage.ErrUnavailable)
	}
}
