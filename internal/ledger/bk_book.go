// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"cmp"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/dedupe"
	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/intake"
	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/store/log"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// book is the state in memory and what has to be written of it. It has one
// owner at a time; Ledger is the locked shell around it.
type book struct {
	settings *Settings
	db       *rows.DB
	log      *log.Log
	defs     *organization.Shared

	spellings usage.Spellings
	// extraction is what extract works by: meters under their numbers, with all
	// versions of their definitions.
	extraction usage.Extraction

	orgs   []*org // by number
	byName map[string]*org
	byID   []*org // in the order of their ids
	nobody *org   // items that name no organization; also in byName
	// unlisted is how many organizations the catalogue does not have.
	unlisted int
	full     bool // as many as their limit, and the log has said so

	duplicates *dedupe.Set
	now        int64  // the latest arrival or collection, ns; never goes back
	pending    *group // gathers
	committing *group // the one sealed last; nil before the first
	failed     bool
	dead       chan struct{} // closed when failed
	unfolded   int64         // by the log's groups that checkpoints do not cover yet, see unfolded
	journaled  int64         // bytes of all journals

	// whole is the first group whose entries are all of it: before, journals and
	// first items went to rows at once.
	whole uint64

	judge   intake.Judge
	scribe  scribe
	first   redo.First // scratch of noteFirst
	written []byte     // likewise, of commit
	spare   []byte     // of the next group, see leave
}

// org is an organization with what the ledger keeps about it.
type org struct {
	intake.Subject
	secret   [32]byte
	advanced int64 // the arrival that its time was last moved to
	dirty    bool  // changed since its last checkpoint
	unlisted bool  // the catalogue does not have it
	// passed is the last collection that passed a dormant organization over, 0
	// where it took part; collected the last one that it took part in.
	passed, collected period.Minute
	erased            bool // no longer in the book; see erase
	position          position
	names             map[uint32]string        // ids shown in labels, by slot
	tombstones        map[uint32]period.Minute // by slot: until when an erased user has one
	trends            []trend
	journal           *journal // nil where the catalogue has or had it, or it is too late
	notes             archive.Notes
	firsts            []archive.First // scratch of note
}

func (o *org) setSecret(secret []byte) {
	copy(o.secret[:], secret)
	o.Hashes = intake.NewHashes(secret)
}

// find returns an organization by its id.
func (b *book) find(id string) *org { return b.byName[id] }

// warnUnlisted says in the log that unknown organizations are refused, once
// each time that their limit is reached.
func (b *book) warnUnlisted() {
	if b.full {
		return
	}
	b.full = true
	b.settings.Logger.Warn("usage ledger: items of further unknown organizations are over_limit; list the organization in the catalogue, remove others with usagectl erase, or raise the limit",
		zap.Int("limits::unknown_organizations", b.settings.Limits.UnknownOrganizations))
}

// list notes whether the catalogue has an organization: those that it does not
// have are counted, since they have a limit of their own.
func (b *book) list(o *org) {
	_, listed := b.settings.Catalogue.Lookup(o.ID)
	b.setUnlisted(o, !listed && o.ID != usage.NoOrganization)
}

