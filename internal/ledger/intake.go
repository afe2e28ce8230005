// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// intake is what is reused from item to item.
type intake struct {
	event    meter.Event
	dims     []uint32
	versions []uint8  // of the event's effects
	ahead    []ahead  // by item of the batch
	at       *ahead   // of the item whose turn it is
	numbers  []uint32 // by value of the batch: its number + 1, or 0 where it has none yet
	hashes   []uint64 // by value of the batch
	touched  uint64   // means nothing; see lookAhead
	firsts   []First
	encoded  []byte // firsts
}

// record judges and applies the items of a batch, in order.
func (b *book) record(batch *usage.Batch) error {
	b.lookAhead(batch)
	for i := range batch.Items {
		b.scratch.at = &b.scratch.ahead[i]
		if err := b.take(batch, &batch.Items[i]); err != nil {
			return err
		}
	}
	return nil
}

func (b *book) take(batch *usage.Batch, it *usage.Item) error {
	o, reason := b.organization(it)
	from := len(b.pending.entries.Bytes)
	err := b.takeFor(o, reason, batch, it)
	b.keep(o, from)
	return err
}

// takeFor takes an item in where it is counted; reason says why that is not where
// it says.
func (b *book) takeFor(o *org, reason usage.Reason, batch *usage.Batch, it *usage.Item) error {
	b.advance(o)
	if reason != usage.ReasonNone {
		b.count(o, it, reasonOutcome[reason], reason)
		return nil
	}
	if it.Outcome != usage.Pending {
		b.refuse(o, batch, it)
		return nil
	}
	outcome, reason, uid, err := b.judge(o, batch, it)
	if err != nil {
		return err
	}
	if outcome != usage.Counted {
		b.count(o, it, outcome, reason)
		return nil
	}
	b.enter(o, it, uid)
	return nil
}

// refuse counts an item that extract could judge. Whether what it matched was in
// force depends on the organization's zone, which extract does not know, and on
// its time: that of no century was matched by any definition.
func (b *book) refuse(o *org, batch *usage.Batch, it *usage.Item) {
	effects := batch.EffectsOf(it)
	for i := range effects {
		if it.Time < usage.Year2000 || b.inForce(o, &effects[i], it.Time) {
			effects = nil
			break
		}
	}
	if len(effects) > 0 {
		b.count(o, it, usage.Unmatched, usage.ReasonNone)
		return
	}
	b.count(o, it, it.Outcome, it.Reason)
}

// inForce reports whether the definition that an effect is by was in force.
func (b *book) inForce(o *org, e *usage.Effect, t int64) bool {
	if ofUser(e) {
		return true
	}
	return o.InForce(&b.defs.Meters[e.Meter], e, t)
}

// reasonOutcome is the outcome of items whose organization is not taken in.
var reasonOutcome = map[usage.Reason]usage.Outcome{
	usage.ReasonUnknown:         usage.Invalid,
	usage.ReasonBadOrganization: usage.Invalid,
	usage.ReasonOrganizations:   usage.OverLimit,
	usage.ReasonUnlisted:        usage.OverLimit,
}

// organization returns where an item is counted, and why it cannot be where it
// says.
func (b *book) organization(it *usage.Item) (*org, usage.Reason) {
	if o := b.scratch.at.org; o != nil {
		return o, usage.ReasonNone
	}
	if o := b.find(it.Organization); o != nil {
		return o, usage.ReasonNone
	}
	if it.Organization == "" || it.Organization == usage.NoOrganization {
		return b.nobodyOrg(), usage.ReasonNone
	}
	if reason := b.known(it.Organization); reason != usage.ReasonNone {
		if it.Outcome != usage.Pending { // it was refused already, for a reason of its own
			reason = usage.ReasonNone
		}
		return b.nobodyOrg(), reason
	}
	return b.open(it.Organization), usage.ReasonNone
}

// count enters an item that no meter takes.
func (b *book) count(o *org, it *usage.Item, outcome usage.Outcome, reason usage.Reason) {
	o.Count(b.now, it.Signal, outcome, 1)
	b.pending.count(o.number, it.Signal, outcome)
	if outcome != usage.Duplicate {
		o.Note(meter.Reject{
			Arrived: b.now, Signal: it.Signal, Outcome: outcome, Reason: reason, Action: it.Action,
			Unit: usage.UnitOf(it.Time),
		})
	}
}

