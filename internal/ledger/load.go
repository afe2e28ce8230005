// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/dedupe"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Open opens a ledger, or makes a new one in an empty directory. now is the
// time of the first arrival at the earliest.
func Open(s Settings, now time.Time) (*Ledger, error) {
	if s.FS == nil {
		s.FS = vfs.Default
	}
	if s.Logger == nil {
		s.Logger = zap.NewNop()
	}
	if s.FoldBytes == 0 {
		s.FoldBytes = defaultFoldBytes
	}
	if err := s.FS.MkdirAll(s.Directory, 0o700); err != nil {
		return nil, fmt.Errorf("open ledger: make directory %s: %w", s.Directory, err)
	}
	version, err := checkFormat(s.FS, s.Directory)
	if err != nil {
		return nil, err
	}
	lock, err := pebble.LockDirectory(s.Directory, s.FS)
	if err != nil {
		return nil, fmt.Errorf("open ledger %s: another process uses this directory (%w); stop it, or set usage_ledger::directory to another one", s.Directory, err)
	}
	if err := s.FS.RemoveAll(s.FS.PathJoin(s.Directory, copyDir)); err != nil { // of a backup that was cut short
		return nil, errors.Join(fmt.Errorf("open ledger: %w", err), lock.Close())
	}
	if version < formatVersion {
		if err := writeFormat(s.FS, s.Directory); err != nil {
			return nil, errors.Join(err, lock.Close())
		}
	}
	l := &Ledger{settings: s, opened: now, lock: lock, wake: make(chan struct{}, 1), stop: make(chan struct{})}
	l.space = newSpace(&l.settings)
	b, err := l.openBook(now.UnixNano())
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	if err := l.space.keepReserve(); err != nil {
		s.Logger.Warn("usage ledger: no room for the reserve that finishes writes on a full disk", zap.Error(err))
	}
	l.book = b
	l.wg.Add(2)
	go l.commitLoop(b)
	go l.foldLoop()
	l.wg.Go(func() { l.finishPurge(b) })
	return l, nil
}

// firstsMerger merges the rows of archive.KindFirst.
var firstsMerger = &pebble.Merger{
	Name:  archive.MergerName,
	Merge: func(_, value []byte) (pebble.ValueMerger, error) { return archive.NewMerge(value), nil },
}

// storeOptions are Pebble's, without a log of its own. Rows are small and read
// once, at start.
func (l *Ledger) storeOptions(logger *storeLogger) *pebble.Options {
	o := &pebble.Options{
		FS:                 l.settings.FS,
		Lock:               l.lock,
		Merger:             firstsMerger,
		Logger:             logger,
		EventListener:      &pebble.EventListener{FlushEnd: logger.flushed},
		DisableWAL:         true,
		MemTableSize:       16 << 20,
		FormatMajorVersion: pebble.FormatNewest,
	}
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	o.EnsureDefaults()
	return o
}

// openBook reads the directory.
func (l *Ledger) openBook(now int64) (_ *book, err error) {
	fatal := &storeLogger{log: l.settings.Logger, happened: make(chan struct{})}
	db, err := pebble.Open(l.settings.Directory, l.storeOptions(fatal))
	if err != nil {
		return nil, fmt.Errorf("open ledger %s: %w", l.settings.Directory, err)
	}
	b := &book{settings: &l.settings, db: db, byName: map[string]*org{}, dead: make(chan struct{}), fatal: fatal}
	b.judge.Rules, b.scribe.book = l.settings.rules(), b
	defer func() {
		if err != nil {
			err = fmt.Errorf("open ledger %s: %w", l.settings.Directory, errors.Join(err, b.close()))
		}
	}()
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
	if b.log == nil {
		if err := b.convert(); err != nil {
			return nil, err
		}
	}
	b.beginWhole()
	if err := b.readSpellings(fresh, max(b.now, now)); err != nil {
		return nil, err
	}
	if l.settings.Catalogue, err = l.settings.Catalogue.Spelled(b.identity()); err != nil {
		return nil, err
	}
	if err := b.giveCalendars(); err != nil {
		return nil, err
	}
	merged, changed, err := mergeDefinitions(meters, l.settings.Extraction.Meters, now)
	if err != nil {
		return nil, err
	}
	down := max(b.now, b.defs.Began) // the one if it was killed before it wrote anything down
	b.now = max(b.now, now)
	err = l.settings.announce(merged, func() error {
		if !changed {
			return nil
		}
		return b.redefine(merged, fresh)
	})
	if err != nil {
		return nil, err
	}
	l.extraction = extraction(l.settings.Extraction, merged)
	if l.extraction.FormerBefore, err = b.formerBefore(fresh); err != nil {
		return nil, err
	}
	l.extraction.Spellings = b.spellings
	b.tellSpellings()
	redo.Arrival{Now: b.now}.Append(&b.pending.entries)
	if !fresh {
		b.recover(down)
	}
	b.follow(l.settings.Catalogue)
	return b, nil
}

