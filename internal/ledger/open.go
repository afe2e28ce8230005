// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/certificate"
	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/lanes"
	"github.com/otelcol-usage/otelcol-usage/internal/move"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
)

// Settings of a ledger.
type Settings = book.Settings

// IsDamaged reports whether an error of Open is of state that is damaged or missing.
func IsDamaged(err error) bool { return store.IsDamage(err) }

// Open opens a ledger, or makes a new one in an empty directory. now is the
// time of the first arrival at the earliest.
func Open(s Settings, now time.Time) (*Ledger, error) {
	if s.FS == nil {
		s.FS = store.OwnersOnly
	}
	if s.Logger == nil {
		s.Logger = zap.NewNop()
	}
	if s.FoldBytes == 0 {
		s.FoldBytes = book.DefaultFoldBytes
	}
	certified, err := certificate.Open(s.FS, s.Directory, s.Logger)
	if err == nil {
		err = certified.Check() // before anything is made anew
	}
	if err != nil {
		return nil, fmt.Errorf("open ledger %s: %w", s.Directory, err)
	}
	if err := s.FS.MkdirAll(s.Directory, 0o700); err != nil {
		return nil, fmt.Errorf("open ledger: make directory %s: %w", s.Directory, err)
	}
	version, err := versions.CheckFormat(s.FS, s.Directory)
	if known, ok := certified.Known(); err != nil && ok && known.Format <= versions.Format && !store.IsDamage(err) {
		err = fmt.Errorf("%w; where there was none, %s is damaged, since the certificate is of format %d: %s", err, versions.FormatFile, known.Format, store.Remedy)
	}
	if err != nil {
		return nil, err
	}
	if err := move.Unfinished(s.FS, s.Directory); err != nil {
		return nil, fmt.Errorf("open ledger %s: %w", s.Directory, err)
	}
	lock, err := pebble.LockDirectory(s.Directory, s.FS)
	if err != nil {
		return nil, fmt.Errorf("open ledger %s: another process uses this directory (%w); stop it, or set usage_ledger::directory to another one", s.Directory, err)
	}
	if err := s.FS.RemoveAll(s.FS.PathJoin(s.Directory, copyDir)); err != nil { // of a backup that was cut short
		return nil, errors.Join(fmt.Errorf("open ledger: %w", err), lock.Close())
	}
	if version < versions.Format {
		if err := versions.WriteFormat(s.FS, s.Directory, versions.Format); err != nil {
			return nil, errors.Join(fmt.Errorf("open ledger: %w", err), lock.Close())
		}
	}
	l := &Ledger{settings: s, opened: now, lock: lock, certified: certified, wake: make(chan struct{}, 1), stop: make(chan struct{}), shards: make([]sync.Mutex, book.Shards)}
	l.space = newSpace(&l.settings)
	b, err := book.Open(&l.settings, lock, certified, now.UnixNano())
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	if err := l.space.keepReserve(); err != nil {
		s.Logger.Warn("usage ledger: no room for the reserve that finishes writes on a full disk", zap.Error(err))
	}
	// Requests that meet the end of a minute wait for the figures of their organizations:
	// at the end of the first one they are not to wait for names and series as well.
	lanes.Each(len(b.ByID), func(i int) { b.ByID[i].Rehearse() })
	l.book, l.extraction = b, b.Extraction
	l.tellAway()
	tellSpellings(b)
	l.wg.Add(3)
	go l.commitLoop(b)
	go l.foldLoop()
	go l.watchLoop()
	if s.ScrubRate > 0 {
		l.wg.Add(1)
		go l.scrubLoop()
	}
	l.wg.Go(func() { l.finishPurge(b) })
	return l, nil
}

// tellSpellings logs how ids are spelled, and since when.
func tellSpellings(b *book.Book) {
	log, last := b.Settings.Logger, b.Spellings[len(b.Spellings)-1]
	of := []zap.Field{zap.Stringer("normalize", last.Normalize)}
	if last.From == 0 {
		log.Info("usage ledger: identity::normalize is what this ledger began with", of...)
		return
	}
	before := b.Spellings[len(b.Spellings)-2]
	of = append(of, zap.Time("from", time.Unix(0, last.From).UTC()), zap.Stringer("before", before.Normalize))
	log.Info("usage ledger: identity::normalize holds for events from a day on, another for those before", of...)
	if last.From <= b.Now {
		return
	}
	var ids []string
	for _, o := range b.ByID {
		if identity.Spell(o.ID, last.Normalize) != identity.Spell(o.ID, before.Normalize) {
			ids = append(ids, o.ID)
		}
	}
	if len(ids) > 0 {
		log.Warn("usage ledger: organizations whose id will be spelled otherwise begin anew under the new id, and keep what they have under the old one",
			append(of, zap.Int("organizations", len(ids)), zap.Strings("ids", ids[:min(len(ids), 20)]))...)
	}
}