// judge finds an item's outcome. Where it is Counted, scratch holds the event.
func (b *book) judge(o *org, batch *usage.Batch, it *usage.Item) (_ usage.Outcome, _ usage.Reason, uid *usage.UID, _ error) {
	s, refused := &b.scratch, refusal{}
	s.event.Time, s.event.User = it.Time, meter.NoUser
	s.event.Effects, s.dims, s.versions = s.event.Effects[:0], s.dims[:0], s.versions[:0]
	late := it.Time < b.now-b.settings.Past.Nanoseconds()
	needsUser, sums, matched := false, false, false
	effects := batch.EffectsOf(it)
	for i := range effects {
		e := &effects[i]
		if e.Kind == usage.Respelled || !b.inForce(o, e, it.Time) {
			continue
		}
		matched = true
		if late && !timeless(e.Kind) {
			refused.add(e, usage.Late, usage.ReasonLate)
			continue
		}
		needsUser = needsUser || b.byUser(e) || e.Kind != usage.Consume && e.Kind != usage.Rejected
		sums = sums || e.Kind == usage.Consume
	}
	if !matched {
		return usage.Unmatched, usage.ReasonNone, nil, nil
	}
	if it.Time > b.now+b.settings.Future.Nanoseconds() {
		return usage.Future, usage.ReasonNone, nil, nil
	}
	user, full := meter.NoUser, false
	if needsUser && it.User != "" {
		user, full = b.user(o, it.User)
	}
	if sums {
		if uid = &s.at.key; !s.at.keyed {
			*uid = o.itemKey(it)
		}
		seen, err := b.seen(o, it, *uid)
		if err != nil {
			return 0, "", nil, err
		}
		if seen {
			return usage.Duplicate, usage.ReasonNone, nil, nil
		}
	}
	s.event.User = user
	b.rejoin(o, effects)
	rejoined := len(s.event.Effects)
	for i := range effects {
		e := &effects[i]
		if e.Kind == usage.Respelled || !b.inForce(o, e, it.Time) || late && !timeless(e.Kind) {
			continue
		}
		b.effect(o, batch, e, full, &refused)
	}
	if len(s.event.Effects) == rejoined {
		return refused.outcome, refused.reason, nil, nil
	}
	for _, r := range refused.meters[:refused.n] {
		o.Refuse(r.meter, r.reason)
		b.pending.refuse(o.number, r.meter, r.reason)
	}
	return usage.Counted, usage.ReasonNone, uid, nil
}

// seen reports whether sums have counted an item, by its key or by the one that
// it had before.
func (b *book) seen(o *org, it *usage.Item, key usage.UID) (bool, error) {
	seen, err := b.duplicates.Seen(key)
	if seen || err != nil {
		return seen, err
	}
	former, had := o.formerKey(it)
	if !had {
		return false, nil
	}
	return b.duplicates.Seen(former)
}

// ofUser reports whether an effect is on the user alone, and of no meter.
func ofUser(e *usage.Effect) bool {
	return e.Kind == usage.Lifecycle || e.Kind == usage.Alias || e.Meter == usage.NoMeter
}

// timeless reports whether an effect has no past limit.
func timeless(k usage.EffectKind) bool {
	return k == usage.Lifecycle || k == usage.Alias || k == usage.StandingOn || k == usage.StandingOff
}

// byUser reports whether a sum is kept by user.
func (b *book) byUser(e *usage.Effect) bool {
	return e.Kind == usage.Consume && b.defs.Meters[e.Meter].ByUser != nil
}

// refusal gathers why meters could not use their part. An item that nobody
// uses gets the outcome of the first.
type refusal struct {
	outcome usage.Outcome
	reason  usage.Reason
	meters  [8]struct {
		meter  uint16
		reason usage.Reason
	}
	n int
}

func (r *refusal) add(e *usage.Effect, outcome usage.Outcome, reason usage.Reason) {
	if r.outcome == usage.Pending || outcome < r.outcome {
		r.outcome, r.reason = outcome, reason
	}
	if !ofUser(e) && r.n < len(r.meters) {
		r.meters[r.n].meter, r.meters[r.n].reason = e.Meter, reason
		r.n++
	}
}

// user returns the slot of the user of the item whose turn it is.
func (b *book) user(o *org, id string) (slot uint32, full bool) {
	if !b.scratch.at.known {
		return b.slot(o, id)
	}
	if slot = b.scratch.at.user; o.Nameless(slot) {
		b.returned(o, slot, id)
	}
	return slot, false
}

// slot returns the slot of a user id, making a new one; full is set where the
// organization may have no more.
func (b *book) slot(o *org, id string) (slot uint32, full bool) {
	hash := o.userHash(id)
	if slot, known := o.FindUser(hash); known {
		if o.Nameless(slot) {
			b.returned(o, slot, id)
		}
		return slot, false
	}
	if o.Users() >= b.settings.Limits.UsersPerOrganization {
		return meter.NoUser, true
	}
	slot = o.AddUser(hash)
	b.pending.newUser(o.number, slot, hash, id)
	return slot, false
}

