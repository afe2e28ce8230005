// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package repair

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/certificate"
	"github.com/otelcol-usage/otelcol-usage/internal/dedupe"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/store/log"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/store/snapshot"
	"github.com/otelcol-usage/otelcol-usage/internal/trust"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
)

// Finding is one thing that is wrong with a directory.
type Finding struct {
	What string `json:"what"` // is wrong, and with which file
	Lost string `json:"lost"` // of what was counted; "": nothing
	// Remedy is what mending does, or what has to be done instead.
	Remedy   string `json:"remedy"`
	Mendable bool   `json:"mendable"`
	mend     func(*aside) error
}

// Survey is what is known of a directory.
type Survey struct {
	Directory string    `json:"directory"`
	Counted   time.Time `json:"counted"` // up to when what was counted is there, as far as can be told
	Findings  []Finding `json:"findings"`

	settings book.Settings
	known    certificate.Certificate
	lock     *pebble.Lock
}

// Look surveys a directory, which no process may have open. Close ends it.
func Look(dir string) (*Survey, error) {
	dir = filepath.Clean(dir)
	s := &Survey{Directory: dir, settings: book.Settings{Directory: dir, FS: vfs.Default, Logger: zap.NewNop()}}
	s.certificates()
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		if s.known.ID == "" {
			return nil, fmt.Errorf("repair %s: there is neither such a directory nor a certificate of one", dir)
		}
		s.gone("the directory is missing")
		return s, nil
	}
	var err error
	if s.lock, err = pebble.LockDirectory(dir, vfs.Default); err != nil {
		return nil, fmt.Errorf("repair %s: a process uses this directory (%w); stop it first", dir, err)
	}
	s.files()
	return s, nil
}

// Close lets the directory go.
func (s *Survey) Close() error {
	if s.lock == nil {
		return nil
	}
	return s.lock.Close()
}

func (s *Survey) path(name string) string { return filepath.Join(s.Directory, name) }

func (s *Survey) find(f Finding) {
	f.Mendable = f.mend != nil
	if !f.Mendable {
		f.Remedy = "restore a backup: " + f.Remedy
	}
	s.Findings = append(s.Findings, f)
}

// certificates reads both, each on its own.
func (s *Survey) certificates() {
	for _, path := range s.paths() {
		c, bad, err := certificate.Read(vfs.Default, path)
		switch err := errors.Join(bad, err); {
		case err != nil:
			s.find(Finding{What: path + ": it cannot be read", Remedy: "it is put aside; the next start makes it anew", mend: func(a *aside) error { return a.move(path) }})
		case c != nil && c.Serial > s.known.Serial:
			s.known = *c
		}
	}
}

// paths are where certificates are.
func (s *Survey) paths() []string {
	paths := []string{s.path(certificate.File)}
	if beside := certificate.Beside(vfs.Default, s.Directory); beside != "" {
		paths = append(paths, beside)
	}
	return paths
}

// forget puts the certificates aside: what they tell of is not there any more.
func (s *Survey) forget(a *aside) error {
	for _, path := range s.paths() {
		if err := a.move(path); err != nil {
			return err
		}
	}
	return nil
}

// gone finds that all of the ledger is lost.
func (s *Survey) gone(what string) {
	s.find(Finding{
		What: s.Directory + ": " + what, Lost: "everything, of all organizations, up to " + when(s.known.At),
		Remedy: "the certificate is put aside, and the next start begins a new ledger", mend: s.forget,
	})
}

func when(t time.Time) string {
	if t.IsZero() {
		return "an unknown time"
	}
	return t.UTC().Format(time.RFC3339)
}

// files looks at all that there is, as a start would come to it.
func (s *Survey) files() {
	s.format()
	manifests, _ := filepath.Glob(s.path("MANIFEST-*")) // the pattern is fine
	name, err := rows.InForce(vfs.Default, s.Directory)
	switch {
	case err != nil:
		s.find(Finding{What: err.Error(), Remedy: "the directory cannot be read"})
		return
	case name == "" && len(manifests) == 0 && s.known.ID == "":
		return // it is new
	case name == "" && len(manifests) == 0:
		s.gone("there is no ledger in it")
		return
	case name == "":
		newest := filepath.Base(slices.Max(manifests))
		s.find(Finding{
			What: s.path("marker.manifest.*") + ": it is missing", Remedy: newest + " is put in force",
			mend: func(*aside) error { return rows.Enforce(vfs.Default, s.Directory, newest) },
		})
		return // the rest can be read when that is done
	}
	s.runs()
	if s.known.ID != "" {
		if err := s.known.Rows.Check(vfs.Default, s.Directory); err != nil {
			s.find(Finding{What: err.Error(), Lost: "which tables there are", Remedy: "its tables cannot be told apart"})
			return
		}
	}
	if s.tables() {
		s.rows()
	}
}

func (s *Survey) format() {
	path := s.path(versions.FormatFile)
	_, err := versions.CheckFormat(vfs.Default, s.Directory)
	text, _ := os.ReadFile(path) // an error is that of CheckFormat
	switch {
	case err == nil:
	case strings.HasPrefix(string(text), versions.FormatTitle) && s.known.Format == 0:
		s.find(Finding{What: err.Error(), Remedy: "or use the program that wrote it"})
	case s.known.Format != 0:
		s.find(Finding{
			What: path + ": it is damaged", Remedy: fmt.Sprintf("it is written anew, as of format %d", s.known.Format),
			mend: func(a *aside) error {
				return errors.Join(a.move(path), versions.WriteFormat(store.OwnersOnly, s.Directory, s.known.Format))
			},
		})
	default:
		s.find(Finding{What: err.Error(), Remedy: "nothing tells its format"})
	}
}

