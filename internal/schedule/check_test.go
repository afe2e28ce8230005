// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
)

func TestWhatIsGoodIsTaken(t *testing.T) {
	for name, change := range map[string]func(*Schedule){
		"the least":    func(*Schedule) {},
		"a reseller's": func(s *Schedule) { s.Scope = Scope{Reseller: "north"} },
		"all":          func(s *Schedule) { s.Scope = Scope{} },
		"every recipient": func(s *Schedule) {
			s.Recipients = []string{"jane@example.com", "https://acme.example/hook?x=1", Directory}
		},
		"every day":          func(s *Schedule) { s.Cadence, s.Time = "daily", "23:59" },
		"a weekday":          func(s *Schedule) { s.Cadence, s.Day = "weekly", "sunday" },
		"a day of a quarter": func(s *Schedule) { s.Cadence, s.Day = "quarterly", "31" },
		"cron":               func(s *Schedule) { s.Cadence, s.Window = "cron: */5 8-18 * * mon-fri", "week" },
		"cron by name":       func(s *Schedule) { s.Cadence = "cron: @monthly" },
		"a zone":             func(s *Schedule) { s.Timezone = "Asia/Kolkata" },
		"a name in Arabic":   func(s *Schedule) { s.Name = "فاتورة شهرية" },
	} {
		s := valid(change)
		require.NoError(t, s.Check(formats), name)
		_, err := s.parse()
		require.NoError(t, err, name)
	}
}

func TestWhatIsBadIsRefusedWithItsKeyAndARemedy(t *testing.T) {
	for want, change := range map[string]func(*Schedule){
		`name: "": say what`:                                               func(s *Schedule) { s.Name = "" },
		`name: "a\r\nBcc: x@y.example": it stands in`:                      func(s *Schedule) { s.Name = "a\r\nBcc: x@y.example" },
		`use at most 100 characters`:                                       func(s *Schedule) { s.Name = strings.Repeat("n", 101) },
		`report: "bills": use one of usage-summary`:                        func(s *Schedule) { s.Report = "bills" },
		`reseller: "north": a report is about one organization`:            func(s *Schedule) { s.Reseller = "north" },
		`formats: "": name at least one of csv, pdf`:                       func(s *Schedule) { s.Formats = nil },
		`formats[1]: "doc": a usage-summary report can be had as csv, pdf`: func(s *Schedule) { s.Formats = []string{"pdf", "doc"} },
		`formats[1]: "pdf": listed twice`:                                  func(s *Schedule) { s.Formats = []string{"pdf", "pdf"} },
		`recipients: "": name at least one`:                                func(s *Schedule) { s.Recipients = nil },
		`recipients: 51: use at most 50`:                                   func(s *Schedule) { s.Recipients = make([]string, 51) },
		`recipients[0]: "jane": no e-mail address`:                         func(s *Schedule) { s.Recipients = []string{"jane"} },
		`"Jane <jane@example.com>": contains a blank`:                      func(s *Schedule) { s.Recipients = []string{"Jane <jane@example.com>"} },
		`"<jane@example.com>": no e-mail address`:                          func(s *Schedule) { s.Recipients = []string{"<jane@example.com>"} },
		`"a@b.example\r\nBcc:c@d.example": contains a blank, a`:            func(s *Schedule) { s.Recipients = []string{"a@b.example\r\nBcc:c@d.example"} },
		`"a@b.example,c@d.example": no e-mail address`:                     func(s *Schedule) { s.Recipients = []string{"a@b.example,c@d.example"} },
		`"ftp://acme.example": no URL of a webhook`:                        func(s *Schedule) { s.Recipients = []string{"ftp://acme.example"} },
		`"https:///x": no URL of a webhook`:                                func(s *Schedule) { s.Recipients = []string{"https:///x"} },
		`"https://u:p@x.example": a URL with a password`:                   func(s *Schedule) { s.Recipients = []string{"https://u:p@x.example"} },
		`"https://x.example/#a": a URL with a fragment`:                    func(s *Schedule) { s.Recipients = []string{"https://x.example/#a"} },
		`recipients[1]: "directory": listed twice`:                         func(s *Schedule) { s.Recipients = []string{Directory, Directory} },
		`cadence: "yearly": use daily, weekly`:                             func(s *Schedule) { s.Cadence = "yearly" },
		`cadence: "cron:": it is empty`:                                    func(s *Schedule) { s.Cadence = "cron:" },
		`cadence: "cron: 0 0 30 2 *": no date ever matches it`:             func(s *Schedule) { s.Cadence = "cron: 0 0 30 2 *" },
		`cadence: "cron: 0 0 0 1 1 *": expected exactly 5`:                 func(s *Schedule) { s.Cadence = "cron: 0 0 0 1 1 *" },
		`cadence: "cron: 60 * * * *": end of range`:                        func(s *Schedule) { s.Cadence = "cron: 60 * * * *" },
		`cadence: "cron: @every 5m": @every has no fixed times`:            func(s *Schedule) { s.Cadence = "cron: @every 5m" },
		`a zone does not belong into it`:                                   func(s *Schedule) { s.Cadence = "cron: CRON_TZ=UTC 0 0 1 * *" },
		`window: "week": a report that is sent monthly`:                    func(s *Schedule) { s.Window = "week" },
		`window: "30d": a report that is sent cron`:                        func(s *Schedule) { s.Cadence, s.Window = "cron: @daily", "30d" },
		`window: "cycle": organizations have billing cycles`:               func(s *Schedule) { s.Scope, s.Window = Scope{}, "cycle" },
		`day: "1": use one of monday, tuesday`:                             func(s *Schedule) { s.Cadence, s.Day = "weekly", "1" },
		`day: "monday": use a day of the month`:                            func(s *Schedule) { s.Day = "monday" },
		`day: "32": use a day of the month`:                                func(s *Schedule) { s.Day = "32" },
		`day: "3": the cadence says on which day`:                          func(s *Schedule) { s.Cadence, s.Day = "daily", "3" },
		`time: "6:00": write a time of day as 06:00`:                       func(s *Schedule) { s.Time = "6:00" },
		`time: "24:00": write a time of day`:                               func(s *Schedule) { s.Time = "24:00" },
		`time: "06:00": the cadence says at what time`:                     func(s *Schedule) { s.Cadence, s.Time = "cron: @daily", "06:00" },
		`timezone: "Berlin": use an IANA name`:                             func(s *Schedule) { s.Timezone = "Berlin" },
		`timezone: "Local": use an IANA name`:                              func(s *Schedule) { s.Timezone = "Local" },
		`cadence: "weekly": bills are by calendar month`:                   func(s *Schedule) { s.Report, s.Cadence = report.Billing, "weekly" },
		`window: "cycle": bills are by calendar month`:                     func(s *Schedule) { s.Report, s.Window = report.Billing, "cycle" },
		`provisional: true: what is billed has to be closed`:               func(s *Schedule) { s.Report, s.Provisional = report.Billing, true },
	} {
		s := valid(change)
		require.ErrorContains(t, s.Check(formats), want)
	}
}

func TestAllErrorsAreToldTogether(t *testing.T) {
	err := (&Schedule{Report: report.Users}).Check(formats)
	for _, key := range []string{"name: ", "formats: ", "recipients: ", "cadence: "} {
		require.ErrorContains(t, err, key)
	}
}
