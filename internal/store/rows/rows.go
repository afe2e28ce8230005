// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package rows keeps what is cold and keyed, in Pebble without a log of its own.
//
//	group of the log, on disk --Write--> memtable --flush, now and then--> tables
//	checkpoint ---------------Write, Flush-------------------------------> tables, synced
//	                                        Get, Each, Range <--- both
//
// What is written is in memory until a flush: whoever writes can make it again,
// from the log. Where Pebble cannot go on (fuse.go), every call ends with an
// error: none waits for good, and none panics.
package rows

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

// Options say where rows are.
type Options struct {
	FS     vfs.FS
	Dir    string
	Lock   *pebble.Lock // of the directory, which the caller holds
	Merger *pebble.Merger
	// ReadOnly changes nothing in the directory.
	ReadOnly bool
	Logger   *zap.Logger
}

// DB is a store of rows. Its methods may be called concurrently.
type DB struct {
	*pebble.DB
	options Options
	fuse    *fuse
	writing sync.Mutex     // held by the one write that is waited for, and by Close
	writes  sync.WaitGroup // those that have not ended
}

// Open opens the rows of a directory, or begins with none.
func Open(o Options) (_ *DB, err error) {
	defer rescue(&err)
	f := newFuse(o.Logger)
	p := o.pebble(f)
	err = o.checkOptions(p)
	if err == nil && !o.ReadOnly {
		err = o.removeEmptyLogs()
	}
	if err != nil {
		return nil, err
	}
	compactions := newCompactions()
	p.Experimental.CompactionScheduler = compactions
	db, err := pebble.Open(o.Dir, p)
	d := &DB{DB: db, options: o, fuse: f}
	cause := f.err()
	switch {
	case err == nil && cause == nil:
		compactions.begin()
		return d, nil
	case err == nil:
		compactions.begin() // Close ends it
		return nil, o.damage(errors.Join(cause, d.Close()))
	case cause != nil:
		err = cause
	}
	return nil, o.damage(err)
}

// checkOptions names the file of options where it is not as Pebble wrote it.
func (o *Options) checkOptions(p *pebble.Options) error {
	at, err := pebble.Peek(o.Dir, o.FS)
	if err != nil || !at.Exists || at.OptionsFilename == "" {
		return err
	}
	text, err := store.ReadFile(o.FS, at.OptionsFilename)
	if err != nil {
		return err
	}
	if err := p.CheckCompatibility(o.Dir, string(text)); err != nil {
		return &store.Damage{Path: at.OptionsFilename, What: err.Error()}
	}
	return nil
}

// leastLog is how many bytes a log has at least that has something: a record's header
// of 7, a batch's of 12, and a row. The mark of an orderly end is shorter.
const leastLog = 22

// removeEmptyLogs removes the logs that Pebble makes and that nothing is written to.
// It would flush what they have, and try that again for good where it cannot.
func (o *Options) removeEmptyLogs() error {
	names, err := o.FS.List(o.Dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		path := o.FS.PathJoin(o.Dir, name)
		if !strings.HasSuffix(name, ".log") {
			continue
		}
		if info, err := o.FS.Stat(path); err != nil || info.Size() >= leastLog { // of format 6 and before
			continue
		}
		if err := o.FS.Remove(path); err != nil {
			return err
		}
	}
	return nil
}

// damage names what an error of Pebble says is not as it was written.
func (o *Options) damage(err error) error {
	var known *store.Damage
	switch {
	case errors.As(err, &known):
		return err
	case pebble.IsCorruptionError(err), errors.Is(err, pebble.ErrDBNotPristine), errors.Is(err, os.ErrNotExist),
		strings.Contains(err.Error(), "object size mismatch"): // of a table, which Pebble marks as nothing
		return &store.Damage{Path: o.Dir, What: err.Error()}
	}
	return err
}

