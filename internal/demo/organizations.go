// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package demo

// profile is what an organization is like; config/demo-organizations.yaml
// gives the same organizations their names, zones and quotas.
type profile struct {
	id   string
	zone string // as in the catalogue: shifts and office hours are local

	operators, learners, members group
	visitors                     float64 // anonymous visitors on a working day
	jobs                         float64 // transcriptions on a working day
	calls                        float64 // API calls in a busy hour
	rush                         float64 // factor of the last days of a month
	languages                    []weighted
	silentDays                   int // days before the plan's present on which telemetry ends; 0: never
}

// group is a number of people that grows evenly from the plan's start to its
// present, and on.
type group struct{ start, present int }

var profiles = []profile{
	{
		id: "acme", zone: "Europe/Berlin",
		members: group{180, 320}, visitors: 12, jobs: 45, calls: 400, rush: 1.3,
		languages: []weighted{{"de", 6}, {"en", 3}, {"fr", 1}},
	},
	{
		id: "nordhafen", zone: "Europe/Berlin",
		operators: group{48, 64}, learners: group{90, 140}, calls: 60, rush: 1.15,
	},
	{
		id: "learnwell", zone: "America/New_York",
		learners: group{700, 1300}, members: group{40, 60}, jobs: 12, calls: 150, rush: 1.9,
		languages: []weighted{{"en", 8}, {"es", 3}},
	},
	{
		id: "kaveri", zone: "Asia/Kolkata",
		members: group{60, 150}, jobs: 130, calls: 900, rush: 2.2,
		languages: []weighted{{"hi", 5}, {"en", 4}, {"ta", 3}, {"kn", 2}, {"te", 1}},
	},
	{
		id: "tasman", zone: "Pacific/Auckland",
		operators: group{26, 34}, calls: 40, rush: 1.1, silentDays: 3,
	},
	{
		id: "brightpost", zone: "UTC",
		members: group{350, 800}, visitors: 40, jobs: 8, calls: 250, rush: 1.2,
		languages: []weighted{{"en", 9}, {"pt", 1}},
	},
}
