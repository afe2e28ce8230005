// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package promstore is the embedded store: a Prometheus TSDB in a directory,
// its query language and its HTTP API. It is the only package that imports
// prometheus/prometheus, whose Go signatures change with every release.
//
//	pmetric.Metrics  --Append-->  +-------+
//	                              | Store |  --Handler-->  /api/v1/query, ...
//	usage.Collection --Write--->  +-------+
//	                               ^     |
//	                               Rules --> Alertmanagers
//
// [Store.Append] is how the exporter writes, [Store.Write] how a replay does:
// both give the same series for the same figures, namely those that the
// ledger names and no others (no job, instance or otel_scope_* label, no
// target_info).
//
// # What a caller must know
//
// An error of Append or Write means that nothing of that call was stored and
// that the same call may be repeated. A sample that can never be stored is no
// error: it is left out and counted under its [Refusal].
//
// A full disk does not end the process. Below [minFree] free bytes nothing is
// written any more, because the TSDB panics when it cannot map a finished
// chunk; calls return [ErrNoSpace] and queries go on. A write that fails all
// the same may leave half a record in the write-ahead log, which would hide
// every later record from the next start: the store is then closed, repaired
// and reopened before anything else is written.
//
// The write-ahead log is not synced at each commit: after a kill nothing is
// lost, after a power failure the last seconds may be.
package promstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/fileutil"
	"github.com/prometheus/prometheus/util/compression"

	"github.com/otelcol-usage/otelcol-usage/internal/access"
	"github.com/otelcol-usage/otelcol-usage/internal/promstore/holdings"
	"github.com/otelcol-usage/otelcol-usage/internal/promstore/query"
)

// Errors that callers may want to tell apart. All errors of Append and Write
// are retryable but ErrClosed.
var (
	ErrNoSpace = errors.New("too little free space")
	ErrClosed  = errors.New("store is closed")
	ErrLocked  = errors.New("directory is in use by another process")
	ErrOpening = errors.New("store is still being opened")
)

// Retention bounds.
const (
	// DefaultRetention keeps a year and the month before it, so that a month
	// can be compared with the same month of the year before.
	DefaultRetention = 400 * 24 * time.Hour
	// MinRetention is one day: below it, the blocks of two hours into which
	// the TSDB cuts its data make the word meaningless.
	MinRetention = 24 * time.Hour
)

const (
	// outOfOrderWindow is how far behind the newest sample a sample may be:
	// the ledger's acceptance span of 35 days and one day of margin.
	outOfOrderWindow = 36 * 24 * time.Hour
	// futureLimit is how far ahead of the clock a sample may be. One sample of
	// the year 2098 would make every later one "too old". The ledger's own
	// limit is 5 minutes; clocks of two machines may differ as much again.
	futureLimit = 10 * time.Minute

	blockDuration = 2 * time.Hour
	// bulkBlockDuration is the block of a replay, 81 times the ordinary one
	// (so that later compactions find it aligned): fourteen months are then
	// cut in 63 pieces and not in 5,100.
	bulkBlockDuration = 81 * blockDuration
	maxBlockDuration  = 31 * 24 * time.Hour

	// walSegmentSize and blockSegmentSize are a fraction of Prometheus' own:
	// a repair rewrites one segment of the log and a compaction reserves one
	// segment of a block, and both must fit into minFree.
	walSegmentSize   = 16 << 20
	blockSegmentSize = 32 << 20
	// minFree is the free space below which nothing is written: one segment of
	// the log, one of a block, and as much again for the index beside it.
	minFree = 64 << 20

	// appendsPerMap is how often finished chunks move from the heap to mapped
	// files: with one append a minute each hour. A chunk holds two hours.
	appendsPerMap = 60

	// closePatience is how long Close waits for a store that is still being
	// opened, which nothing can interrupt.
	closePatience = 3 * time.Second
)

// Settings of a store.
type Settings struct {
	// Directory is created if missing.
	Directory string
	// Retention is how long samples are kept, at least MinRetention.
	Retention time.Duration
	// Bulk says that long stretches of history are written at once. It
	// changes the size of blocks, not what they hold.
	Bulk bool
	// Queries are the limits of queries; none: [query.DefaultLimits].
	Queries query.Limits
	// Admit returns who asks the API, or an [admission.Refusal]; nil: whoever
	// asks may read all.
	Admit func(*http.Request) (access.Principal, error)
	// Behind has Open return before the log is read, which takes a minute where
	// millions of series are in it: appends wait meanwhile, queries are answered
	// 503. [Store.Opened] tells what becomes of it.
	Behind bool
	// Logger may be nil.
	Logger *slog.Logger
}

func (s *Settings) principal(r *http.Request) (access.Principal, error) {
	if s.Admit == nil {
		return access.Unrestricted(), nil
	}
	return s.Admit(r)
}

