// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"cmp"
	"crypto/rand"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/certificate"
	"github.com/otelcol-usage/otelcol-usage/internal/dedupe"
	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/intake"
	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/store/log"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/store/snapshot"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Book is the state in memory and what has to be written of it. Package ledger is
// the locked shell around it; the package's comment says who may own which part.
type Book struct {
	group.Line
	Settings  *Settings
	Rows      *rows.DB
	Log       *log.Log
	Snapshot  *snapshot.Store
	mark      part.Mark // of the snapshot, or of rows where that is older
	Defs      *organization.Shared
	certified *certificate.Keeper

	Spellings usage.Spellings
	// Extraction is what extract works by: meters under their numbers, with all
	// versions of their definitions.
	Extraction usage.Extraction

	Orgs   []*Org // by number
	byName map[string]*Org
	ByID   []*Org // in the order of their ids
	Nobody *Org   // items that name no organization; also in byName
	// unlisted is how many organizations the catalogue does not have.
	unlisted int
	full     bool // as many as their limit, and the log has said so
	// Transfers are organizations that are on their way to or from another ledger, or
	// have left.
	Transfers map[string]*part.Transfer

	Duplicates *dedupe.Set
	Now        int64        // the latest arrival or collection, ns; never goes back
	arrived    int64        // the last arrival that the entries have
	Unfolded   int64        // by the log's groups that checkpoints do not cover yet, see unfolded
	Journaled  atomic.Int64 // bytes of all journals

	// whole is the first group whose entries are all of it: before, journals and
	// first items went to rows at once.
	whole uint64

	rules   intake.Rules
	idle    []*Clerk
	written []byte // scratch of Commit
}

// Org is an organization with what the ledger keeps about it.
type Org struct {
	intake.Subject          // what every item needs comes first
	advanced       int64    // the arrival that its time was last moved to
	Journal        *journal // nil where the catalogue has or had it, or it is too late
	// passed is the last collection that passed a dormant organization over, 0
	// where it took part; collected the last one that it took part in.
	passed, collected period.Minute
	Dirty             bool   // changed since its last checkpoint
	Erased            bool   // no longer in the book; see erase
	Held              bool   // nothing of it changes: it is being moved, see part.Transfer
	whole             bool   // to be saved in full: rows go further than the snapshot, or a checkpoint was given up
	unlisted          bool   // the catalogue does not have it
	Copied            string // of Held: the token under which a copy of it has left this book
	Secret            [32]byte
	position          part.Position
	names             identity.Known           // of who is shown in labels, or soon will be
	Tombstones        map[uint32]period.Minute // by slot: until when an erased user has one
	Trends            organization.Trends
	notes             archive.Notes
	firsts            []archive.First // scratch of note
}

func (o *Org) setSecret(secret []byte) {
	copy(o.Secret[:], secret)
	o.Hashes = intake.NewHashes(secret)
}

// Find returns an organization by its id.
func (b *Book) Find(id string) *Org { return b.byName[id] }

// warnUnlisted says in the log that unknown organizations are refused, once
// each time that their limit is reached.
func (b *Book) warnUnlisted() {
	if b.full {
		return
	}
	b.full = true
	b.Settings.Logger.Warn("usage ledger: items of further unknown organizations are over_limit; list the organization in the catalogue, remove others with usagectl erase, or raise the limit",
		zap.Int("limits::unknown_organizations", b.Settings.Limits.UnknownOrganizations))
}

// list notes whether the catalogue has an organization: those that it does not
// have are counted, since they have a limit of their own.
func (b *Book) list(o *Org) {
	_, listed := b.Settings.Catalogue.Lookup(o.ID)
	b.setUnlisted(o, !listed && o.ID != usage.NoOrganization)
}

func (b *Book) setUnlisted(o *Org, unlisted bool) {
	switch {
	case unlisted && !o.unlisted:
		b.unlisted++
	case !unlisted && o.unlisted:
		b.unlisted--
		b.full = false
	}
	o.unlisted = unlisted
}

// open makes a new organization and writes it down.
func (b *Book) open(id string) *Org {
	id = strings.Clone(id)
	secret := identity.Secret(cmp.Or(b.Settings.Key, rand.Text()), id)
	cal := b.Settings.Catalogue.CalendarOf(id)
	o := b.add(uint32(len(b.Orgs)), id, secret[:], b.newOrganization(id, cal, b.Now))
	o.Dirty = true
	b.Pending.Set(rowkey.Of(rowkey.Organization, o.Number), append(secret[:], id...))
	redo.Open{Zone: cal.Zone().String(), Anchor: cal.Anchor()}.Append(&b.Pending.Entries, o.Number)
	b.begin(o)
	return o
}

