// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"context"
	"crypto/sha256"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// watchInterval is how often the catalogue's file is looked at. Looking is a
// stat; it sees files that are replaced, mounted or linked anew, of which
// notifications of the file system do not tell.
const watchInterval = 2 * time.Second

// watcher keeps the catalogue in force equal to its file, as long as that is
// good.
type watcher struct {
	path   string // "": no catalogue
	logger *zap.Logger
	apply  func(ctx context.Context, c *catalogue.Catalogue, now time.Time) error

	// seen and hash are of the content that was judged last, meters and identity
	// what it is judged against. They belong to load and spell, then to run.
	seen     os.FileInfo
	hash     [sha256.Size]byte
	meters   []usage.Meter
	identity identity.Rule

	mu    sync.Mutex // guards all below
	good  *catalogue.Catalogue
	state catalogueState
}

// catalogueState is what is known of the catalogue.
type catalogueState struct {
	// Loaded is when the one in force was read.
	Loaded time.Time
	// Err says why the file is not the one in force; nil: it is. Failed is
	// since when.
	Err    error
	Failed time.Time
}

func newWatcher(path string, logger *zap.Logger, apply func(context.Context, *catalogue.Catalogue, time.Time) error) *watcher {
	return &watcher{path: path, logger: logger, apply: apply}
}

// load reads the catalogue for the first time, where a bad one is an error.
// Its quotas, then and later, have to be on meters of the configuration.
func (w *watcher) load(meters []usage.Meter, now time.Time) (*catalogue.Catalogue, error) {
	w.meters = meters
	if w.path == "" {
		return nil, nil //nolint:nilnil // no catalogue is the empty one
	}
	seen, data, err := w.read()
	if err != nil {
		return nil, err
	}
	c, err := catalogue.ParseAs(filepath.Base(w.path), data, w.meters)
	if err != nil {
		return nil, err
	}
	w.seen, w.hash = seen, sha256.Sum256(data)
	w.succeed(c, now)
	return c, nil
}

// spell makes the ids of the catalogue, now and later, those of a ledger that
// has taken it.
func (w *watcher) spell(rule identity.Rule) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.good.Spelled(rule)
	w.good, w.identity = c, rule
	return err
}

// run looks at the file until ctx ends.
func (w *watcher) run(ctx context.Context) {
	if w.path == "" {
		return
	}
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			w.poll(ctx, now)
		}
	}
}

// poll puts the file's catalogue in force if it has changed and is good. A bad
// one is judged once; what could not be read or applied is tried again.
func (w *watcher) poll(ctx context.Context, now time.Time) {
	info, err := os.Stat(w.path)
	if err == nil && w.seen != nil && os.SameFile(info, w.seen) && info.ModTime().Equal(w.seen.ModTime()) && info.Size() == w.seen.Size() {
		return
	}
	seen, data, err := w.read()
	if err != nil {
		w.seen = nil
		w.fail(err, now)
		return
	}
	hash := sha256.Sum256(data)
	if hash == w.hash {
		w.seen = seen
		w.restore()
		return
	}
	c, err := catalogue.ParseAs(filepath.Base(w.path), data, w.meters)
	if err == nil {
		c, err = c.Spelled(w.identity)
	}
	if err != nil {
		w.seen = seen
		w.fail(err, now)
		return
	}
	if err := w.apply(ctx, c, now); err != nil {
		w.seen = nil
		w.fail(err, now)
		return
	}
	w.seen, w.hash = seen, hash
	w.succeed(c, now)
	w.logger.Info("catalogue is reloaded", zap.String("path", w.path), zap.Int("organizations", c.Len()))
}

// read returns the file's content, and what was known of the file before: a
// change in between is seen by the next poll.
func (w *watcher) read() (os.FileInfo, []byte, error) {
	info, err := os.Stat(w.path)
	if err != nil {
		return nil, nil, err
	}
	data, err := os.ReadFile(w.path)
	return info, data, err
}

func (w *watcher) succeed(c *catalogue.Catalogue, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.good, w.state = c, catalogueState{Loaded: now}
}

// restore notes that the file is again what is in force.
func (w *watcher) restore() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state.Err, w.state.Failed = nil, time.Time{}
}

// fail notes why the file is not in force, and logs it when it is news.
func (w *watcher) fail(err error, now time.Time) {
	w.mu.Lock()
	known := w.state.Err != nil && w.state.Err.Error() == err.Error()
	if w.state.Err == nil {
		w.state.Failed = now
	}
	w.state.Err = err
	w.mu.Unlock()
	if !known {
		w.logger.Error("catalogue is refused, the last good one stays in force", zap.String("path", w.path), zap.Error(err))
	}
}

// current returns the catalogue in force, nil for none, and its state.
func (w *watcher) current() (*catalogue.Catalogue, catalogueState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.good, w.state
}