// Store is an open store. Its methods may be called concurrently; appends are
// taken one at a time.
type Store struct {
	settings Settings
	logger   *slog.Logger
	started  time.Time
	engine   query.Engine
	free     func(dir string) (uint64, error)
	lock     fileutil.Releaser
	metadata metadataBook
	// collected is Collected in ms since 1970.
	collected atomic.Int64
	rules     atomic.Pointer[Rules] // those that Handler shows; nil: none
	// opened is closed when the first opening has ended; refused is its error.
	opened  chan struct{}
	refused error

	append struct {
		sync.Mutex
		closed     bool
		damaged    bool // a write failed: reopen before the next one
		compacting bool // the TSDB may compact
		untilMap   int
		written    written
		totals     Result
		holdings   *holdings.Keeper // nil: the TSDB has never been open
	}

	// mu guards session.
	mu      sync.RWMutex
	session *session
}

// session is one opening of the TSDB. A damaged store goes through several.
type session struct {
	db       *tsdb.DB
	registry *prometheus.Registry
	readers  sync.WaitGroup // queries that still read db
}

// Open opens or creates the store. A directory that another process (or
// another store of this one) has open is refused with ErrLocked, untouched;
// the lock of a dead process is none. Where only space is missing the store
// opens all the same, answers 503, and comes up at the first append after
// space was freed. With [Settings.Behind] it goes on behind the caller.
func Open(settings Settings) (*Store, error) { return open(settings, freeBytes) }

func open(settings Settings, free func(dir string) (uint64, error)) (*Store, error) {
	if settings.Directory == "" {
		return nil, errors.New("directory is empty: name a directory of this store's own")
	}
	if settings.Retention < MinRetention {
		return nil, fmt.Errorf("retention %s is too short: use %s or longer", settings.Retention, MinRetention)
	}
	s := &Store{settings: settings, logger: settings.Logger, started: time.Now(), free: free, opened: make(chan struct{})}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	if s.settings.Queries == (query.Limits{}) {
		s.settings.Queries = query.DefaultLimits()
	}
	if err := s.settings.Queries.Validate(); err != nil {
		return nil, err
	}
	s.engine = query.NewEngine(s.settings.Queries, s.logger)
	s.append.written = written{}
	if err := s.acquireLock(); err != nil {
		return nil, err
	}
	if settings.Behind {
		go func() { _ = s.openFirst() }() // Opened has the error
		return s, nil
	}
	if err := s.openFirst(); err != nil {
		return nil, errors.Join(err, s.lock.Release())
	}
	return s, nil
}

// openFirst opens the TSDB for the first time.
func (s *Store) openFirst() error {
	defer close(s.opened)
	err := s.openSession()
	if errors.Is(err, ErrNoSpace) {
		s.logger.Error("store stays closed until space is freed", "error", err)
		return nil
	}
	s.refused = err
	return err
}

// Opened waits until the store has been opened, as long as ctx allows: it is
// ErrOpening after that, and any other error is why it cannot be opened.
func (s *Store) Opened(ctx context.Context) error {
	select {
	case <-s.opened:
		return s.refused
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrOpening, ctx.Err())
	}
}

// acquireLock locks the directory before the TSDB touches it: its own lock
// comes after it has already removed what it takes for leftovers of a dead
// process. The file is the same, so Prometheus' tools respect it.
func (s *Store) acquireLock() error {
	private() // an older program left the files to the umask: others may not enter either
	if err := os.MkdirAll(s.settings.Directory, 0o700); err != nil {
		return fmt.Errorf("open store %s: %w", s.settings.Directory, err)
	}
	lock, _, err := fileutil.Flock(filepath.Join(s.settings.Directory, "lock"))
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return fmt.Errorf("open store %s: %w: stop that process or use another directory", s.settings.Directory, ErrLocked)
	case err != nil:
		return fmt.Errorf("open store %s: %w", s.settings.Directory, err)
	}
	s.lock = lock
	return nil
}

func (s *Store) openSession() error {
	if err := s.checkSpace(); err != nil {
		return err
	}
	db, registry, keeper, err := holdings.Open(s.settings.Directory, s.options(), s.logger)
	if err != nil {
		return err
	}
	s.append.holdings = keeper
	s.append.damaged, s.append.compacting, s.append.untilMap = false, true, appendsPerMap
	s.append.written.forgetRefs()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.session = &session{db: db, registry: registry}
	return nil
}

func (s *Store) options() *tsdb.Options {
	o := tsdb.DefaultOptions()
	o.NoLockfile = true // see acquireLock
	o.RetentionDuration = s.settings.Retention.Milliseconds()
	o.OutOfOrderTimeWindow = min(outOfOrderWindow, s.settings.Retention).Milliseconds()
	o.MinBlockDuration = blockDuration.Milliseconds()
	if s.settings.Bulk {
		o.MinBlockDuration = bulkBlockDuration.Milliseconds()
	}
	o.MaxBlockDuration = max(o.MinBlockDuration, min(maxBlockDuration, s.settings.Retention/10).Milliseconds())
	o.WALSegmentSize = walSegmentSize
	o.WALCompression = compression.Snappy
	o.MaxBlockChunkSegmentSize = blockSegmentSize
	// The TSDB's own clock maps chunks whether there is space or not, and
	// panics where there is none. mapChunks does it instead.
	o.BlockReloadInterval = 10 * 365 * 24 * time.Hour
	return o
}

