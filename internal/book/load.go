// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/certificate"
	"github.com/otelcol-usage/otelcol-usage/internal/dedupe"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/trust"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// FirstsMerger merges the rows of archive.KindFirst.
var FirstsMerger = &pebble.Merger{
	Name:  archive.MergerName,
	Merge: func(_, value []byte) (pebble.ValueMerger, error) { return archive.NewMerge(value), nil },
}

// Open reads the directory, of which the caller has the lock, and which has what its
// certificate says. now is the time of the first arrival at the earliest.
func Open(s *Settings, lock *pebble.Lock, certified *certificate.Keeper, now int64) (_ *Book, err error) {
	if err := errors.Join(certified.Check(), trust.Check(s.RowsOf(s.FS), certified)); err != nil {
		return nil, fmt.Errorf("open ledger %s: %w", s.Directory, err)
	}
	of := s.RowsOf(s.FS)
	of.Lock = lock
	db, err := rows.Open(of)
	if err != nil {
		return nil, fmt.Errorf("open ledger %s: %w", s.Directory, err)
	}
	b := &Book{Settings: s, Rows: db, certified: certified, Line: group.NewLine(db), byName: map[string]*Org{}}
	b.rules = s.rules()
	defer func() {
		if err != nil {
			err = fmt.Errorf("open ledger %s: %w", s.Directory, errors.Join(err, b.Close()))
		}
	}()
	if err := b.openSnapshot(); err != nil {
		return nil, err
	}
	if err := b.openLog(); err != nil {
		return nil, err
	}
	if err := b.openWhole(); err != nil {
		return nil, err
	}
	meters, fresh, err := b.readMeta(now)
	if err != nil {
		return nil, err
	}
	if err := b.read(fresh); err != nil {
		return nil, err
	}
	if b.Log == nil {
		if err := b.convert(); err != nil {
			return nil, err
		}
	}
	b.beginWhole()
	if err := b.readSpellings(fresh, max(b.Now, now)); err != nil {
		return nil, err
	}
	if s.Catalogue, err = s.Catalogue.Spelled(b.Identity()); err != nil {
		return nil, err
	}
	if err := b.giveCalendars(); err != nil {
		return nil, err
	}
	merged, changed, err := versions.Merge(meters, s.Extraction.Meters, now)
	if err != nil {
		return nil, err
	}
	down := max(b.Now, b.Defs.Began) // the one if it was killed before it wrote anything down
	b.Now = max(b.Now, now)
	err = versions.Announce(s.FS, s.Directory, s.Logger, merged, func() error {
		if !changed {
			return nil
		}
		return b.redefine(merged, fresh)
	})
	if err != nil {
		return nil, err
	}
	b.Extraction = versions.Extraction(s.Extraction, merged)
	if b.Extraction.FormerBefore, err = b.formerBefore(fresh); err != nil {
		return nil, err
	}
	b.Extraction.Spellings = b.Spellings
	if err := b.readTransfers(); err != nil {
		return nil, err
	}
	b.arrive(b.Now)
	if !fresh {
		b.recover(down)
	}
	b.follow(s.Catalogue)
	return b, b.Certify(b.Present())
}

// RowsOf are the options of a directory's rows.
func (s *Settings) RowsOf(fs vfs.FS) rows.Options {
	return rows.Options{FS: fs, Dir: s.Directory, Merger: FirstsMerger, Logger: s.Logger}
}

// define makes the definitions that organizations share.
func (b *Book) define(meters []versions.Meter, birth int64) error {
	s := b.Settings
	d := meter.Definitions{
		Titles: s.Extraction.Titles,
		Past:   period.Minute(s.Past / time.Minute), Grace: period.Minute(s.Grace / time.Minute), Birth: period.Floor(birth), Began: birth,
		Silence: s.Silence.Nanoseconds(), ValuesPerDimension: s.Limits.ValuesPerDimension,
	}
	for _, m := range meters {
		d.Meters = append(d.Meters, m.Meter)
		d.Since = append(d.Since, m.Since)
		d.Retired, d.RetiredAt = append(d.Retired, m.Retired), append(d.RetiredAt, m.RetiredAt)
	}
	shared, err := organization.Share(d, maphash.MakeSeed())
	if err != nil {
		return fmt.Errorf("meters: %w", err)
	}
	b.Defs, b.rules.Meters = shared, d.Meters
	return nil
}