func (b *book) setUnlisted(o *org, unlisted bool) {
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
func (b *book) open(id string) *org {
	id = strings.Clone(id)
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails
	zone, anchor := b.settings.zoneOf(id)
	cal := calendar.New(zone, anchor)
	o := b.add(uint32(len(b.orgs)), id, secret[:], b.newOrganization(id, cal, b.now))
	o.dirty = true
	b.pending.set(orgKey(keyOrg, o.Number), append(secret[:], id...))
	redo.Open{Zone: cal.Zone().String(), Anchor: cal.Anchor()}.Append(&b.pending.entries, o.Number)
	b.begin(o)
	return o
}

func (b *book) newOrganization(id string, cal *calendar.Calendar, now int64) *organization.Organization {
	defs := b.defs
	if id == usage.NoOrganization {
		defs = b.defs.Bare()
	}
	return organization.New(id, defs, cal, now)
}

// add enters an organization into the book.
func (b *book) add(number uint32, id string, secret []byte, m *organization.Organization) *org {
	o := &org{Subject: intake.Subject{Organization: m, Number: number}, names: map[uint32]string{}, tombstones: map[uint32]period.Minute{}}
	o.setSecret(secret)
	m.Person = func(user uint32, reveal bool) string { return b.person(o, user, reveal) }
	for int(number) >= len(b.orgs) {
		b.orgs = append(b.orgs, nil)
	}
	b.orgs[number], b.byName[id] = o, o
	i, _ := slices.BinarySearchFunc(b.byID, id, func(o *org, id string) int { return strings.Compare(o.ID, id) })
	b.byID = slices.Insert(b.byID, i, o)
	if id == usage.NoOrganization {
		b.nobody = o
	}
	b.list(o)
	b.describe(o)
	return o
}

// describe makes the gauges that tell about an organization. One that the
// catalogue does not have is named by its id and has no receivers.
func (b *book) describe(o *org) {
	if o.ID == usage.NoOrganization {
		return
	}
	name, entry := o.ID, catalogue.Organization{}
	if of, listed := b.settings.Catalogue.Lookup(o.ID); listed {
		entry = *of
		name = cmp.Or(of.Name, o.ID)
	}
	o.Named = b.metersOf(entry.Meters)
	plan := string(entry.Plan.Type)
	o.Info = append(b.notify(entry.Notify), b.defs.Info(name, entry.Reseller, plan, o.Calendar().Zone().String()))
	if entry.ClientID != "" || entry.Subdomain != "" || plan != "" {
		o.Info = append(o.Info, b.defs.Account(entry.ClientID, entry.Subdomain, plan))
	}
}

// metersOf returns which meters a list of the catalogue names.
func (b *book) metersOf(meters []string) []bool {
	named := make([]bool, len(b.defs.Meters))
	for i := range named {
		named[i] = slices.Contains(meters, b.defs.Meters[i].Name)
	}
	return named
}

// notify makes the gauges of an organization's receivers.
func (b *book) notify(n catalogue.Notify) (series []*usage.Series) {
	var channels []string
	for _, of := range [...]struct {
		channel   string
		receivers []string
	}{{"email", n.Email}, {"sms", n.SMS}, {"webhook", n.Webhook}} {
		if len(of.receivers) > 0 {
			channels = append(channels, of.channel)
		}
		for _, receiver := range of.receivers {
			if s := b.defs.Notify(of.channel, receiver); !slices.Contains(series, s) { // else it is listed twice
				series = append(series, s)
			}
		}
	}
	return append(series, b.defs.NotifyChannels(channels))
}

// nobodyOrg is where items are counted that name no organization.
func (b *book) nobodyOrg() *org {
	if b.nobody == nil {
		return b.open(usage.NoOrganization)
	}
	return b.nobody
}

// advance moves an organization's time to the arrival. The figures of a minute
// that is to be collected are kept for the collection.
func (b *book) advance(o *org) {
	b.wake(o)
	o.advanceTo(b.now, b.collected(period.Ceil(b.now)-1))
	b.publish(o)
}

// collected reports whether a minute is one of those that are collected.
func (b *book) collected(at period.Minute) bool {
	return at%max(1, period.Minute(b.settings.CollectEvery/time.Minute)) == 0
}

func (o *org) advanceTo(now int64, keep bool) {
	if o.advanced != now {
		o.Advance(now, keep)
		o.advanced = now
	}
	o.dirty = true
}

// tick moves the book's time; it never goes back.
func (b *book) tick(now int64) {
	if now > b.now {
		b.now = now
		redo.Arrival{Now: now}.Append(&b.pending.entries)
	}
}

// person names a user in a label: a pseudonym, or the id.
func (b *book) person(o *org, user uint32, reveal bool) string {
	id, known := o.names[user]
	if !known {
		value, err := b.db.Get(userKey(o.Number, user))
		if err != nil || len(value) < 8 {
			return "" // not on disk yet: shown at the next collection
		}
		id = string(value[8:])
		if len(o.names) >= maxNames {
			clear(o.names)
		}
		o.names[user] = id
	}
	if reveal {
		return id
	}
	return pseudonym(o.secret[16:], id)
}

// maxNames bounds the names kept of one organization: the top users of a few
// meters and periods.
const maxNames = 1000

// definition is when the version of a meter's definition took effect.
func (b *book) definition(meter, version int) usage.Date {
	if versions := b.defs.Meters[meter].Versions; version < len(versions) {
		return versions[version].EffectiveFrom
	}
	return usage.Date{}
}

// slotOf finds a user by an id that somebody asks for: as it is, else as
// telemetry is spelled now.
func (b *book) slotOf(o *org, id string) (slot uint32, known bool) {
	if slot, known = o.FindUser(o.Hashes.User(id)); known {
		return slot, true
	}
	return o.FindUser(o.Hashes.User(identity.Spell(id, b.spellings.Newest())))
}
