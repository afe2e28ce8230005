// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package versions is what a ledger directory has been counted with, and how a
// changed configuration goes on from there.
//
//	meters stored so far --+
//	                       +--Merge--> meters, each with all versions of its definition
//	meters configured -----+           or why that cannot be: nothing is applied backwards
//
//	spellings so far, identity::normalize --Spellings--> spellings, each from a day on
//
// Beside them stand the format of the directory, and the copy of its definitions
// by which a configuration is judged while a process has the directory open.
package versions
