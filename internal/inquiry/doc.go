// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package inquiry answers questions about who and what was counted: which users
// were in a period, why a figure is what it is, how an organization's telemetry
// fares.
//
//	organization, meter, window, period --Ask--> Asked --+--> Explanation, UserExplanation
//	                                                     |
//	                                  ids, first items --+--> Reader: User, UserPart
//	organization --StatusOf--> Status
//
// It reads a book and changes nothing. The caller owns the book while it asks, see
// package ledger, which lets arrivals in between the parts of a long answer.
package inquiry
