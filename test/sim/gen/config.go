// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package gen

import (
	"maps"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/test/sim/model"
)

// organizations are those of which a history takes the first ones: DST on both
// hemispheres, half an hour of it, offsets of half hours, clocks that change
// at midnight, and anchors that clamp.
var organizations = []struct {
	id string
	model.Organization
}{
	{"berlin", model.Organization{Timezone: "Europe/Berlin", AnchorDay: 31}},
	{"york", model.Organization{Timezone: "America/New_York", AnchorDay: 30}},
	{"howe", model.Organization{Timezone: "Australia/Lord_Howe", AnchorDay: 29}},
	{"beirut", model.Organization{Timezone: "Asia/Beirut", AnchorDay: 15}},
	{"auckland", model.Organization{Timezone: "Pacific/Auckland", AnchorDay: 31}},
	{"kolkata", model.Organization{Timezone: "Asia/Kolkata"}},
}

// stray is an organization that is not in the catalogue.
const stray = "stray"

var (
	features  = []string{"share", "read", "invite", "export"} // the last is not in the list
	languages = []string{"de", "en", "fr", "7"}
	networks  = []string{"linkedin", "twitter"}
)

// config is what a history's events are counted by.
func (g *generator) config() model.Config {
	c := model.Config{
		Organizations: map[string]model.Organization{},
		Lifecycle:     map[string][]string{"registered": {"user.registered"}, "suspended": {"user.suspended"}, "removed": {"user.removed"}},
		Aliases:       model.Aliases{Actions: []string{"user.alias"}, From: "user.previous_id", To: "user.id"},
		Meters: map[string]model.Meter{
			"learners": {
				Type:       "active_users",
				Windows:    []string{"hour", "day", "week", "month", "quarter", "half", "year", "cycle", "24h", "7d", "30d"},
				Definition: model.Definition{Actions: []string{"course.accessed", "session.attended", "document.read"}},
				Breakdowns: map[string]model.Breakdown{"feature": {Attribute: "app.feature", Values: features[:3]}},
			},
			"members": {
				Type: "active_users", Windows: []string{"month", "7d"},
				Definition: model.Definition{Actions: []string{"workspace.login", "app.opened"}, Condition: `attributes["user.type"] == "onboarded"`, Requires: "registered"},
			},
			"workspace": {
				Type: "active_users", Windows: []string{"day", "week", "month", "cycle", "30d"},
				Versions:   g.workspace(),
				Breakdowns: map[string]model.Breakdown{"feature": {Attribute: "app.feature"}},
			},
			"operators": {
				Type: "concurrent_users", Windows: []string{"day", "month", "half", "cycle", "30d", "182d"},
				Definition: model.Definition{
					Logon: []string{"user.logon"}, Activity: []string{"task.finished"}, Logoff: []string{"user.logoff"}, Hourly: []string{"task.finished"},
				},
			},
			"minutes": {
				Type: "consumption", Windows: []string{"hour", "day", "week", "month", "quarter", "year", "cycle", "24h", "30d"}, Unit: "min",
				Definition: model.Definition{Actions: []string{"transcription.finished"}, Value: "transcription.minutes"},
				Averages:   map[string]model.Average{"accuracy": {Attribute: "transcription.accuracy"}},
				Breakdowns: map[string]model.Breakdown{"language": {Attribute: "transcription.language"}, "model": {Attribute: "transcription.model", Values: []string{"large"}}},
			},
			"documents": {
				Type: "consumption", Windows: []string{"day", "month"}, Unit: "documents",
				Definition: model.Definition{Actions: []string{"document.read", "document.written"}},
			},
			"bytes": {
				Type: "consumption", Windows: []string{"day", "month", "cycle", "7d"}, Unit: "By", Corrections: true,
				Definition: model.Definition{Actions: []string{"file.stored"}, Value: "size"},
				Averages:   map[string]model.Average{"size": {Attribute: "size"}},
				Breakdowns: map[string]model.Breakdown{"kind": {Attribute: "file.kind"}, "user": {Top: 3, Reveal: true}},
			},
			"credit": {
				Type: "consumption", Windows: []string{"month", "cycle", "7d"}, Unit: "EUR", Corrections: true,
				Definition: model.Definition{Actions: []string{"credit.booked"}, Value: "amount"},
			},
		},
	}
	for _, o := range organizations[:g.options.Organizations] {
		o.Quotas = g.quotas()
		for _, meter := range slices.Sorted(maps.Keys(c.Meters)) {
			if g.chance(0.5) {
				o.Meters = append(o.Meters, meter)
			}
			if g.chance(0.4) {
				delete(o.Quotas, meter)
			}
		}
		c.Organizations[o.id] = o.Organization
	}
	return c
}

