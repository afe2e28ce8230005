// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// readSpellings finds how ids are spelled from now on, and writes that down
// before anything is taken in by it.
func (b *book) readSpellings(fresh bool, now int64) error {
	var old usage.Spellings
	text, err := b.db.Get(metaSpellings)
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

// identity is how ids are read that come from elsewhere than telemetry.
func (b *book) identity() identity.Rule {
	return identity.Rule{
		Normalize:    b.spellings.Newest(),
		Placeholders: identity.NewPlaceholders(b.settings.Extraction.Placeholders),
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
