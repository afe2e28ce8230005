// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package overview

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// short writes a number as one reads it at a glance: 1,234 and 12.5 in full,
// from a million on three digits with M, G, T, P or E.
func short(v float64) string {
	for _, unit := range []struct {
		from float64
		sign string
	}{{1e18, "E"}, {1e15, "P"}, {1e12, "T"}, {1e9, "G"}, {1e6, "M"}} {
		if math.Abs(v) >= unit.from {
			digits := 2 - int(math.Log10(math.Abs(v)/unit.from))
			return trimZeros(strconv.FormatFloat(v/unit.from, 'f', max(digits, 0), 64)) + "\u202f" + unit.sign
		}
	}
	decimals := 0
	if v != math.Trunc(v) {
		decimals = 1
		if math.Abs(v) < 10 {
			decimals = 2
		}
	}
	return group(trimZeros(strconv.FormatFloat(v, 'f', decimals, 64)))
}

// exact writes a number with all digits that it has, six decimals at most.
func exact(v float64) string { return group(trimZeros(strconv.FormatFloat(v, 'f', 6, 64))) }

func trimZeros(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" { // a little less than nothing
		return "0"
	}
	return s
}

// group puts commas between thousands.
func group(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, fraction, hasFraction := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if hasFraction {
		return sign + whole + "." + fraction
	}
	return sign + whole
}

// percent writes a share of a whole; only nothing is 0 %, only all is 100 %.
func percent(part, whole uint64) string {
	if whole == 0 {
		return "0\u202f%"
	}
	p := 100 * float64(part) / float64(whole)
	switch {
	case part == 0 || part == whole:
		return strconv.Itoa(int(p)) + "\u202f%"
	case p < 0.1:
		return "<\u202f0.1\u202f%"
	default:
		return strconv.FormatFloat(min(p, 99.9), 'f', 1, 64) + "\u202f%"
	}
}

// ago says how long before now a time was.
func ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case d < time.Second:
		return "just now"
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + " s ago"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + " min ago"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + " h ago"
	default:
		return strconv.Itoa(int(d/(24*time.Hour))) + " days ago"
	}
}

// instant writes a time to the second, without its day if that is now's.
func instant(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	if t.Year() == now.Year() && t.YearDay() == now.YearDay() {
		return t.Format("15:04:05")
	}
	return t.Format("2 Jan 15:04:05")
}

// clip shortens what a sender wrote to what a table can hold.
func clip(s string) string {
	const most = 80
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// caption says which span a window's period is, seen from the figures' time:
// this month, last 30 days, or with titles of the configuration, this contract
// month, rolling 30 days.
func caption(titles usage.Titles, window, period string) string {
	w, err := usage.ParseWindow(window)
	if err != nil {
		return window
	}
	name := titles.Window(w)
	if unicode.IsDigit(rune(name[0])) {
		return "last " + name
	}
	name = inSentence(name)
	switch {
	case w.Kind == usage.Rolling:
		return name
	case name == "day" && period == usage.PeriodName(0):
		return "today"
	case name == "day" && period == usage.PeriodName(1):
		return "yesterday"
	case period == usage.PeriodName(0):
		return "this " + name
	default:
		return "last " + name
	}
}

// words writes a name of the configuration that has no title.
func words(name string) string { return strings.ReplaceAll(name, "_", " ") }

// inSentence writes a title as it stands within a sentence; SLA month stays.
func inSentence(title string) string {
	first, size := utf8.DecodeRuneInString(title)
	if second, _ := utf8.DecodeRuneInString(title[size:]); unicode.IsUpper(second) {
		return title
	}
	return string(unicode.ToLower(first)) + title[size:]
}

// explain says what a sender can do about a rejected item.
func explain(r *Reject) string {
	text := explainReason(r)
	if unit := units[r.Unit]; unit != "" && (r.Reason == usage.ReasonTimestampUnit || r.Outcome == usage.Late || r.Outcome == usage.Future) {
		return text + ": " + unit
	}
	return text
}

func explainReason(r *Reject) string {
	if text := pointReasons[r.Reason]; text != "" && r.Signal == usage.Metrics {
		return text
	}
	if text := reasons[r.Reason]; text != "" {
		return text
	}
	switch r.Outcome {
	case usage.Unmatched:
		return "no meter names this action, or no condition holds"
	case usage.Late:
		return "older than the ledger accepts"
	case usage.Future:
		return "ahead of the clock by more than the ledger accepts"
	case usage.OverLimit:
		return "a resource limit is reached"
	default:
		return strings.ReplaceAll(string(r.Reason), "_", " ")
	}
}

// units says how a time is made nanoseconds.
var units = map[usage.TimeUnit]string{
	usage.Seconds:      "it looks like seconds; multiply by 1,000,000,000",
	usage.Milliseconds: "it looks like milliseconds; multiply by 1,000,000",
	usage.Microseconds: "it looks like microseconds; multiply by 1,000",
	usage.Multiplied:   "it lies beyond the year 2100, or is negative: a time was multiplied once too often",
}

// pointReasons are those that say something else of a data point.
var pointReasons = map[usage.Reason]string{
	usage.ReasonNegative: "the counter is one that falls: let the meter take it with corrections: true, or count up only, with a monotonic Counter",
}

var reasons = map[usage.Reason]string{
	usage.ReasonNoOrganization:  "names no organization",
	usage.ReasonUnknown:         "the catalogue does not have the organization",
	usage.ReasonBadOrganization: "the organization's id is no id",
	usage.ReasonOtherTenant:     "names another organization than the client's own",
	usage.ReasonOtherShard:      "of an organization of another shard: gateway and shard read different maps, or it was sent here directly",
	usage.ReasonNoUser:          "names no user",
	usage.ReasonPlaceholder:     "an id is a placeholder, as undefined: it would make one of everybody",
	usage.ReasonLongID:          "an id is longer than 1024 bytes",
	usage.ReasonNoValue:         "lacks the attribute that is added up",
	usage.ReasonBadValue:        "the value is no finite number",
	usage.ReasonNegative:        "the value is negative: only a meter with corrections: true takes it",
	usage.ReasonOverflow:        "the value is beyond 9.2e12, the most that one item may carry: send a larger one in parts, or in a larger unit",
	usage.ReasonCondition:       "the meter's condition failed on it",
	usage.ReasonTemporality:     "not a delta sum: set OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta in the SDK, which is exact, or put the cumulative_to_delta processor before usage, as config/cumulative.yaml does; neither makes deltas of an UpDownCounter",
	usage.ReasonNoTime:          "carries no time",
	usage.ReasonTimestampUnit:   "the time is not in nanoseconds since 1970",
	usage.ReasonNoAliasSource:   "lacks the previous id",
	usage.ReasonSecondAlias:     "the id is known as another person already",
	usage.ReasonNoStandingKey:   "does not say what is switched on or off",
	usage.ReasonUsers:           "limits::users_per_organization is reached",
	usage.ReasonOrganizations:   "limits::organizations is reached",
	usage.ReasonUnlisted:        "of an organization that the catalogue does not list, and limits::unknown_organizations is reached: list it, erase others (usagectl erase), or raise the limit",
	usage.ReasonTransitions:     "too many status changes of one user",
	usage.ReasonStandingKeys:    "too many keys of standing activity",
	usage.ReasonPanic:           "an internal error: see the log",
}
