// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package transfer takes an organization from one running ledger to another, in steps
// each of which is one group of a log:
//
//	source                                      target
//	counts it
//	CopyOut: Held, nothing of it is counted
//	             --- rows, counted keys --->    CopyIn: Coming, compared on disk
//	LetGo: Gone, all of it in one group
//	                                            TakeIn: counts it
//
// Until LetGo, Discard and Release undo it. Between LetGo and TakeIn nobody counts it:
// who sends something of it is told to send it again. A step that was made is not made
// again by calling it again.
//
// Who calls knows both ledgers, and what each of them says by [ledger.Ledger.Away],
// which is on disk. TakeIn is for a copy of which the source has let go, Discard for
// one of which it has not: neither ledger can know that of the other.
package transfer
