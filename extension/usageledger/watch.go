// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// watchInterval is how often the catalogue's file is looked at. Looking is
// reading it: files are edited in place with size and time as they were,
// replaced, mounted or linked anew, of which neither notifications of the file
// system nor its metadata tell for sure.
const watchInterval = 2 * time.Second

// watcher keeps the catalogue in force equal to its file, as long as that is
// good.
type watcher struct {
	path   string // "": no catalogue
	logger *zap.Logger
	apply  func(ctx context.Context, c *catalogue.Catalogue, now time.Time) error
	// maxLoss is the share of organizations, in percent, that may be gone at a
	// reload.
	maxLoss int
	// owned says which organizations are this ledger's; nil: all are.
	owned func(id string) bool

	polling sync.Mutex // held by poll
	// judged is of the content that was judged last, hash of what is in force,
	// meters and identity what it is judged against. They belong to load and
	// spell, then to poll.
	judged, hash digest
	meters       []usage.Meter
	identity     identity.Rule

	mu    sync.Mutex           // guards all below
	good  *catalogue.Catalogue // of the file
	own   *catalogue.Catalogue // what is in force: of that, what is owned
	state catalogueState
}

// digest tells contents apart; zero: of none.
type digest [sha256.Size]byte

// catalogueState is what is known of the catalogue.
type catalogueState struct {
	// Loaded is when the one in force was read.
	Loaded time.Time
	// Err says why the file is not the one in force; nil: it is. Failed is
	// since when.
	Err    error
	Failed time.Time
}

func newWatcher(path string, maxLoss int, logger *zap.Logger, apply func(context.Context, *catalogue.Catalogue, time.Time) error) *watcher {
	return &watcher{path: path, maxLoss: maxLoss, logger: logger, apply: apply}
}

// load reads the catalogue for the first time, where a bad one is an error.
// Its quotas, then and later, have to be on meters of the configuration.
func (w *watcher) load(meters []usage.Meter, now time.Time) (*catalogue.Catalogue, error) {
	w.meters = meters
	if w.path == "" {
		return nil, nil //nolint:nilnil // no catalogue is the empty one
	}
	data, err := os.ReadFile(w.path)
	if err != nil {
		return nil, err
	}
	c, err := catalogue.ParseAs(filepath.Base(w.path), data, w.meters)
	if err != nil {
		return nil, err
	}
	w.hash = sha256.Sum256(data)
	w.judged = w.hash
	w.succeed(c, now)
	return w.of(c), nil
}

// of returns what is owned of a catalogue.
func (w *watcher) of(c *catalogue.Catalogue) *catalogue.Catalogue {
	if w.owned == nil {
		return c
	}
	return c.Of(w.owned)
}

// refit puts in force what is owned now.
func (w *watcher) refit(ctx context.Context, now time.Time) error {
	w.polling.Lock()
	defer w.polling.Unlock()
	w.mu.Lock()
	w.own = w.of(w.good)
	own := w.own
	w.mu.Unlock()
	if own == nil {
		return nil
	}
	return w.apply(ctx, own, now)
}

// spell makes the ids of the catalogue, now and later, those of a ledger that
// has taken it.
func (w *watcher) spell(rule identity.Rule) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.good.Spelled(rule)
	w.good, w.own, w.identity = c, w.of(c), rule
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
			w.poll(ctx, now, w.maxLoss)
		}
	}
}

// accept puts the file's catalogue in force however many organizations it has
// not any more, and returns how many it has.
func (w *watcher) accept(ctx context.Context, now time.Time) (organizations int, err error) {
	w.polling.Lock()
	w.judged = digest{}
	w.polling.Unlock()
	w.poll(ctx, now, 100)
	c, state := w.current()
	return c.Len(), state.Err
}

// poll puts the file's catalogue in force if it has changed, is good and has
// most of the organizations that the one in force has. A bad one is judged once;
// what could not be read or applied is tried again.
func (w *watcher) poll(ctx context.Context, now time.Time, maxLoss int) {
	w.polling.Lock()
	defer w.polling.Unlock()
	hash, err := hashOf(w.path)
	if err == nil && hash == w.judged {
		return
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(w.path) // which may be newer again: it is judged by what is read here
	}
	if err != nil {
		w.judged = digest{}
		w.fail(err, now)
		return
	}
	w.judged = sha256.Sum256(data)
	if w.judged == w.hash {
		w.restore()
		return
	}
	var c *catalogue.Catalogue
	if len(bytes.TrimSpace(data)) == 0 {
		err = errors.New(filepath.Base(w.path) + ": is empty, as a file that is just being written; a catalogue without organizations is `organizations: []`")
	} else if c, err = catalogue.ParseAs(filepath.Base(w.path), data, w.meters); err == nil {
		c, err = c.Spelled(w.identity)
	}
	if err == nil {
		err = w.checkLoss(c, maxLoss)
	}
	if err != nil {
		w.fail(err, now)
		return
	}
	if err := w.apply(ctx, w.of(c), now); err != nil {
		w.judged = digest{}
		w.fail(err, now)
		return
	}
	w.hash = w.judged
	w.succeed(c, now)
	w.logger.Info("catalogue is reloaded", zap.String("path", w.path), zap.Int("organizations", c.Len()))
}

// checkLoss refuses a catalogue that has lost many organizations, as a file that
// was cut short or made by a failed query has: their quotas, prices and receivers
// would be gone with them. One alone may go, unless it is the last.
func (w *watcher) checkLoss(c *catalogue.Catalogue, maxLoss int) error {
	w.mu.Lock()
	before := w.good
	w.mu.Unlock()
	gone := 0
	for i := range before.Len() {
		if _, kept := c.Lookup(before.Organizations[i].ID); !kept {
			gone++
		}
	}
	if few := gone == 1 && c.Len() > 0; few || gone*100 <= maxLoss*before.Len() {
		return nil
	}
	return fmt.Errorf("%s: %d of the %d organizations in force are gone, more than the %d %% of catalogue_max_loss: put them back, or run `usagectl catalogue accept` if they are to go",
		filepath.Base(w.path), gone, before.Len(), maxLoss)
}

// hashOf reads a file, of any size, without keeping it.
func hashOf(path string) (hash digest, err error) {
	file, err := os.Open(path)
	if err != nil {
		return hash, err
	}
	defer func() { _ = file.Close() }() // read only: nothing is lost
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return hash, err
	}
	sum.Sum(hash[:0])
	return hash, nil
}

func (w *watcher) succeed(c *catalogue.Catalogue, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.good, w.own, w.state = c, w.of(c), catalogueState{Loaded: now}
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
	return w.own, w.state
}