// effect turns one effect into numbers and adds it to the event, or refuses
// it.
func (b *book) effect(o *org, batch *usage.Batch, e *usage.Effect, full bool, refused *refusal) {
	s := &b.scratch
	x := meter.Effect{Kind: e.Kind, Meter: e.Meter, Class: e.Class, Roles: e.Roles, Status: e.Status, Value: e.Value}
	switch e.Kind {
	case usage.Rejected:
		refused.add(e, usage.Invalid, e.Reason)
		return
	case usage.Consume:
		x.ByUser = b.byUser(e) && s.event.User != meter.NoUser
		x.Averages = batch.AveragesOf(e)
		if b.byUser(e) && full {
			o.Refuse(e.Meter, usage.ReasonUsers)
			b.pending.refuse(o.number, e.Meter, usage.ReasonUsers)
		}
	case usage.Alias:
		if x.Key, full = b.aliasSource(o, e, full); full {
			refused.add(e, usage.OverLimit, usage.ReasonUsers)
			return
		}
	case usage.StandingOn, usage.StandingOff:
		x.Key = b.key(o, e.Key)
		fallthrough
	default:
		if full {
			b.refuseUser(o, e, refused)
			return
		}
	}
	if s.event.User == meter.NoUser && e.Kind != usage.Consume {
		refused.add(e, usage.Invalid, usage.ReasonNoUser)
		return
	}
	if reason := o.Refusal(s.event.User, &x); reason != usage.ReasonNone {
		outcome := usage.Invalid
		if reason == usage.ReasonTransitions {
			outcome = usage.OverLimit
		}
		refused.add(e, outcome, reason)
		return
	}
	x.Dims = b.numbers(o, e, batch.ValuesOf(e))
	s.event.Effects = append(s.event.Effects, x)
	s.versions = append(s.versions, e.Version)
}

// refuseUser refuses an effect for a user beyond the limit and says that the
// meter's figures are incomplete.
func (b *book) refuseUser(o *org, e *usage.Effect, refused *refusal) {
	refused.add(e, usage.OverLimit, usage.ReasonUsers)
	if e.Kind != usage.Lifecycle {
		o.MarkIncomplete(e.Meter)
		b.pending.incomplete(o.number, e.Meter)
	}
}

func (b *book) aliasSource(o *org, e *usage.Effect, full bool) (uint32, bool) {
	if full {
		return 0, true
	}
	return b.slot(o, e.Key)
}

func (b *book) key(o *org, name string) uint32 {
	n, isNew := o.Key(name)
	if isNew {
		b.pending.newKey(o.number, name)
	}
	return n
}

// numbers returns the numbers of an effect's values.
func (b *book) numbers(o *org, e *usage.Effect, values []string) []uint32 {
	if len(values) == 0 {
		return nil
	}
	from := len(b.scratch.dims)
	for i, value := range values {
		if known := b.scratch.numbers[int(e.FirstValue)+i]; known != 0 {
			b.scratch.dims = append(b.scratch.dims, known-1)
			continue
		}
		n, isNew := o.Value(e.Meter, i, value)
		if isNew {
			b.pending.newValue(o.number, e.Meter, i, value)
		}
		b.scratch.dims = append(b.scratch.dims, n)
	}
	return b.scratch.dims[from:len(b.scratch.dims):len(b.scratch.dims)]
}

// enter applies the event in scratch and writes it down.
func (b *book) enter(o *org, it *usage.Item, uid *usage.UID) {
	ev := &b.scratch.event
	if uid != nil {
		b.duplicates.Add(*uid)
	}
	b.pending.event(o.number, it.Signal, ev, uid)
	o.Count(b.now, it.Signal, usage.Counted, 1)
	first := o.Apply(ev)
	for i := range ev.Effects {
		if it.Sampled {
			b.sampled(o, &ev.Effects[i])
		}
		if first>>min(i, 63)&1 != 0 && ev.Effects[i].Kind == usage.Active {
			b.noteFirst(o, it, &ev.Effects[i], b.scratch.versions[i])
		}
	}
}

// sampled marks the meter of an effect whose item a sampler let through.
func (b *book) sampled(o *org, e *meter.Effect) {
	if e.OfMeter() && o.MarkSampled(e.Meter) {
		b.pending.sampled(o.number, e.Meter)
	}
}

// noteFirst writes down an item that may be a user's first one in a period.
func (b *book) noteFirst(o *org, it *usage.Item, e *meter.Effect, version uint8) {
	if o.Nameless(b.scratch.event.User) {
		return
	}
	f := First{Class: e.Class, Time: it.Time, Version: version, Signal: 1 + uint8(it.Signal), Action: it.Action, UID: it.UID, Kind: Ever}
	b.scratch.firsts = append(b.scratch.firsts[:0], f)
	for _, w := range b.defs.Meters[e.Meter].Windows {
		if w.Kind != usage.Rolling && w.Kind != usage.Hour {
			f.Kind, f.Period = uint8(w.Kind), o.PeriodStart(w.Kind, it.Time)
			b.scratch.firsts = append(b.scratch.firsts, f)
		}
	}
	enc := meter.Encoder{Bytes: b.scratch.encoded[:0]}
	encodeFirsts(&enc, b.scratch.firsts)
	b.scratch.encoded = enc.Bytes
	b.pending.merge(firstKey(o.number, b.scratch.event.User, e.Meter), enc.Bytes)
}

// validID reports whether a string may be an organization's id.
func validID(id string) bool {
	return len(id) <= 256 && !strings.ContainsFunc(id, func(r rune) bool { return r < 0x20 || r == 0x7f })
}
