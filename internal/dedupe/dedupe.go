// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package dedupe remembers which items were counted, so that one that is sent
// again is not counted again. It is exact, and a key that was never seen costs
// no disk read.
//
//	new key --Add--> recent --Seal--> sealed --Write--> run of the epoch --Drop--> gone
//	                 (table in memory)                  (file; its filter in memory)
//
// A key is looked up in the two tables and in the filter of each run, a cache
// line each; one new key in a thousand goes on from a filter to one block of its
// run. So there must be few runs. Each Write makes one run of what is sealed and
// of the latest runs of the epoch, as many as together have no more keys than
// what is written beside them: a run is larger than all later ones together,
// and a key is written again only when the keys around it have doubled. When
// sixteen days, an epoch, are over, the runs of the epoch become one.
//
// A run is of the epoch it was sealed in, whatever the days of its events, which
// are that day at the latest: nearly all items arrive soon, so this keeps few
// keys longer than their own days would, and there is one table to look into
// and one file to write. An epoch is dropped as a whole, which is removing its
// file.
//
// Runs (see run.go) are complete or not there, and a crash leaves
// the old ones or the new one: its name tells which it replaces. What is in
// memory only is lost when the process ends: the owner writes keys beside what
// was counted, and adds them again after Open. Adding a key twice does no harm.
// But a key in a run whose item was not counted in the end would lose that item:
// what is sealed has to be durable with the owner before Write.
//
// A Set has parts, for callers that come at the same time: a key is always of the
// same part, which has one owner. The Set has one owner too, who has all parts.
// Only Write and Clean may run beside Seen, Prefetch and Add.
package dedupe

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/prefetch"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// epochDays is how many days share a run in the end. A new key costs a cache
// miss in each epoch, three or four in an acceptance span of 35 days, and a
// dropped one was kept for up to 15 days more than needed.
const epochDays = 16

// Set is the keys of counted items.
type Set struct {
	fs      vfs.FS
	dir     string
	parts   []Part
	day     uint16 // the latest of the events of sealed keys
	runs    []*run // of all parts, oldest first
	written []*run // by Write; in the place of others once Flushed
	failed  error  // of Write
	gone    []*run // replaced or dropped; Write removes the files
}

// Part is the keys that one owner asks for and adds.
type Part struct {
	of     *Set
	recent table
	sealed table
	block  [blockSize]byte
}

// Open opens the set in a directory, which is made where it is not there. It
// reads no keys: which part one is of matters only as long as it is in memory. An
// error names the file, and the byte where it is damaged. known are runs that were
// there, by name: that one is missing of which another has not all keys is an error.
func Open(fs vfs.FS, dir string, parts int, known ...string) (*Set, error) {
	s := &Set{fs: fs, dir: dir, parts: make([]Part, parts)}
	for i := range s.parts {
		s.parts[i].of = s
	}
	if err := s.open(known); err != nil {
		return nil, fmt.Errorf("open counted items: %w", errors.Join(err, s.Close()))
	}
	return s, nil
}

func (s *Set) open(known []string) error {
	if err := makeDir(s.fs, s.dir); err != nil {
		return err
	}
	names, err := s.fs.List(s.dir)
	if err != nil {
		return err
	}
	var all []identity
	for _, name := range names {
		i, ok := identify(name)
		if !ok {
			return fmt.Errorf("%s is no run; move it away", s.fs.PathJoin(s.dir, name))
		}
		all = append(all, i)
	}
	slices.SortFunc(all, identity.compare)
	if err := missing(s.fs, s.dir, all, known); err != nil {
		return err
	}
	for _, i := range all {
		if covered(all, i) {
			s.gone = append(s.gone, &run{identity: i, path: s.fs.PathJoin(s.dir, i.name())})
			continue
		}
		r, err := openRun(s.fs, s.dir, i)
		if err != nil {
			return err
		}
		s.runs = append(s.runs, r)
	}
	return s.remove()
}

