// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// isLog reports whether a file of the ledger's directory holds the log. It is
// all that is known here of how the ledger lays out its files.
func isLog(path string) bool { return strings.HasPrefix(filepath.Base(path), "log-") }

// written is what has gone to a file system.
type written struct {
	log, all atomic.Int64 // bytes
	syncs    atomic.Int64 // of the log
}

// counting is a file system that counts what is written to it.
type counting struct {
	vfs.FS
	written *written
}

// Unwrap implements vfs.FS.
func (c counting) Unwrap() vfs.FS { return c.FS }

// Create implements vfs.FS.
func (c counting) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return c.count(name)(c.FS.Create(name, category))
}

// OpenReadWrite implements vfs.FS.
func (c counting) OpenReadWrite(name string, category vfs.DiskWriteCategory, options ...vfs.OpenOption) (vfs.File, error) {
	return c.count(name)(c.FS.OpenReadWrite(name, category, options...))
}

// ReuseForWrite implements vfs.FS.
func (c counting) ReuseForWrite(old, name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return c.count(name)(c.FS.ReuseForWrite(old, name, category))
}

// count wraps a file that was opened for writing.
func (c counting) count(name string) func(vfs.File, error) (vfs.File, error) {
	return func(f vfs.File, err error) (vfs.File, error) {
		if err != nil {
			return nil, err
		}
		return &countedFile{File: f, written: c.written, log: isLog(name)}, nil
	}
}

// countedFile is open for writing.
type countedFile struct {
	vfs.File
	written *written
	log     bool
}

func (f *countedFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.wrote(p[:n])
	return n, err
}

func (f *countedFile) WriteAt(p []byte, offset int64) (int, error) {
	n, err := f.File.WriteAt(p, offset)
	f.wrote(p[:n])
	return n, err
}

// wrote counts what was written. Of the log, a new file's room that is written before
// anything stands there is none of it: files are used again.
func (f *countedFile) wrote(p []byte) {
	f.written.all.Add(int64(len(p)))
	if f.log && !zero(p) {
		f.written.log.Add(int64(len(p)))
	}
}

func zero(p []byte) bool { return len(bytes.Trim(p, "\x00")) == 0 }

// Sync implements vfs.File.
func (f *countedFile) Sync() error {
	f.synced()
	return f.File.Sync()
}

// SyncData implements vfs.File.
func (f *countedFile) SyncData() error {
	f.synced()
	return f.File.SyncData()
}

func (f *countedFile) synced() {
	if f.log {
		f.written.syncs.Add(1)
	}
}