func (b *Book) newOrganization(id string, cal *calendar.Calendar, now int64) *organization.Organization {
	defs := b.Defs
	if id == usage.NoOrganization {
		defs = b.Defs.Bare()
	}
	return organization.New(id, defs, cal, now)
}

// add enters an organization into the book.
func (b *Book) add(number uint32, id string, secret []byte, m *organization.Organization) *Org {
	o := &Org{Subject: intake.Subject{Organization: m, Number: number}, names: identity.Known{}, Tombstones: map[uint32]period.Minute{}}
	o.setSecret(secret)
	m.Person = func(user uint32, reveal bool) string { return b.person(o, user, reveal) }
	for int(number) >= len(b.Orgs) {
		b.Orgs = append(b.Orgs, nil)
	}
	b.Orgs[number], b.byName[id] = o, o
	i, _ := slices.BinarySearchFunc(b.ByID, id, func(o *Org, id string) int { return strings.Compare(o.ID, id) })
	b.ByID = slices.Insert(b.ByID, i, o)
	if id == usage.NoOrganization {
		b.Nobody = o
	}
	b.list(o)
	b.describe(o)
	return o
}

// describe makes the gauges that tell about an organization. One that the
// catalogue does not have is named by its id and has no receivers.
func (b *Book) describe(o *Org) {
	if o.ID == usage.NoOrganization {
		return
	}
	name, entry := o.ID, catalogue.Organization{}
	if of, listed := b.Settings.Catalogue.Lookup(o.ID); listed {
		entry = *of
		name = cmp.Or(of.Name, o.ID)
	}
	o.Named = b.metersOf(entry.Meters)
	plan := string(entry.Plan.Type)
	o.Info = append(b.Defs.Series.Receivers(entry.Notify.Email, entry.Notify.SMS, entry.Notify.Webhook), b.Defs.Series.Info(name, entry.Reseller, plan, o.Calendar().Zone().String()))
	if entry.ClientID != "" || entry.Subdomain != "" || plan != "" {
		o.Info = append(o.Info, b.Defs.Series.Account(entry.ClientID, entry.Subdomain, plan))
	}
}

// metersOf returns which meters a list of the catalogue names.
func (b *Book) metersOf(meters []string) []bool {
	named := make([]bool, len(b.Defs.Meters))
	for i := range named {
		named[i] = slices.Contains(meters, b.Defs.Meters[i].Name)
	}
	return named
}

// nobodyOrg is where items are counted that name no organization.
func (b *Book) nobodyOrg() *Org {
	if b.Nobody == nil {
		return b.open(usage.NoOrganization)
	}
	return b.Nobody
}

// Advance moves an organization's time to the arrival. The figures of a minute
// that is to be collected are kept for the collection.
func (b *Book) Advance(o *Org) { b.advance(o, b.Now, &b.Pending.Changes) }

func (b *Book) advance(o *Org, now int64, to *group.Changes) {
	b.wake(o, to)
	o.advanceTo(now, b.collected(period.Ceil(now)-1))
	b.publish(o, to)
}

// collected reports whether a minute is one of those that are collected.
func (b *Book) collected(at period.Minute) bool {
	return at%max(1, period.Minute(b.Settings.CollectEvery/time.Minute)) == 0
}

func (o *Org) advanceTo(now int64, keep bool) {
	if o.advanced != now {
		o.Advance(now, keep)
		o.advanced = now
	}
	o.Dirty = true
}

// Reach moves the book's time, which never goes back, and returns it.
func (b *Book) Reach(now int64) int64 {
	b.Now = max(b.Now, now)
	return b.Now
}

// Tick moves the book's time. Entries that go to the gathering group from here on
// are of that time; those of clerks are of theirs.
func (b *Book) Tick(now int64) { b.arrive(b.Reach(now)) }

// arrive has the entries that follow be of an arrival.
func (b *Book) arrive(now int64) {
	if b.arrived != now {
		redo.Arrival{Now: now}.Append(&b.Pending.Entries)
		b.arrived = now
	}
}

// person names a user in a label: a pseudonym, or the id.
func (b *Book) person(o *Org, user uint32, reveal bool) string {
	id, known := o.names[user]
	if !known {
		value, err := b.Rows.Get(rowkey.OfUser(o.Number, user))
		if err != nil || len(value) < 8 {
			return "" // not on disk yet: shown at the next collection
		}
		id = string(value[8:])
		o.names.Keep(user, id)
	}
	if reveal {
		return id
	}
	return identity.Pseudonym(o.Secret[16:], id)
}
