// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package damage flips bits of a ledger directory, and of that of the embedded store,
// cuts off and removes its files, and holds what comes of it against one rule: a start
// says which file is damaged and what helps, or the figures are what they were. It
// never hangs, panics, or shows other figures. A store opens without what is damaged,
// and says what that is.
//
//	template: a ledger, or a store, of some starts and checkpoints, as a stop leaves it, and as a kill does
//	   | copy, and one change
//	   v
//	trial: a process of its own that opens it, reads figures, users and statements,
//	       counts on, closes, opens again
//
// An ordinary run takes a sample from a seed that it logs; USAGE_CAMPAIGN=long is
// 2,000 flipped bits and 500 files cut off or removed of each, or as much as
// USAGE_CAMPAIGN_MINUTES allow for each kind and template.
package damage
