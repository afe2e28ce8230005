// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package rows keeps what is cold and keyed, in Pebble without a log of its own.
//
//	group of the log, on disk --Write--> memtable --flush, now and then--> tables
//	checkpoint ---------------Write, Flush-------------------------------> tables, synced
//	                                        Get, Each, Range <--- both
//
// What is written is in memory until a flush: whoever writes can make it again,
// from the log. Where Pebble cannot go on, writes and flushes end with an error
// instead of waiting for it for good.
package rows

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"
)

// Options say where rows are.
type Options struct {
	FS     vfs.FS
	Dir    string
	Lock   *pebble.Lock // of the directory, which the caller holds
	Merger *pebble.Merger
	Logger *zap.Logger
}

// DB is a store of rows. Its methods may be called concurrently.
type DB struct {
	*pebble.DB
	fatal   *logger    // what the store could not go on after
	writing sync.Mutex // held by the one write that is under way
}

// Open opens the rows of a directory, or begins with none.
func Open(o Options) (*DB, error) {
	fatal := &logger{log: o.Logger, happened: make(chan struct{})}
	db, err := pebble.Open(o.Dir, o.pebble(fatal))
	if err != nil {
		return nil, err
	}
	return &DB{DB: db, fatal: fatal}, nil
}

// pebble returns Pebble's options. Rows are small and read once, at start.
func (o *Options) pebble(fatal *logger) *pebble.Options {
	p := &pebble.Options{
		FS:                 o.FS,
		Lock:               o.Lock,
		Merger:             o.Merger,
		Logger:             fatal,
		EventListener:      &pebble.EventListener{FlushEnd: fatal.flushed},
		DisableWAL:         true,
		MemTableSize:       16 << 20,
		FormatMajorVersion: pebble.FormatNewest,
	}
	for i := range p.Levels {
		p.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	p.EnsureDefaults()
	return p
}

// Write applies a batch. One is under way at a time: Pebble reports some failed
// writes by its logger's Fatalf, which ends the goroutine of that write without
// a return, and no later one would come to an end.
func (d *DB) Write(batch *pebble.Batch) error {
	d.writing.Lock()
	defer d.writing.Unlock()
	done := make(chan error, 1)
	go func() {
		defer func() {
			if cause := recover(); cause != nil { // the store was given up and closed before this began
				done <- fmt.Errorf("write to the store: %v", cause)
			}
		}()
		done <- batch.Commit(pebble.NoSync)
	}()
	select {
	case err := <-done:
		return err
	case <-d.fatal.happened:
		return errors.New(d.fatal.cause)
	}
}

// WriteThrough applies a batch, and puts all that was written into tables, on disk.
func (d *DB) WriteThrough(batch *pebble.Batch) error {
	if err := d.Write(batch); err != nil {
		return err
	}
	flushed, err := d.AsyncFlush()
	if err != nil {
		return err
	}
	select {
	case <-flushed:
		return nil
	case <-d.fatal.happened:
		return errors.New(d.fatal.cause)
	}
}

// Get returns a row's value, which the caller may keep; nil: there is no row.
func (d *DB) Get(key []byte) ([]byte, error) {
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
func (d *DB) Range(s Span) (*pebble.Iterator, error) {
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
