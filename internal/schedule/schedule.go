// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"fmt"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
)

// Schedule is a report that is sent again and again.
type Schedule struct {
	// ID names it for good. It is made of the first name.
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
	// Report is the kind of report.
	Report report.Kind `json:"report"`
	Scope
	// Formats that are sent, each as a file.
	Formats []string `json:"formats"`
	// Recipients are e-mail addresses, URLs of webhooks, and [Directory].
	Recipients []string `json:"recipients"`

	// Cadence is daily, weekly, monthly, quarterly, or cron: and five fields.
	Cadence string `json:"cadence"`
	// Window is that of the periods: by default the one of the cadence, month
	// for cron.
	Window string `json:"window,omitempty"`
	// Day is the day of the week (monday) or month (1 to 31, or the month's
	// last) on which it is sent; "": the first on which the period is closed.
	Day string `json:"day,omitempty"`
	// Time of day, as 06:00, which is the default.
	Time string `json:"time,omitempty"`
	// Timezone of Day, Time and cron; "": the organization's, or UTC where
	// there are several.
	Timezone string `json:"timezone,omitempty"`
	// Provisional reports are sent when their period has ended, without waiting
	// for its grace.
	Provisional bool `json:"provisional,omitempty"`
	Enabled     bool `json:"enabled"`

	Created   time.Time `json:"created,omitzero"`
	CreatedBy string    `json:"created_by,omitempty"`
	Changed   time.Time `json:"changed,omitzero"`
	ChangedBy string    `json:"changed_by,omitempty"`
}

// Scope is whose figures a report has: one organization's, those of a
// reseller's, or, with neither, those of all.
type Scope struct {
	Organization string `json:"organization,omitempty"`
	Reseller     string `json:"reseller,omitempty"`
}

// Directory is the recipient that stands for the configured directory.
const Directory = "directory"

// DefaultTime is the time of day at which reports are sent.
const DefaultTime = "06:00"

// minutes reads a time of day as 06:00, in minutes since midnight.
func minutes(text string) (int, error) {
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != 5 {
		return 0, fmt.Errorf("%q is no time of day", text)
	}
	return t.Hour()*60 + t.Minute(), nil
}

var weekdays = map[string]time.Weekday{
	"monday": time.Monday, "tuesday": time.Tuesday, "wednesday": time.Wednesday, "thursday": time.Thursday,
	"friday": time.Friday, "saturday": time.Saturday, "sunday": time.Sunday,
}

// cronExpression returns the five fields of a cadence, and whether it is one of
// them.
func cronExpression(cadence string) (string, bool) {
	fields, is := strings.CutPrefix(cadence, "cron:")
	return strings.TrimSpace(fields), is
}

// Channel is the way by which a recipient is reached.
type Channel string

// The channels.
const (
	ByMail      Channel = "mail"
	ByWebhook   Channel = "webhook"
	ByDirectory Channel = "directory"
)

// ChannelOf returns that of a recipient that has been checked.
func ChannelOf(to string) Channel {
	switch {
	case to == Directory:
		return ByDirectory
	case strings.Contains(to, "://"):
		return ByWebhook
	default:
		return ByMail
	}
}
