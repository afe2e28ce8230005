// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"cmp"
	"strings"
	"unicode/utf8"
)

// Titles are what people call meters and windows, by name, where the
// configuration says so. They are no part of a definition: another title
// changes no figure.
type Titles struct{ Meters, Windows map[string]string }

// Meter returns what people call a meter; without a title its name, as
// Transcription minutes of transcription_minutes.
func (t Titles) Meter(name string) string {
	if title := t.Meters[name]; title != "" {
		return title
	}
	words := strings.ReplaceAll(name, "_", " ")
	first, size := utf8.DecodeRuneInString(words)
	return strings.ToUpper(string(first)) + words[size:]
}

// Window returns what people call a window.
func (t Titles) Window(w Window) string { return cmp.Or(t.Windows[w.name], w.title()) }

var kindTitles = [...]string{"Hour", "Day", "Week", "Month", "Quarter", "Half-year", "Year", "Billing cycle"}

// title is the title of a window that the configuration gives none: Month, or
// 30 days.
func (w Window) title() string {
	if w.Kind != Rolling {
		return kindTitles[w.Kind]
	}
	number, unit := w.name[:len(w.name)-1], " days"
	if strings.HasSuffix(w.name, "h") {
		unit = " hours"
	}
	if number == "1" {
		unit = strings.TrimSuffix(unit, "s")
	}
	return number + unit
}

// kindHours are how long calendar windows are on average, to order them by.
var kindHours = [...]float64{1, 24, 7 * 24, 730.5, 3 * 730.5, 6 * 730.5, 12 * 730.5, 730.5}

// Compare orders windows by length, of equal ones the calendar's before the
// rolling, and the month before the cycle.
func (w Window) Compare(other Window) int {
	return cmp.Or(cmp.Compare(w.hours(), other.hours()), cmp.Compare(w.Kind, other.Kind), strings.Compare(w.name, other.name))
}

func (w Window) hours() float64 {
	if w.Kind == Rolling {
		return float64(w.Hours)
	}
	return kindHours[w.Kind]
}