// pebble returns Pebble's options. Rows are small and read once, at start.
func (o *Options) pebble(f *fuse) *pebble.Options {
	p := &pebble.Options{
		FS:                 f.through(o.FS),
		Lock:               o.Lock,
		Merger:             o.Merger,
		Logger:             f,
		EventListener:      f.listener(),
		DisableWAL:         true,
		ReadOnly:           o.ReadOnly,
		MemTableSize:       16 << 20,
		FormatMajorVersion: pebble.FormatNewest,
	}
	for i := range p.Levels {
		p.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	p.EnsureDefaults()
	return p
}

// rescue makes an error of a panic: Pebble reports a store that is closed, and
// some of what it finds where files have failed, in that way.
func rescue(err *error) {
	if cause := recover(); cause != nil {
		*err = errors.Join(*err, fmt.Errorf("the store: %v", cause))
	}
}

// Err says why the store was given up, after which nothing is written to disk; nil
// where it was not.
func (d *DB) Err() error {
	if err := d.fuse.err(); err != nil {
		return d.options.damage(err)
	}
	return nil
}

// Close closes the files, once no write is under way that was not waited for: it may
// still put rows into memory that is about to be freed.
func (d *DB) Close() (err error) {
	defer rescue(&err)
	d.writing.Lock()
	defer d.writing.Unlock()
	d.writes.Wait()
	return d.DB.Close()
}

// Write applies a batch, which is the store's from then on, also where it fails. One is
// under way at a time: one that the store does not come back from ends with the store.
func (d *DB) Write(batch *pebble.Batch) error {
	d.writing.Lock()
	defer d.writing.Unlock()
	if err := d.Err(); err != nil {
		return err
	}
	done := make(chan error, 1)
	d.writes.Go(func() {
		var err error
		defer func() { done <- err }()
		defer rescue(&err)
		err = batch.Commit(pebble.NoSync)
	})
	return d.await(done)
}

// WriteThrough applies a batch, and puts all that was written into tables, on disk.
func (d *DB) WriteThrough(batch *pebble.Batch) error {
	if err := d.Write(batch); err != nil {
		return err
	}
	flushed, err := d.flush()
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		select {
		case <-flushed:
			done <- nil
		case <-d.fuse.blown:
		}
	}()
	return d.await(done)
}

func (d *DB) flush() (_ <-chan struct{}, err error) {
	defer rescue(&err)
	return d.AsyncFlush()
}

// await waits for the end of a write, or of the store: what was done in a store
// that was given up cannot be relied on.
func (d *DB) await(done <-chan error) error {
	select {
	case err := <-done:
		return errors.Join(err, d.Err())
	case <-d.fuse.blown:
		return d.Err()
	}
}

// Get returns a row's value, which the caller may keep; nil: there is no row.
func (d *DB) Get(key []byte) (_ []byte, err error) {
	defer rescue(&err)
	value, closer, err := d.DB.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return append([]byte{}, value...), closer.Close()
}

// Span is a range of keys: from one on and before another.
type Span struct{ From, To []byte }

// Under is the span of the keys that begin with a prefix.
func Under(prefix []byte) Span { return Span{prefix, after(prefix)} }

// after returns the first key behind all that begin with prefix, nil for none.
func after(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}

// Range returns the rows of a span, in order. The caller closes it.
func (d *DB) Range(s Span) (_ *pebble.Iterator, err error) {
	defer rescue(&err)
	return d.NewIter(&pebble.IterOptions{LowerBound: s.From, UpperBound: s.To})
}

// Each calls f for every row of a span, in order. key and value are valid until it
// returns.
func (d *DB) Each(s Span, f func(key, value []byte) error) error {
	it, err := d.Range(s)
	if err != nil {
		return err
	}
	for ok := it.First(); ok && err == nil; ok = it.Next() {
		var value []byte
		if value, err = it.ValueAndErr(); err == nil {
			err = f(it.Key(), value)
		}
	}
	return errors.Join(err, it.Error(), it.Close())
}