// define makes the definitions that organizations share.
func (b *book) define(meters []stored, birth int64) error {
	s := b.settings
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
	shared, err := organization.Share(d)
	if err != nil {
		return fmt.Errorf("meters: %w", err)
	}
	b.defs, b.judge.Rules.Meters = shared, d.Meters
	return nil
}

// readMeta reads the stored definitions; fresh tells that there are none.
func (b *book) readMeta(begin int64) (meters []stored, fresh bool, err error) {
	birth, err := b.meta(metaBirth)
	if err != nil {
		return nil, false, err
	}
	if birth == nil {
		return nil, true, b.define(nil, begin)
	}
	d := &wire.Decoder{Bytes: birth}
	born := d.Int()
	text, err := b.meta(metaDefinitions)
	if err = errors.Join(err, d.Err()); err == nil {
		err = json.Unmarshal(text, &meters)
	}
	if err != nil {
		return nil, false, fmt.Errorf("read definitions: %w", err)
	}
	now, err := b.meta(metaNow)
	if err != nil {
		return nil, false, err
	}
	if now != nil {
		d = &wire.Decoder{Bytes: now}
		b.now = d.Int()
	}
	if err := b.define(meters, born); err != nil {
		return nil, false, err
	}
	if now != nil && len(d.Bytes) > 0 { // of before format 4: none
		b.defs.Outages = decodeOutages(d)
	}
	return meters, false, d.Err()
}

// formerBefore returns the end of the event times whose items may be known by
// their former content (see usage.Item): 0 in a ledger that never knew it, else
// the latest that could be counted when this program first opened it. Once the
// acceptance span is past it, nothing asks for former content any more.
func (b *book) formerBefore(fresh bool) (end int64, err error) {
	known, err := b.meta(metaFormer)
	if err != nil {
		return 0, err
	}
	if known != nil {
		d := &wire.Decoder{Bytes: known}
		return d.Int(), d.Err()
	}
	if !fresh {
		end = b.now + b.settings.Future.Nanoseconds()
	}
	var e wire.Encoder
	e.Int(end)
	b.pending.set(metaFormer, e.Bytes)
	return end, b.commitNow()
}

func (b *book) meta(key []byte) ([]byte, error) {
	return rows{b.db}.Get(key)
}

// read reads organizations and duplicates, and applies the redo entries.
func (b *book) read(fresh bool) error {
	b.pending = b.newGroup(1)
	if b.log != nil {
		b.pending.number = b.log.Next()
	}
	if err := b.openDuplicates(); err != nil {
		return err
	}
	b.judge.Duplicates = b.duplicates
	if fresh {
		return nil
	}
	checkpoint := b.now
	if err := b.readOrgs(); err != nil {
		return err
	}
	return b.replay(checkpoint)
}

// duplicatesDir is where the keys of counted items are, below the ledger's
// directory.
const duplicatesDir = "counted"

// openDuplicates opens the keys of counted items. Up to format 6 they were rows:
// those become files, and the rows go. Where that is cut short, the next start
// does it again.
func (b *book) openDuplicates() error {
	fs, rows := b.settings.FS, under([]byte{keyDuplicates})
	dir := fs.PathJoin(b.settings.Directory, duplicatesDir)
	it, err := b.db.NewIter(&pebble.IterOptions{LowerBound: rows.from, UpperBound: rows.to})
	if err != nil {
		return err
	}
	found := it.First()
	if found {
		err = dedupe.Import(fs, dir, it)
	}
	if err = errors.Join(err, it.Error(), it.Close()); err == nil && found {
		err = b.db.DeleteRange(rows.from, rows.to, pebble.NoSync)
	}
	if err != nil {
		return err
	}
	b.duplicates, err = dedupe.Open(fs, dir)
	return err
}

// close closes the files of the book.
func (b *book) close() error {
	var err error
	if b.duplicates != nil { // it was opened
		err = b.duplicates.Close()
	}
	if b.log != nil {
		err = errors.Join(err, b.log.Close())
	}
	return errors.Join(err, b.db.Close())
}

// each calls f for every row under a prefix, in order.
func (b *book) each(prefix []byte, f func(key, value []byte) error) error {
	return b.eachIn(prefix, after(prefix), f)
}

