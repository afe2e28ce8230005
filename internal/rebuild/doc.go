// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package rebuild counts what Kafka's topics of a shard hold, into a ledger that was
// restored from a backup or is new.
//
//	topics, from a start to the end that they had --log.go--> records
//	   of all partitions, in the order of their time --lanes.go--> one after the other
//	      --counter.go--> items, as the live shard makes them --Ledger.Record--> ...
//	two ledgers --same.go--> their figures and statements are equal, or where not
//
// The clock is that of the records: when the gateway produced them. It never goes back
// behind what the ledger has reached, so nothing counts twice however often it is
// read: what the ledger had counted within the acceptance span it knows as duplicates,
// sets are idempotent, and what is older than that span, measured from the ledger's
// own clock, is late and counts for nobody.
package rebuild
