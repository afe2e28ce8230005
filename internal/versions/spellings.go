// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package versions

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Spellings reads what a ledger has stored of its spellings, nil where it has nothing, and
// returns those from now on, with what is to be stored where that changes; see
// MergeSpellings.
func Spellings(stored []byte, configured usage.Spellings, fresh bool, now int64) (all usage.Spellings, anew []byte, err error) {
	var old usage.Spellings
	if stored != nil && !fresh { // what a first start that was cut short has left means nothing
		if err := json.Unmarshal(stored, &old); err != nil {
			return nil, nil, err
		}
	}
	if all = MergeSpellings(old, configured, fresh, now); slices.Equal(old, all) {
		return all, nil, nil
	}
	anew, err = json.Marshal(all)
	return all, anew, err
}

// MergeSpellings brings the spellings that a ledger has had to the one that is
// configured, if any is. A change takes effect with the first UTC day that no
// event taken in by now can lie in, so that whatever is sent again is spelled as
// it was.
func MergeSpellings(old, configured usage.Spellings, fresh bool, now int64) usage.Spellings {
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
