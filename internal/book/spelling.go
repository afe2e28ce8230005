// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
)

// readSpellings finds how ids are spelled from now on, and writes that down
// before anything is taken in by it.
func (b *Book) readSpellings(fresh bool, now int64) error {
	var old usage.Spellings
	text, err := b.Rows.Get(rowkey.MetaSpellings)
	if err == nil && text != nil && !fresh { // what a first start that was cut short has left means nothing
		err = json.Unmarshal(text, &old)
	}
	if err != nil {
		return fmt.Errorf("read how ids are spelled: %w", err)
	}
	b.Spellings = versions.MergeSpellings(old, b.Settings.Extraction.Spellings, fresh, now+b.Settings.Future.Nanoseconds())
	b.rules.Spellings = b.Spellings
	if slices.Equal(old, b.Spellings) {
		return nil
	}
	if text, err = json.Marshal(b.Spellings); err != nil {
		return err
	}
	b.Pending.Set(rowkey.MetaSpellings, text)
	return b.commitNow()
}

// Identity is how ids are read that come from elsewhere than telemetry.
func (b *Book) Identity() identity.Rule {
	return identity.Rule{
		Normalize:    b.Spellings.Newest(),
		Placeholders: identity.NewPlaceholders(b.Settings.Extraction.Placeholders),
	}
}
