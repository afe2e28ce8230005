// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package archive reads back what an organization has written down for good:
// the statements of closed periods with all their versions, which of them were
// billed, and the first items of users.
//
//	closing.Statement --StatementKey, StatementRow--> rows --Reader.Read--> Statement: versions, figures, Delta
//	report delivered --Reader.Bill-----------------> mark                     |
//	                                                                          v
//	                                                         Quotas: in the terms of billing
//	counted item --> First --EncodeFirsts--> row, merged by Merge --DecodeFirsts--> First
//
// Rows are whole in themselves, but for names: a row calls classes, breakdowns
// and values by number, and definitions by version. So a Reader has the meters
// and the organization's names.
//
// The package knows the keys and bytes of its rows and nothing of the store that
// has them, see Rows.
package archive
