// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// readSpellings finds how ids are spelled from now on, and writes that down
// before anything is taken in by it.
func (b *book) readSpellings(fresh bool, now int64) error {
	var old usage.Spellings
	text, err := b.meta(metaSpellings)
	if err == nil && text != nil && !fresh { // what a first start that was cut short has left means nothing
		err = json.Unmarshal(text, &old)
	}
	if err != nil {
		return fmt.Errorf("read how ids are spelled: %w", err)
	}
	b.spellings = mergeSpellings(old, b.settings.Extraction.Spellings, fresh, now+b.settings.Future.Nanoseconds())
	b.judge.Rules.Spellings = b.spellings
	if slices.Equal(old, b.spellings) {
		return nil
	}
	if text, err = json.Marshal(b.spellings); err != nil {
		return err
	}
	b.pending.set(metaSpellings, text)
	return b.commitNow()
}

// mergeSpellings brings the spellings that a ledger has had to the one that is
// configured, if any is. A change takes effect with the first UTC day that no
// event taken in by now can lie in, so that whatever is sent again is spelled as
// it was.
func mergeSpellings(old, configured usage.Spellings, fresh bool, now int64) usage.Spellings {
	wanted := configured.Newest()
	switch {
	case fresh && len(configured) == 0:
		return usage.Spellings{{Normalize: usage.Trim}}
	case fresh:
		return usage.Spellings{{Normalize: wanted}}
	case len(old) == 0: // and what is not configured stays as it was, but for numbers
		old = usage.Spellings{{Normalize: usage.Format3}}
	case len(configured) == 0 || wanted == old.Newest():
		return old
	}
	if n := len(old) - 1; old[n].From > now { // not in force yet
		old = old[:n]
	}
	if wanted == old.Newest() {
		return old
	}
	tomorrow := time.Unix(0, now).UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
	return append(slices.Clone(old), usage.Spelling{From: tomorrow.UnixNano(), Normalize: wanted})
}

// identity is how ids are read that come from elsewhere than telemetry.
func (b *book) identity() identity.Rule {
	return identity.Rule{
		Normalize:    b.spellings.Newest(),
		Placeholders: identity.NewPlaceholders(b.settings.Extraction.Placeholders),
	}
}

// tellSpellings logs how ids are spelled, and since when.
func (b *book) tellSpellings() {
	log, last := b.settings.Logger, b.spellings[len(b.spellings)-1]
	of := []zap.Field{zap.Stringer("normalize", last.Normalize)}
	if last.From == 0 {
		log.Info("usage ledger: identity::normalize is what this ledger began with", of...)
		return
	}
	before := b.spellings[len(b.spellings)-2]
	of = append(of, zap.Time("from", time.Unix(0, last.From).UTC()), zap.Stringer("before", before.Normalize))
	log.Info("usage ledger: identity::normalize holds for events from a day on, another for those before", of...)
	if last.From <= b.now {
		return
	}
	var ids []string
	for _, o := range b.byID {
		if identity.Spell(o.ID, last.Normalize) != identity.Spell(o.ID, before.Normalize) {
			ids = append(ids, o.ID)
		}
	}
	if len(ids) > 0 {
		log.Warn("usage ledger: organizations whose id will be spelled otherwise begin anew under the new id, and keep what they have under the old one",
			append(of, zap.Int("organizations", len(ids)), zap.Strings("ids", ids[:min(len(ids), 20)]))...)
	}
}

// named returns an organization by an id that somebody asks for: as it is, else
// as telemetry is spelled now.
func (b *book) named(id string) *org {
	if o := b.find(id); o != nil {
		return o
	}
	return b.find(identity.Spell(id, b.spellings.Newest()))
}