// eachIn calls f for every row from a key on and before another, in order.
func (b *book) eachIn(from, to []byte, f func(key, value []byte) error) error {
	it, err := b.db.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: to})
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

// readOrgs reads the organizations that have a checkpoint, several at a time;
// one that has none is made by its redo entry.
func (b *book) readOrgs() error {
	var numbers []uint32
	err := b.each([]byte{keyOrg}, func(key, value []byte) error {
		if len(key) != 5 || len(value) < 32 {
			return errors.New("damaged organization")
		}
		numbers = append(numbers, binary.BigEndian.Uint32(key[1:]))
		return nil
	})
	if err != nil {
		return err
	}
	read := make([]*readBack, len(numbers))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, number := range numbers {
		g.Go(func() (err error) {
			if read[i], err = b.readOrg(number); err != nil {
				return fmt.Errorf("organization %d: %w", number, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i, r := range read {
		if r == nil {
			continue
		}
		o := b.add(numbers[i], r.id, r.secret, r.Organization)
		o.position, o.trends = r.position, r.trends
		if err := errors.Join(b.readTombstones(o), b.readJournal(o)); err != nil {
			return err
		}
		b.now = max(b.now, r.Now())
	}
	return nil
}

// readBack is an organization as its checkpoint has it.
type readBack struct {
	*organization.Organization
	id       string
	secret   []byte
	position position
	trends   []trend
}

// readOrg reads an organization, nil where it has no checkpoint.
func (b *book) readOrg(number uint32) (*readBack, error) {
	head, err := b.meta(orgKey(keyHead, number))
	if err != nil || head == nil {
		return nil, err
	}
	users, err := b.readUsers(number)
	if err != nil {
		return nil, err
	}
	id, secret := users.organization, users.secret
	d := &wire.Decoder{Bytes: head}
	r := &readBack{id: id, secret: secret, position: position{group: d.Uint(), offset: d.Uint()}}
	r.trends = decodeTrends(d)
	if d.Err() != nil {
		return nil, d.Err()
	}
	defs := b.defs
	if id == usage.NoOrganization {
		defs = defs.Bare()
	}
	if r.Organization, err = organization.Restore(id, defs, users.hashes, d.Bytes); err != nil {
		return nil, err
	}
	users.unname(r.Organization)
	closings, err := b.meta(orgKey(keyClosings, number))
	if err == nil && closings != nil {
		err = r.RestoreClosings(closings)
	}
	if err != nil {
		return nil, fmt.Errorf("closed periods: %w", err)
	}
	err = b.each(orgKey(keyPage, number), func(key, value []byte) error {
		if len(key) != 12 {
			return errors.New("damaged key of a page")
		}
		return r.RestorePage(binary.BigEndian.Uint16(key[5:]), key[7], binary.BigEndian.Uint32(key[8:]), value)
	})
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	return r, r.Restored()
}

// storedUsers are the rows of an organization and its users.
type storedUsers struct {
	organization string
	secret       []byte
	hashes       []uint64 // of ids, in the order of slots
	nameless     []uint32 // slots of those whose ids were erased
}

func (u *storedUsers) unname(o *organization.Organization) {
	for _, slot := range u.nameless {
		o.SetNameless(slot, true)
	}
}

// readUsers reads an organization's secret and its users.
func (b *book) readUsers(number uint32) (*storedUsers, error) {
	row, err := b.meta(orgKey(keyOrg, number))
	if err != nil || len(row) < 32 {
		return nil, errors.Join(err, fmt.Errorf("organization %d has no row", number))
	}
	u := &storedUsers{organization: string(row[32:]), secret: row[:32]}
	err = b.each(orgKey(keyUser, number), func(key, value []byte) error {
		if len(key) != 9 || len(value) < 8 || binary.BigEndian.Uint32(key[5:]) != uint32(len(u.hashes)) {
			return fmt.Errorf("damaged user of organization %d", number)
		}
		if len(value) == 8 {
			u.nameless = append(u.nameless, uint32(len(u.hashes)))
		}
		u.hashes = append(u.hashes, binary.LittleEndian.Uint64(value))
		return nil
	})
	return u, err
}

// reopen makes an organization again that has no checkpoint yet, as of the
// arrival that opened it.
func (b *book) reopen(number uint32, cal *calendar.Calendar, now int64) error {
	users, err := b.readUsers(number)
	if err != nil {
		return err
	}
	m := b.newOrganization(users.organization, cal, now)
	for _, h := range users.hashes {
		m.AddUser(h)
	}
	users.unname(m)
	o := b.add(number, users.organization, users.secret, m)
	o.dirty = true
	return errors.Join(b.readTombstones(o), b.readJournal(o))
}