// runs looks at the keys of counted items.
func (s *Survey) runs() {
	dir, bad := s.path(book.DuplicatesDir), ""
	runs, _ := filepath.Glob(filepath.Join(dir, "*.run")) // the pattern is fine
	for _, path := range runs {
		if err := dedupe.Verify(vfs.Default, path); err != nil {
			bad = err.Error()
		}
	}
	if bad == "" {
		bad = dedupe.Missing(vfs.Default, dir, s.known.Counted)
	}
	if bad == "" {
		return
	}
	s.find(Finding{
		What: bad, Lost: "which items of sums were counted before: one that is sent again is counted again",
		Remedy: "the runs are put aside; let no sender repeat what is older",
		mend: func(a *aside) error {
			for _, path := range runs {
				if err := a.move(path); err != nil {
					return err
				}
			}
			return s.forget(a)
		},
	})
}

// tables reads all of them, and the files of the snapshot, and reports whether they are
// whole.
func (s *Survey) tables() bool {
	tables, _ := filepath.Glob(s.path("*.sst")) // the pattern is fine
	parts, _ := filepath.Glob(s.path(filepath.Join(part.Directory, "parts-*")))
	whole := true
	for _, path := range append(tables, parts...) {
		if err := trust.Verify(s.settings.RowsOf(vfs.Default), vfs.Default, path); err != nil {
			whole = false
			lost := "rows of one or more organizations, from any time"
			if ids := s.concerned(); snapshot.Is(vfs.Default, path) && len(ids) > 0 {
				lost = "what was counted, from any time, of " + strings.Join(ids, ", ")
			}
			s.find(Finding{What: err.Error(), Lost: lost, Remedy: "the others do not add up without them"})
		}
	}
	return whole
}

// concerned returns the organizations whose state in the snapshot cannot be read, as
// far as the rows name them; none where it cannot be told.
func (s *Survey) concerned() (ids []string) {
	of := s.settings.RowsOf(vfs.Default)
	of.ReadOnly, of.Lock = true, s.lock
	db, err := rows.Open(of)
	if err != nil {
		return nil
	}
	defer func() { _ = db.Close() }() // only read from
	parts, err := snapshot.Read(vfs.Default, s.path(part.Directory), s.known.Snapshot)
	if err != nil {
		return nil
	}
	defer func() { _ = parts.Close() }()
	for _, owner := range parts.Owners() {
		if parts.Load(owner, func(snapshot.Key, []byte) error { return nil }) == nil {
			continue
		}
		users, err := part.Source{Rows: db, Snapshot: parts}.Users(owner)
		if err != nil {
			return nil
		}
		ids = append(ids, users.Organization)
	}
	return ids
}

// rows looks at the rows, and by them at the log.
func (s *Survey) rows() {
	of := s.settings.RowsOf(vfs.Default)
	of.ReadOnly, of.Lock = true, s.lock
	db, err := rows.Open(of)
	if err != nil {
		f := Finding{What: err.Error(), Remedy: "the rows cannot be read"}
		if options := pathOf(err); strings.HasPrefix(filepath.Base(options), "OPTIONS-") {
			f.Remedy, f.mend = "it is put aside; the store makes it anew", func(a *aside) error { return a.move(options) }
		}
		s.find(f)
		return
	}
	defer func() { _ = db.Close() }() // only read from
	parts, err := snapshot.Read(vfs.Default, s.path(part.Directory), s.known.Snapshot)
	if err != nil {
		s.find(Finding{What: err.Error(), Lost: "what came of the log, of all organizations", Remedy: "the log has only what came since the last checkpoint"})
		return
	}
	defer func() { _ = parts.Close() }()
	at, err := positionsOf(db, parts)
	switch {
	case err != nil:
		s.find(Finding{What: err.Error(), Remedy: "the rows cannot be read"})
	case at.needed < s.known.Needed:
		s.find(Finding{
			What: fmt.Sprintf("%s: its tables are of before record %d of the log, and were of after it", s.Directory, s.known.Needed),
			Lost: "what was counted between this state and " + when(s.known.At), Remedy: "the certificate is put aside, and this state is the ledger", mend: s.forget,
		})
	default:
		s.log(at)
	}
}

func (s *Survey) log(of positions) {
	s.Counted = of.now
	found, err := log.Survey(log.Options{FS: vfs.Default, Dir: s.Directory, Reached: s.known.Reached}, of.needed, func(_ uint64, record []byte) error {
		s.Counted = latest(s.Counted, arrivalOf(record))
		return nil
	})
	if err = errors.Join(err, found.Err); err == nil {
		return
	}
	f := Finding{What: err.Error(), Lost: fmt.Sprintf("what any organization sent from %s up to %s", when(s.Counted), s.written(found)), Remedy: "tables have more than the log"}
	if found.Path != "" && of.highest < found.Next {
		f.Remedy = fmt.Sprintf("the log is cut off behind record %d", found.Next-1)
		f.mend = func(a *aside) error { return errors.Join(a.cut(found), s.forget(a)) }
	}
	s.find(f)
}

// written is when the log was written to last, as far as can be told.
func (s *Survey) written(found log.Found) string {
	last := s.known.At
	for _, path := range append(found.Behind, found.Path) {
		if info, err := os.Stat(path); err == nil {
			last = latest(last, info.ModTime())
		}
	}
	return when(last)
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
