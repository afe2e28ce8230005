// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"fmt"

	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
)

// readSpellings finds how ids are spelled from now on, and writes that down
// before anything is taken in by it.
func (b *Book) readSpellings(fresh bool, now int64) error {
	text, err := b.Rows.Get(rowkey.MetaSpellings)
	if err == nil {
		b.Spellings, text, err = versions.Spellings(text, b.Settings.Extraction.Spellings, fresh, now+b.Settings.Future.Nanoseconds())
	}
	if err != nil {
		return fmt.Errorf("read how ids are spelled: %w", err)
	}
	if b.rules.Spellings = b.Spellings; text == nil {
		return nil
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