// Missing says which of the runs that were known, or of those between others, is not
// in a directory; "": none. It changes nothing.
func Missing(fs vfs.FS, dir string, known []string) string {
	names, err := fs.List(dir)
	if err != nil {
		return err.Error()
	}
	var all []identity
	for _, name := range names {
		if i, ok := identify(name); ok {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, identity.compare)
	if err := missing(fs, dir, all, known); err != nil {
		return err.Error()
	}
	return ""
}

// missing returns the damage where runs that were known have no place in others, which
// are in order, or there is a gap between them.
func missing(fs vfs.FS, dir string, all []identity, known []string) error {
	for _, name := range known {
		if i, ok := identify(name); ok && !slices.ContainsFunc(all, func(other identity) bool { return other.covers(i) }) {
			return store.Missing(fs.PathJoin(dir, name), "it has keys of counted items")
		}
	}
	var last identity
	for _, i := range all {
		switch {
		case covered(all, i):
		case last.last > 0 && i.first != last.last+1:
			return store.Missing(dir, fmt.Sprintf("a run between %s and %s", last.name(), i.name()))
		default:
			last = i
		}
	}
	return nil
}

// covered reports whether another run has all keys of one.
func covered(all []identity, i identity) bool {
	return slices.ContainsFunc(all, func(other identity) bool { return other != i && other.covers(i) })
}

// Close closes the files. What is not written is forgotten.
func (s *Set) Close() error {
	var err error
	for _, r := range slices.Concat(s.runs, s.written, s.gone) {
		err = errors.Join(err, r.close())
	}
	*s = Set{}
	return err
}

// Part returns one of the parts.
func (s *Set) Part(n int) *Part { return &s.parts[n] }

// known returns the key by which a key is known: that of a free slot is taken
// for another one, which is as likely as that two items have the same key.
func known(uid usage.UID) usage.UID {
	if uid == free {
		uid[1] = 1
	}
	return uid
}

// Seen reports whether a key was added. An item that is sent again with another
// time is the same item.
func (p *Part) Seen(uid usage.UID) (bool, error) {
	uid = known(uid)
	if p.recent.has(uid) || p.sealed.has(uid) {
		return true, nil
	}
	for _, r := range p.of.runs {
		if !r.filter.has(uid) {
			continue
		}
		if found, err := r.has(uid, &p.block); found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// Prefetch asks for the memory that Seen and Add will need for a key.
func (p *Part) Prefetch(uid usage.UID) {
	for _, r := range p.of.runs {
		prefetch.Of(r.filter.block(uid))
	}
	p.recent.prefetch(uid)
	p.sealed.prefetch(uid)
}

// Add remembers a key that Seen does not know.
func (p *Part) Add(uid usage.UID) { p.recent.add(known(uid)) }

// Seal sets the recent keys apart for Write. day is the latest that an event of
// a key may be of, in days since 1970. Seal, Write and Flushed follow one
// another.
func (s *Set) Seal(day uint16) {
	s.day = day
	for i := range s.parts {
		p := &s.parts[i]
		p.recent, p.sealed = p.sealed, p.recent
	}
}

// sealedKeys returns how many keys are sealed, and where to read them.
func (s *Set) sealedKeys() (n int, sources []source) {
	for i := range s.parts {
		n += s.parts[i].sealed.n
		sources = append(sources, s.parts[i].sealed.inOrder()...)
	}
	return n, sources
}

// Write puts the sealed keys on disk; until Flushed they are looked up in
// memory. It reads and writes files and may run beside Seen, Prefetch and Add.
// After an error, which the following calls return too, the set has to be
// opened anew.
func (s *Set) Write() error {
	if s.failed != nil {
		return s.failed
	}
	err := s.remove()
	if n, sources := s.sealedKeys(); err == nil && n > 0 {
		err = s.write(n, sources)
	}
	if err != nil {
		s.failed = fmt.Errorf("write counted items: %w", err)
	}
	return s.failed
}

func (s *Set) write(sealed int, sources []source) error {
	i := identity{epoch: s.day - s.day%epochDays, first: 1, last: 1}
	if n := len(s.runs); n > 0 {
		latest := s.runs[n-1]
		i = identity{epoch: max(i.epoch, latest.epoch), first: latest.last + 1, last: latest.last + 1}
	}
	rest := s.runs
	for len(rest) > 0 && rest[0].epoch != i.epoch {
		over := sameEpoch(rest)
		rest = rest[len(over):]
		if len(over) > 1 && s.room(over) {
			if err := s.join(over, over[len(over)-1].identity, 0); err != nil {
				return err
			}
		}
	}
	at, keys := len(rest), sealed
	for at > 0 && rest[at-1].keys <= keys {
		at--
		keys += rest[at].keys
	}
	if rest = rest[at:]; !s.room(rest) {
		rest = nil
	}
	return s.join(rest, i, sealed, sources...)
}

// sameEpoch returns the first of some runs that are of one epoch.
func sameEpoch(runs []*run) []*run {
	n := slices.IndexFunc(runs, func(r *run) bool { return r.epoch != runs[0].epoch })
	if n < 0 {
		n = len(runs)
	}
	return runs[:n]
}

// join writes one run in the place of others and of further keys.
func (s *Set) join(runs []*run, i identity, keys int, sources ...source) error {
	for _, r := range runs {
		i.first = min(i.first, r.first)
		keys += r.keys
		sources = append(sources, r.inOrder())
	}
	r, err := writeRun(s.fs, s.dir, i, keys, sources...)
	if err == nil {
		s.written = append(s.written, r)
	}
	return err
}

// spare is the room on the disk that joining runs leaves to others.
const spare = 256 << 20

// room reports whether the disk has room to write the keys of runs again. Where
// it has not, they are joined another time.
func (s *Set) room(runs []*run) bool {
	disk, err := s.fs.GetDiskUsage(s.dir)
	if err != nil { // a file system that cannot tell, as that in memory, is not full
		return true
	}
	keys := uint64(0)
	for _, r := range runs {
		keys += uint64(r.keys)
	}
	return disk.AvailBytes > spare+keys*(keySize+bitsPerKey/8+1)
}

// Flushed ends what Write began: its runs are looked into from now on, and its
// keys are not in memory any more.
func (s *Set) Flushed() {
	s.runs = slices.DeleteFunc(s.runs, func(r *run) bool {
		replaced := slices.ContainsFunc(s.written, func(w *run) bool { return w.covers(r.identity) })
		if replaced {
			s.gone = append(s.gone, r)
		}
		return replaced
	})
	s.runs = append(s.runs, s.written...)
	slices.SortFunc(s.runs, func(a, b *run) int { return a.compare(b.identity) })
	s.written = nil
	for i := range s.parts {
		s.parts[i].sealed.forget()
	}
}

// Clean clears the memory of the keys that Flushed has ended: else the first to add one
// there does. It may run beside Seen, Prefetch and Add.
func (s *Set) Clean() {
	for i := range s.parts {
		s.parts[i].sealed.clean()
	}
}

// Drop forgets the keys of events before a day; some of the latest of them stay
// until their epoch is over. The next Write removes their files. It may not be
// called between Write and Flushed.
func (s *Set) Drop(before uint16) {
	s.runs = slices.DeleteFunc(s.runs, func(r *run) bool {
		past := r.epoch < before-before%epochDays
		if past {
			s.gone = append(s.gone, r)
		}
		return past
	})
}

// Files returns the runs whose keys are looked for.
func (s *Set) Files() []store.File {
	files := make([]store.File, len(s.runs))
	for i, r := range s.runs {
		files[i] = store.File{Path: r.path, Size: int64(len(r.fences)) * (blockSize + keySize)}
	}
	return files
}

// Names returns the runs whose keys are looked for, by name.
func (s *Set) Names() []string {
	names := make([]string, len(s.runs))
	for i, r := range s.runs {
		names[i] = r.name()
	}
	return names
}

// Len returns how many keys there are. One that was added again while it was
// on disk is counted twice until their runs are joined.
func (s *Set) Len() int {
	n := 0
	for i := range s.parts {
		n += s.parts[i].recent.n + s.parts[i].sealed.n
	}
	for _, r := range s.runs {
		n += r.keys
	}
	return n
}

// Link makes another directory with the same runs.
func (s *Set) Link(dir string) error {
	if err := makeDir(s.fs, dir); err != nil {
		return err
	}
	for _, r := range s.runs {
		if err := vfs.LinkOrCopy(s.fs, r.path, s.fs.PathJoin(dir, r.name())); err != nil {
			return err
		}
	}
	return store.SyncDir(s.fs, dir)
}

// remove removes the files of runs that are gone, the oldest first: those that
// are left have no gap.
func (s *Set) remove() error {
	for len(s.gone) > 0 {
		r := s.gone[0]
		s.gone = s.gone[1:]
		if err := errors.Join(r.close(), store.Remove(s.fs, r.path), store.SyncDir(s.fs, s.dir)); err != nil {
			return err
		}
	}
	return nil
}
