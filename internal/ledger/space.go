// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// A full disk must not reach the store, some of whose writes cannot fail
// without ending it. So the ledger stops taking in while there is still room
// for what is under way, and gives back a reserve file then, with which flushes
// and compactions finish. When there is room again it makes the reserve anew
// and goes on, without a restart.
const (
	// minFree is the room below which nothing is taken in: what the store may
	// still have to write of what it has (two memtables and a compaction step).
	minFree = 32 << 20
	// reserveSize is what is given back then.
	reserveSize = 32 << 20
	// spaceEvery is how often the room is looked at; at some 100 MB/s less
	// than half of minFree is written in between.
	spaceEvery = 100 * time.Millisecond
)

// errNoSpace is why nothing is taken in while the disk is full.
var errNoSpace = errors.New("disk is full")

// space watches the room on the ledger's disk.
type space struct {
	fs      vfs.FS
	dir     string
	logger  *zap.Logger
	mu      sync.Mutex // guards what follows
	checked time.Time
	err     error
}

func newSpace(s *book.Settings) *space {
	return &space{fs: s.FS, dir: s.Directory, logger: s.Logger}
}

func (s *space) reserve() string { return s.fs.PathJoin(s.dir, "reserve") }

// check returns an error while there is no room. The zero time asks for what
// was found last.
func (s *space) check(now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.IsZero() || now.Sub(s.checked).Abs() < spaceEvery {
		return s.err
	}
	s.checked = now
	disk, err := s.fs.GetDiskUsage(s.dir)
	if err != nil { // a file system that cannot tell, as that in memory, is not full
		return nil
	}
	switch {
	case disk.AvailBytes < minFree && s.err == nil:
		s.err = fmt.Errorf("%w: %w: %s has %d MiB left, %d MiB are needed; free some space, sending goes on by itself",
			usage.ErrUnavailable, errNoSpace, s.dir, disk.AvailBytes>>20, minFree>>20)
		s.logger.Error("usage ledger: nothing is acknowledged", zap.Error(s.err))
		_ = s.fs.Remove(s.reserve()) // not there: nothing to give back
	case disk.AvailBytes >= 2*minFree+reserveSize && s.err != nil:
		if s.keepReserve() == nil {
			s.err = nil
			s.logger.Info("usage ledger: there is room on the disk again")
		}
	}
	return s.err
}

// keepReserve makes the reserve file where it is missing.
func (s *space) keepReserve() error {
	if info, err := s.fs.Stat(s.reserve()); err == nil && info.Size() == reserveSize {
		return nil
	}
	if _, err := s.fs.GetDiskUsage(s.dir); err != nil {
		return nil // see check
	}
	f, err := s.fs.Create(s.reserve(), vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	zeros := make([]byte, 1<<20)
	for written := 0; written < reserveSize && err == nil; written += len(zeros) {
		_, err = f.Write(zeros)
	}
	return errors.Join(err, f.Close())
}
