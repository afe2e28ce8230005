// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package rows

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

// fuse is Pebble's log, ear and file system. Where Pebble cannot go on, it calls
// Fatalf, which is meant to end the process. Here it blows the fuse and returns:
// whoever waits gets an error, and whatever Pebble still does after that call
// changes nothing on disk, since a blown fuse lets nothing through but reads. A
// goroutine that ended there instead would keep its locks, and strand those who
// wait for them.
type fuse struct {
	log   *zap.Logger
	once  sync.Once
	blown chan struct{} // closed when the store has failed
	cause error         // why, once it is blown
}

func newFuse(log *zap.Logger) *fuse { return &fuse{log: log, blown: make(chan struct{})} }

// Infof is of every flush and compaction: not for users.
func (f *fuse) Infof(string, ...any) {}

// Errorf reports what the store will try again.
func (f *fuse) Errorf(format string, args ...any) {
	f.log.Error("usage ledger: store: " + fmt.Sprintf(strings.TrimSpace(format), args...))
}

// Fatalf is called where Pebble cannot go on.
func (f *fuse) Fatalf(format string, args ...any) {
	f.blow(fmt.Errorf(strings.TrimSpace(format), args...))
}

// blow gives the store up.
func (f *fuse) blow(cause error) {
	f.once.Do(func() {
		f.cause = cause
		close(f.blown)
	})
}

// err says why the store was given up, nil where it was not.
func (f *fuse) err() error {
	select {
	case <-f.blown:
		return fmt.Errorf("the store was given up: %w", f.cause)
	default:
		return nil
	}
}

// nothingFlushed is what Pebble says of a flush that had nothing to write, in an
// error of its own.
const nothingFlushed = "pebble: empty table"

// listener hears what Pebble would try again for good, or end the process for.
func (f *fuse) listener() *pebble.EventListener {
	return &pebble.EventListener{
		FlushEnd: func(of pebble.FlushInfo) {
			if of.Err != nil && of.Err.Error() != nothingFlushed {
				f.blow(of.Err)
			}
		},
		CompactionEnd: func(of pebble.CompactionInfo) {
			if of.Err != nil && !errors.Is(of.Err, pebble.ErrCancelledCompaction) {
				f.blow(of.Err)
			}
		},
		DataCorruption: func(of pebble.DataCorruptionInfo) {
			f.blow(&store.Damage{Path: of.Path, What: fmt.Sprint(of.Details)})
		},
	}
}

// through is a file system that a blown fuse cuts off from changes.
func (f *fuse) through(fs vfs.FS) vfs.FS {
	return fused{f, errorfs.Wrap(fs, errorfs.InjectorFunc(func(o errorfs.Op) error {
		if o.Kind.ReadOrWrite() == errorfs.OpIsRead {
			return nil
		}
		return f.err()
	}))}
}

type fused struct {
	fuse *fuse
	vfs.FS
}

// OpenDir implements [vfs.FS].
func (f fused) OpenDir(name string) (vfs.File, error) {
	dir, err := f.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return fusedDir{f.fuse, dir}, nil
}

type fusedDir struct {
	fuse *fuse
	vfs.File
}

// Sync blows the fuse where it fails. That is not told to Pebble, which would
// panic: nothing that it does then matters any more.
func (d fusedDir) Sync() error {
	if err := d.File.Sync(); err != nil {
		d.fuse.blow(err)
	}
	return nil
}