// quotas are some that are crossed now and then, in windows of each kind; one
// with a sum that goes up and down, and one that allows none.
func (g *generator) quotas() map[string]model.Quota {
	limit := func(least, span int) string { return number(least + g.rng.IntN(span)) }
	quotas := map[string]model.Quota{
		"learners":  {Limit: limit(10, 20), Window: pick(g, []string{"day", "week", "month", "cycle"})},
		"members":   {Limit: limit(5, 15), Window: "7d", Thresholds: []string{"0.33", "0.34", "1.25"}},
		"operators": {Limit: limit(3, 6), Window: pick(g, []string{"day", "cycle", "30d"})},
		"minutes":   {Limit: limit(100, 900) + ".5", Window: pick(g, []string{"hour", "day", "month", "24h"})},
		"documents": {Limit: "0", Window: "day"},
		"bytes":     {Limit: limit(9, 50) + "000000000000", Window: pick(g, []string{"day", "month", "7d"})},
		"credit":    {Limit: limit(20, 60), Window: pick(g, []string{"month", "7d"})},
	}
	if g.chance(0.7) {
		quotas["workspace"] = model.Quota{Limit: limit(8, 20), Window: pick(g, []string{"day", "month", "30d"})}
	}
	return quotas
}

// workspace are three versions of one meter: the second changes what classes
// mean and their order, the third who pays.
func (g *generator) workspace() []model.Definition {
	onboarded := `attributes["user.type"] == "onboarded"`
	anonymous := `attributes["user.type"] == "anonymous"`
	standing := &model.Standing{On: []string{"social.connected"}, Off: []string{"social.disconnected"}, Key: "social.network", Class: "anonymous"}
	date := func(share int) string {
		return g.options.Start.Add(time.Duration(g.options.Days*share) * 24 * time.Hour / 100).Format(time.DateOnly)
	}
	return []model.Definition{
		{Standing: standing, Classes: []model.Class{
			{Name: "onboarded", Actions: []string{"workspace.login", "app.opened", "public_post.viewed"}, Condition: onboarded, Requires: "registered", Billable: true},
			{Name: "anonymous", Actions: []string{"public_post.viewed"}, Condition: anonymous, Billable: true},
			{Name: "email", Actions: []string{"content_email.opened"}},
		}},
		{EffectiveFrom: date(40), Standing: standing, Classes: []model.Class{
			{Name: "anonymous", Actions: []string{"public_post.viewed", "embed_widget.viewed"}, Condition: anonymous, Billable: true},
			{Name: "onboarded", Actions: []string{"workspace.login", "app.opened"}, Condition: onboarded, Billable: true},
			{Name: "email", Actions: []string{"content_email.opened", "public_post.viewed"}},
		}},
		{EffectiveFrom: date(70), Standing: standing, Classes: []model.Class{
			{Name: "onboarded", Actions: []string{"workspace.login", "app.opened"}, Condition: onboarded, Requires: "registered", Billable: true},
			{Name: "anonymous", Actions: []string{"public_post.viewed", "embed_widget.viewed"}, Condition: anonymous},
			{Name: "email", Actions: []string{"content_email.opened"}, Billable: true},
		}},
	}
}
