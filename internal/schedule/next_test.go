// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
)

const grace = 72 * time.Hour

var formats = []string{"csv", "pdf"}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

func of(t *testing.T, name string, anchor int) Periods {
	t.Helper()
	return Periods{Calendars: []*calendar.Calendar{calendar.New(zone(t, name), anchor)}, Grace: grace}
}

// valid returns a schedule that is good, with changes.
func valid(changes ...func(*Schedule)) Schedule {
	s := Schedule{
		ID: "monthly-bill", Name: "Monthly bill", Report: report.UsageSummary, Scope: Scope{Organization: "acme"},
		Formats: []string{"pdf"}, Recipients: []string{"jane@example.com"}, Cadence: "monthly", Enabled: true,
	}
	for _, change := range changes {
		change(&s)
	}
	return s
}

// lived returns the runs from an instant to another on a clock that goes by
// minutes' steps as a process would: it asks for the latest that is due.
func lived(t *testing.T, s Schedule, p Periods, from, to time.Time, step time.Duration) []Run {
	t.Helper()
	require.NoError(t, s.Check(formats))
	var runs []Run
	last := from
	for now := from; now.Before(to); now = now.Add(step) {
		run, earlier, is, err := s.Due(last, now, p)
		require.NoError(t, err)
		if is {
			require.Zero(t, earlier)
			runs, last = append(runs, run), run.Due
		}
	}
	return runs
}

func TestEachPeriodHasOneRunOverAYearWithClockChanges(t *testing.T) {
	for _, tt := range []struct {
		name     string
		schedule func(*Schedule)
		zone     string
		want     int
		local    string // time of day of every run
		first    string
		last     string
	}{
		{"daily", func(s *Schedule) { s.Cadence = "daily" }, "Europe/Berlin", 365, "06:00", "2025-12-29", "2026-12-28"},
		{"daily at a time that a clock change skips", func(s *Schedule) { s.Cadence, s.Time = "daily", "02:30" }, "America/New_York", 365, "", "2025-12-29", "2026-12-28"},
		{"daily at a time that comes twice", func(s *Schedule) { s.Cadence, s.Time = "daily", "01:30" }, "America/New_York", 365, "01:30", "2025-12-29", "2026-12-28"},
		{"weekly", func(s *Schedule) { s.Cadence = "weekly" }, "Europe/Berlin", 52, "06:00", "2026-W01", "2026-W52"},
		{"weekly on Fridays", func(s *Schedule) { s.Cadence, s.Day, s.Time = "weekly", "friday", "23:45" }, "Australia/Lord_Howe", 52, "23:45", "2025-W52", "2026-W51"},
		{"monthly", func(s *Schedule) { s.Cadence = "monthly" }, "Europe/Berlin", 12, "06:00", "2025-12", "2026-11"},
		{"monthly on the 31st", func(s *Schedule) { s.Cadence, s.Day = "monthly", "31" }, "Europe/Berlin", 12, "06:00", "2025-12", "2026-11"},
		{"quarterly", func(s *Schedule) { s.Cadence, s.Time = "quarterly", "08:15" }, "America/Sao_Paulo", 4, "08:15", "2025-Q4", "2026-Q3"},
		{"at midnight as soon as it is closed", func(s *Schedule) { s.Cadence, s.Time = "monthly", "00:00" }, "Asia/Kolkata", 12, "00:00", "2025-12", "2026-11"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, z := of(t, tt.zone, 1), zone(t, tt.zone)
			from := time.Date(2026, 1, 1, 12, 0, 0, 0, z)
			runs := lived(t, valid(tt.schedule), p, from, from.AddDate(1, 0, 0), 30*time.Minute)
			require.Len(t, runs, tt.want)
			require.Equal(t, tt.first, runs[0].Period.Name)
			require.Equal(t, tt.last, runs[len(runs)-1].Period.Name)
			seen := map[string]bool{}
			for i, r := range runs {
				require.False(t, seen[r.Key], r.Key)
				seen[r.Key] = true
				require.False(t, r.Due.Before(r.Period.End.Add(grace)), "a period is closed when its report is sent")
				if i > 0 {
					require.Equal(t, runs[i-1].Period.End, r.Period.Start, "no period is left out")
				}
				s := valid(tt.schedule)
				last, err := s.Last(r.Due, p)
				require.NoError(t, err)
				require.Equal(t, r, last)
				if tt.local != "" {
					require.Equal(t, tt.local, r.Due.In(z).Format("15:04"), r.Key)
				}
			}
		})
	}
}

