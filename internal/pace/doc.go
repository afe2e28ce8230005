// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package pace is how a use goes on: the curves by which it rose in earlier
// periods, what is expected of it at the end of the running one, and what earlier
// periods had at the same share.
//
//	Meter.Use --mark--> Curves { running points | ended curves } --\
//	sums by day, peaks by day ---------------------------------------> Outlook --> figures
package pace
