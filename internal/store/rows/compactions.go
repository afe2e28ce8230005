// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package rows

import (
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// compactions is Pebble's scheduler of compactions. It grants as many at a time as
// the store asks for, as Pebble's own does, but none before the store is open: one
// that is under way when opening fails finds its caches gone, and its panic would
// end the process. Nor does it leave a goroutine behind then.
type compactions struct {
	poke, stop chan struct{}
	wg         sync.WaitGroup

	mu      sync.Mutex // guards all below
	db      pebble.DBForCompaction
	begun   bool
	running int
}

func newCompactions() *compactions {
	return &compactions{poke: make(chan struct{}, 1), stop: make(chan struct{})}
}

// grantEvery is how often it is looked whether more compactions may run: how many
// follows from what was flushed, of which nobody tells.
const grantEvery = 100 * time.Millisecond

// begin lets compactions run: the store is open.
func (c *compactions) begin() {
	c.mu.Lock()
	c.begun = true
	c.mu.Unlock()
	c.wg.Go(func() {
		often := time.NewTicker(grantEvery)
		defer often.Stop()
		for {
			select {
			case <-often.C:
			case <-c.poke:
			case <-c.stop:
				return
			}
			for c.take() {
				if waiting, _ := c.db.GetWaitingCompaction(); !waiting || !c.db.Schedule(c) {
					c.giveBack()
					break
				}
			}
		}
	})
}

// take takes one of the places that there are.
func (c *compactions) take() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.begun || c.running >= c.db.GetAllowedWithoutPermission() {
		return false
	}
	c.running++
	return true
}

func (c *compactions) giveBack() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running--
}

// Register implements [pebble.CompactionScheduler].
func (c *compactions) Register(_ int, db pebble.DBForCompaction) { c.db = db }

// Unregister implements [pebble.CompactionScheduler].
func (c *compactions) Unregister() {
	c.mu.Lock()
	c.begun = false
	c.mu.Unlock()
	close(c.stop)
	c.wg.Wait()
}

// TrySchedule implements [pebble.CompactionScheduler].
func (c *compactions) TrySchedule() (bool, pebble.CompactionGrantHandle) {
	if !c.take() {
		return false, nil
	}
	return true, c
}

// UpdateGetAllowedWithoutPermission implements [pebble.CompactionScheduler].
func (c *compactions) UpdateGetAllowedWithoutPermission() {
	select {
	case c.poke <- struct{}{}:
	default: // asked already
	}
}

// Done implements [pebble.CompactionGrantHandle].
func (c *compactions) Done() {
	c.giveBack()
	c.UpdateGetAllowedWithoutPermission()
}

// Started implements [pebble.CompactionGrantHandle].
func (c *compactions) Started() {}

// MeasureCPU implements [pebble.CompactionGrantHandle].
func (c *compactions) MeasureCPU(pebble.CompactionGoroutineKind) {}

// CumulativeStats implements [pebble.CompactionGrantHandle].
func (c *compactions) CumulativeStats(pebble.CompactionGrantHandleStats) {}