func TestDueOnTheDaysThatAreAskedFor(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Schedule)
		after  string
		due    string
		period string
	}{
		{"October is due on the fourth of November", nil, "2026-11-01T00:00", "2026-11-04T06:00", "2026-10"},
		{"at another time", func(s *Schedule) { s.Time = "17:30" }, "2026-11-01T00:00", "2026-11-04T17:30", "2026-10"},
		{"on the tenth", func(s *Schedule) { s.Day = "10" }, "2026-11-01T00:00", "2026-11-10T06:00", "2026-10"},
		{"on the second it is closed a month later only", func(s *Schedule) { s.Day = "2" }, "2026-11-03T00:00", "2026-12-02T06:00", "2026-10"},
		{"on the last of a short month", func(s *Schedule) { s.Day = "31" }, "2026-02-01T00:00", "2026-02-28T06:00", "2026-01"},
		{"after a clock change the grace ends an hour later", func(s *Schedule) { s.Cadence, s.Time = "daily", "00:30" }, "2026-03-31T12:00", "2026-04-01T01:00", "2026-03-28"},
		{"without waiting", func(s *Schedule) { s.Cadence, s.Provisional = "daily", true }, "2026-11-28T00:00", "2026-11-28T06:00", "2026-11-27"},
		{"of another zone's morning", func(s *Schedule) { s.Timezone = "America/New_York" }, "2026-11-01T00:00", "2026-11-04T12:00", "2026-10"},
		{"a day that a clock change skips", func(s *Schedule) { s.Cadence, s.Time = "daily", "02:30" }, "2026-03-28T12:00", "2026-03-29T03:00", "2026-03-25"},
		{"a billing cycle from the fifteenth", func(s *Schedule) { s.Window = "cycle" }, "2026-11-01T00:00", "2026-11-18T06:00", "2026-10"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := valid()
			if tt.change != nil {
				tt.change(&s)
			}
			require.NoError(t, s.Check(formats))
			berlin := zone(t, "Europe/Berlin")
			after, err := time.ParseInLocation("2006-01-02T15:04", tt.after, berlin)
			require.NoError(t, err)
			run, err := s.Next(after, of(t, "Europe/Berlin", 15))
			require.NoError(t, err)
			require.Equal(t, tt.due, run.Due.In(berlin).Format("2006-01-02T15:04"))
			require.Equal(t, tt.period, run.Period.Name)
			require.Equal(t, tt.period, run.Key)
		})
	}
}

func TestCyclesThatBeginOnThe31st(t *testing.T) {
	s := valid(func(s *Schedule) { s.Window = "cycle" })
	p, berlin := of(t, "Europe/Berlin", 31), zone(t, "Europe/Berlin")
	var starts, due []string
	after := time.Date(2027, 12, 5, 0, 0, 0, 0, berlin)
	for range 13 {
		run, err := s.Next(after, p)
		require.NoError(t, err)
		after = run.Due
		starts = append(starts, run.Period.Start.In(berlin).Format("01-02"))
		due = append(due, run.Due.In(berlin).Format("01-02 15:04"))
	}
	require.Equal(t, []string{"11-30", "12-31", "01-31", "02-29", "03-31", "04-30", "05-31", "06-30", "07-31", "08-31", "09-30", "10-31", "11-30"}, starts)
	require.Equal(t, []string{
		"01-03 06:00", "02-03 06:00", "03-03 06:00", "04-03 06:00", "05-03 06:00", "06-03 06:00", "07-03 06:00", "08-03 06:00", "09-03 06:00", "10-03 06:00", "11-03 06:00", "12-03 06:00", "01-03 06:00",
	}, due)
}

func TestAReportOnSeveralWaitsForTheLast(t *testing.T) {
	s := valid(func(s *Schedule) { s.Scope, s.Time = Scope{}, "00:00" })
	p := Periods{Grace: grace, Calendars: []*calendar.Calendar{
		calendar.New(zone(t, "Pacific/Kiritimati"), 1), calendar.New(zone(t, "Pacific/Pago_Pago"), 1), calendar.New(time.UTC, 1),
	}}
	run, err := s.Next(time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), p)
	require.NoError(t, err)
	require.Equal(t, "2026-10", run.Period.Name)
	require.Equal(t, time.Date(2026, 11, 4, 11, 0, 0, 0, time.UTC), run.Due)
	require.Equal(t, time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), run.Period.Start)
}