// readMeta reads the stored definitions; fresh tells that there are none.
func (b *Book) readMeta(begin int64) (meters []versions.Meter, fresh bool, err error) {
	birth, err := b.Rows.Get(rowkey.MetaBirth)
	if err != nil {
		return nil, false, err
	}
	if birth == nil {
		return nil, true, b.define(nil, begin)
	}
	d := &wire.Decoder{Bytes: birth}
	born := d.Int()
	text, err := b.Rows.Get(rowkey.MetaDefinitions)
	if err = errors.Join(err, d.Err()); err == nil {
		err = json.Unmarshal(text, &meters)
	}
	if err != nil {
		return nil, false, fmt.Errorf("read definitions: %w", err)
	}
	if err := b.define(meters, born); err != nil {
		return nil, false, err
	}
	if d = (&wire.Decoder{Bytes: b.mark.Clock}); len(d.Bytes) > 0 {
		b.Now = d.Int()
	}
	if len(d.Bytes) > 0 { // of before format 4: none
		b.Defs.Outages = meter.DecodeOutages(d)
	}
	return meters, false, d.Err()
}

// formerBefore returns the end of the event times whose items may be known by
// their former content (see usage.Item): 0 in a ledger that never knew it, else
// the latest that could be counted when this program first opened it. Once the
// acceptance span is past it, nothing asks for former content any more.
func (b *Book) formerBefore(fresh bool) (end int64, err error) {
	known, err := b.Rows.Get(rowkey.MetaFormer)
	if err != nil {
		return 0, err
	}
	if known != nil {
		d := &wire.Decoder{Bytes: known}
		return d.Int(), d.Err()
	}
	if !fresh {
		end = b.Now + b.Settings.Future.Nanoseconds()
	}
	b.Pending.Set(rowkey.MetaFormer, part.Integer(end))
	return end, b.commitNow()
}

// read reads organizations and duplicates, and applies the redo entries.
func (b *Book) read(fresh bool) error {
	b.Begin(1)
	if b.Log != nil {
		b.Pending.Number = b.Log.Next()
	}
	if err := b.openDuplicates(); err != nil {
		return err
	}
	if fresh {
		return nil
	}
	checkpoint := b.Now
	if err := b.readOrgs(); err != nil {
		return err
	}
	return b.replay(checkpoint)
}

// DuplicatesDir is where the keys of counted items are, below the ledger's
// directory.
const DuplicatesDir = "counted"

// openDuplicates opens the keys of counted items. Up to format 6 they were rows:
// those become files, and the rows go. Where that is cut short, the next start
// does it again.
func (b *Book) openDuplicates() error {
	fs, old := b.Settings.FS, rows.Under([]byte{rowkey.Duplicates})
	dir := fs.PathJoin(b.Settings.Directory, DuplicatesDir)
	it, err := b.Rows.Range(old)
	if err != nil {
		return err
	}
	found := it.First()
	if found {
		err = dedupe.Import(fs, dir, it)
	}
	if err = errors.Join(err, it.Error(), it.Close()); err == nil && found {
		err = b.Rows.DeleteRange(old.From, old.To, pebble.NoSync)
	}
	if err != nil {
		return err
	}
	b.Duplicates, err = dedupe.Open(fs, dir, Shards, b.certified.Counted()...)
	return err
}

// Close closes the files of the book.
func (b *Book) Close() error {
	var err error
	if b.Duplicates != nil { // it was opened
		err = b.Duplicates.Close()
	}
	if b.Log != nil {
		err = errors.Join(err, b.Log.Close())
	}
	if b.Snapshot != nil {
		err = errors.Join(err, b.Snapshot.Close())
	}
	return errors.Join(err, b.Rows.Close())
}