// Close waits for running queries and closes the store. Close it after the
// server that serves its Handler. It may be called twice. One that is still being
// opened is left to the end of the process, and keeps its lock until then.
func (s *Store) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closePatience)
	defer cancel()
	if err := s.Opened(ctx); errors.Is(err, ErrOpening) {
		return fmt.Errorf("close store %s: %w", s.settings.Directory, err)
	}
	s.append.Lock()
	defer s.append.Unlock()
	if s.append.closed {
		return nil
	}
	s.append.closed = true
	opened := s.session != nil
	err := s.closeSession()
	if opened {
		s.append.holdings.Look(true)
	}
	return errors.Join(err, s.lock.Release(), s.engine.Close())
}

// closeSession turns queries away, waits for those that run and closes the
// TSDB.
func (s *Store) closeSession() error {
	s.mu.Lock()
	session := s.session
	s.session = nil
	s.mu.Unlock()
	if session == nil {
		return nil
	}
	session.readers.Wait()
	return closeDB(session.db)
}

// closeDB closes the TSDB, which maps its last chunks and panics where the
// disk is full. The log still has them, so it is an error like any other.
func closeDB(db *tsdb.DB) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("close store %s: %v", db.Dir(), r)
		}
	}()
	if err := db.Close(); err != nil {
		return fmt.Errorf("close store %s: %w", db.Dir(), err)
	}
	return nil
}

// acquire returns the session for a reader, who must call release.
func (s *Store) acquire() (*session, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.session == nil {
		return nil, tsdb.ErrNotReady
	}
	s.session.readers.Add(1)
	return s.session, nil
}

func (s *session) release() { s.readers.Done() }

// Ready reports whether queries are answered.
func (s *Store) Ready() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.session != nil
}

// Lost returns which parts of the store are known to be lost.
func (s *Store) Lost() []holdings.Loss {
	s.append.Lock()
	defer s.append.Unlock()
	return s.append.holdings.Lost()
}

// Totals returns what became of all samples since the store was opened.
func (s *Store) Totals() Result {
	s.append.Lock()
	defer s.append.Unlock()
	return s.append.totals
}

func (s *Store) checkSpace() error {
	free, err := s.free(s.settings.Directory)
	if err != nil {
		return fmt.Errorf("free space of %s: %w", s.settings.Directory, err)
	}
	if free < minFree {
		return fmt.Errorf("%w: %d MiB free in %s, need %d MiB: free space or shorten retention",
			ErrNoSpace, free>>20, s.settings.Directory, minFree>>20)
	}
	return nil
}

// begin prepares the store for one append and starts its transaction. The
// caller holds s.append.
func (s *Store) begin(ctx context.Context) (*batch, error) {
	if s.append.closed {
		return nil, ErrClosed
	}
	if err := s.checkSpace(); err != nil {
		s.allowCompaction(false)
		return nil, err
	}
	if err := s.reopenIfDamaged(); err != nil {
		return nil, err
	}
	s.allowCompaction(true)
	s.mapChunks()
	return newBatch(s.session.db.AppenderV2(ctx)), nil
}

// reopenIfDamaged repairs the log after a failed write, or opens a store that
// could not be opened for want of space.
func (s *Store) reopenIfDamaged() error {
	if s.session != nil && !s.append.damaged {
		return nil
	}
	if err := s.closeSession(); err != nil {
		s.logger.Warn("the damaged store did not close cleanly", "error", err)
	}
	if err := s.openSession(); err != nil {
		return err
	}
	s.logger.Warn("store reopened after it could not write", "directory", s.settings.Directory)
	return nil
}

// allowCompaction waits for a running compaction before it forbids more.
func (s *Store) allowCompaction(allow bool) {
	if s.session == nil || s.append.compacting == allow {
		return
	}
	s.append.compacting = allow
	if allow {
		s.session.db.EnableCompactions()
	} else {
		s.session.db.DisableCompactions()
	}
}

// mapChunks moves finished chunks from the heap to mapped files now and then.
// It waits for a running compaction, with which it must not overlap, and so
// keeps a replay from running away from the compactions it causes.
func (s *Store) mapChunks() {
	if s.append.untilMap--; s.append.untilMap > 0 {
		return
	}
	s.append.untilMap = appendsPerMap
	s.allowCompaction(false)
	s.session.db.ForceHeadMMap()
	s.allowCompaction(true)
}

// commit ends the transaction and counts what became of its samples.
func (s *Store) commit(b *batch) error {
	if err := b.appender.Commit(); err != nil {
		s.append.damaged = true
		return fmt.Errorf("append to store %s: %w", s.settings.Directory, err)
	}
	s.append.totals.add(b.result)
	s.append.holdings.Look(false)
	return nil
}

// rollback gives the transaction up after err.
func (s *Store) rollback(b *batch, err error) error {
	if rollbackErr := b.appender.Rollback(); rollbackErr != nil {
		s.append.damaged = true
		err = errors.Join(err, rollbackErr)
	}
	return fmt.Errorf("append to store %s: %w", s.settings.Directory, err)
}
