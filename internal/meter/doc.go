// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package meter is what the kinds of meters have in common: events and their
// effects, breakdown values, spans, the cells of statements, and the interface
// that each kind fulfils.
//
//	Event {time, user, Effects} --> Kind.Apply   active/ concurrent/ consumption/
//	period.Turn ------------------> Kind.Turn
//	Kind.Use ----> quotas, curves, past periods
//	Kind.Cells --> statements
//	Kind.Figures -> series.Sheet
//
// A kind is a folder and a line in organization.newKind. Until an organization has
// counted an event by a meter, an Idle may stand in for it. Kinds never see each
// other.
package meter