func TestAChangedZoneMovesNoPeriod(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	changed := calendar.New(berlin, 1).Change(time.Date(2026, 5, 20, 0, 0, 0, 0, time.UTC), zone(t, "America/New_York"), 1)
	runs := lived(t, valid(), Periods{Calendars: []*calendar.Calendar{changed}, Grace: grace},
		time.Date(2026, 4, 20, 0, 0, 0, 0, time.UTC), time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), time.Hour)
	var names []string
	for _, r := range runs {
		names = append(names, r.Key)
	}
	require.Equal(t, []string{"2026-04", "2026-05", "2026-06", "2026-07"}, names)
}

func TestCron(t *testing.T) {
	for _, tt := range []struct {
		name, cron, window, after string
		due                       []string
		period                    string
	}{
		{"every minute", "* * * * *", "", "2026-11-28T12:00", []string{"11-28 12:01 +0100", "11-28 12:02 +0100"}, "2026-10"},
		{"every minute of an hour that is skipped", "* * * * *", "", "2026-03-29T01:59", []string{"03-29 03:00 +0200", "03-29 03:01 +0200"}, "2026-02"},
		{"every hour while one comes twice", "0 * * * *", "", "2026-10-25T01:30", []string{"10-25 02:00 +0200", "10-25 02:00 +0100", "10-25 03:00 +0100"}, "2026-09"},
		{"a time that comes twice", "30 2 * * *", "", "2026-10-24T12:00", []string{"10-25 02:30 +0200", "10-26 02:30 +0100"}, "2026-09"},
		{"a time that is skipped", "30 2 * * *", "", "2026-03-28T12:00", []string{"03-29 03:00 +0200", "03-30 02:30 +0200"}, "2026-02"},
		{"on the first nothing of the month before is closed", "0 6 1 * *", "", "2026-10-15T00:00", []string{"11-01 06:00 +0100", "12-01 06:00 +0100"}, "2026-09"},
		{"on the fourth it is", "0 6 4 * *", "month", "2026-10-15T00:00", []string{"11-04 06:00 +0100"}, "2026-10"},
		{"of the last day", "0 9 * * 1-5", "day", "2026-11-27T12:00", []string{"11-30 09:00 +0100", "12-01 09:00 +0100"}, "2026-11-26"},
		{"of the last cycle", "@weekly", "cycle", "2026-11-18T12:00", []string{"11-22 00:00 +0100"}, "2026-10"},
		{"of the last half", "0 0 1 * *", "half", "2026-11-18T12:00", []string{"12-01 00:00 +0100"}, "2026-H1"},
		{"of the last year", "0 0 1 * *", "year", "2026-11-18T12:00", []string{"12-01 00:00 +0100"}, "2025"},
		{"on leap days", "0 0 29 2 *", "", "2026-11-18T12:00", []string{"02-29 00:00 +0100"}, "2028-01"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := valid(func(s *Schedule) { s.Cadence, s.Window = "cron: "+tt.cron, tt.window })
			require.NoError(t, s.Check(formats))
			berlin := zone(t, "Europe/Berlin")
			after, err := time.ParseInLocation("2006-01-02T15:04", tt.after, berlin)
			require.NoError(t, err)
			for i, due := range tt.due {
				run, err := s.Next(after, of(t, "Europe/Berlin", 15))
				require.NoError(t, err)
				require.Equal(t, due, run.Due.In(berlin).Format("01-02 15:04 -0700"))
				require.Equal(t, run.Due.Format(time.RFC3339), run.Key)
				if i == 0 {
					require.Equal(t, tt.period, run.Period.Name)
				}
				after = run.Due
			}
		})
	}
}

func TestWhatWasMissedIsDueOnce(t *testing.T) {
	s, p := valid(func(s *Schedule) { s.Cadence = "daily" }), of(t, "Europe/Berlin", 1)
	after := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	run, earlier, is, err := s.Due(after, after.AddDate(0, 0, 10), p)
	require.NoError(t, err)
	require.True(t, is)
	require.Equal(t, "2026-11-07", run.Key)
	require.Equal(t, 9, earlier)
	_, _, is, err = s.Due(run.Due, after.AddDate(0, 0, 10), p)
	require.NoError(t, err)
	require.False(t, is)
}
