// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Bounds of what a schedule says.
const (
	maxName       = 100 // characters
	maxRecipients = 50
	maxRecipient  = 2000 // bytes
)

// Check judges a schedule as far as it can be judged by itself, and returns all
// errors joined, each with its key, the value and a remedy. The formats are
// those that its kind of report can be had in.
func (s *Schedule) Check(formats []string) error {
	var p problems
	switch {
	case strings.TrimSpace(s.Name) == "":
		p.add("name", s.Name, "say what people call it, as Monthly bill of Acme")
	case strings.ContainsFunc(s.Name, unicode.IsControl) || !utf8.ValidString(s.Name):
		p.add("name", s.Name, "it stands in the subject of mails: write it in one line, without control characters")
	case utf8.RuneCountInString(s.Name) > maxName:
		p.add("name", s.Name, "use at most %d characters", maxName)
	}
	if !slices.Contains(report.Kinds, s.Report) {
		p.add("report", string(s.Report), "use one of %s", joined(report.Kinds))
	}
	if s.Organization != "" && s.Reseller != "" {
		p.add("reseller", s.Reseller, "a report is about one organization or a reseller's: leave out organization or reseller")
	}
	if slices.Contains(report.Kinds, s.Report) {
		s.checkFormats(&p, formats)
	}
	s.checkRecipients(&p)
	s.checkCadence(&p)
	if s.Report == report.Billing {
		s.checkBilling(&p)
	}
	return errors.Join(p...)
}

// checkBilling wants bills of closed months.
func (s *Schedule) checkBilling(p *problems) {
	if s.Provisional {
		p.add("provisional", s.Provisional, "what is billed has to be closed: leave it out for %s", report.Billing)
	}
	c, err := s.parse()
	switch {
	case err != nil: // it has been told
	case s.Window != "" && c.kind != usage.Month:
		p.add("window", s.Window, "bills are by calendar month: leave it out")
	case c.kind != usage.Month:
		p.add("cadence", s.Cadence, "bills are by calendar month: use monthly, or cron")
	}
}

type problems []error

func (p *problems) add(key string, value any, remedy string, args ...any) {
	if text, is := value.(string); is {
		value = strconv.Quote(text)
	}
	*p = append(*p, fmt.Errorf("%s: %v: %s", key, value, fmt.Sprintf(remedy, args...)))
}

func joined[T ~string](list []T) string {
	var all []string
	for _, v := range list {
		all = append(all, string(v))
	}
	return strings.Join(all, ", ")
}

func (s *Schedule) checkFormats(p *problems, known []string) {
	if len(s.Formats) == 0 {
		p.add("formats", "", "name at least one of %s", strings.Join(known, ", "))
	}
	for i, f := range s.Formats {
		key := fmt.Sprintf("formats[%d]", i)
		if !slices.Contains(known, f) {
			p.add(key, f, "a %s report can be had as %s", s.Report, strings.Join(known, ", "))
		} else if slices.Index(s.Formats, f) < i {
			p.add(key, f, "listed twice: remove one")
		}
	}
}

func (s *Schedule) checkRecipients(p *problems) {
	switch {
	case len(s.Recipients) == 0:
		p.add("recipients", "", "name at least one: an e-mail address, the URL of a webhook, or %s", Directory)
	case len(s.Recipients) > maxRecipients:
		p.add("recipients", len(s.Recipients), "use at most %d; a mailing list reaches more", maxRecipients)
	}
	for i, to := range s.Recipients {
		key := fmt.Sprintf("recipients[%d]", i)
		if err := CheckRecipient(to); err != nil {
			p.add(key, to, "%s", err)
		} else if slices.Index(s.Recipients, to) < i {
			p.add(key, to, "listed twice: remove one")
		}
	}
}

// CheckRecipient says why a text is no recipient, and what would be one.
func CheckRecipient(to string) error {
	switch {
	case len(to) > maxRecipient:
		return fmt.Errorf("longer than %d bytes", maxRecipient)
	case strings.ContainsFunc(to, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }):
		return errors.New("contains a blank, a line break or a control character: remove it")
	case to == Directory:
		return nil
	case strings.Contains(to, "://"):
		u, err := url.Parse(to)
		switch {
		case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
			return errors.New("no URL of a webhook: write one as https://acme.example/hook")
		case u.User != nil:
			return errors.New("a URL with a password in it: calls are signed, see the receiver's secret; leave it out")
		case u.Fragment != "":
			return errors.New("a URL with a fragment, which is never sent: leave it out")
		}
		return nil
	}
	if address, err := mail.ParseAddress(to); err != nil || address.Address != to {
		return fmt.Errorf("no e-mail address: write one as ops@acme.example, the URL of a webhook, or %s", Directory)
	}
	return nil
}

func (s *Schedule) checkCadence(p *problems) {
	name := s.Cadence
	if fields, is := cronExpression(s.Cadence); is {
		name = "cron"
		if _, err := parseCron(fields); err != nil {
			p.add("cadence", s.Cadence, `%s; write five fields: minute, hour, day, month and weekday, as "cron: 0 6 4 * *"`, err)
		}
	}
	kinds, known := windows[name]
	if !known {
		p.add("cadence", s.Cadence, `use daily, weekly, monthly, quarterly, or five fields as "cron: 0 6 4 * *"`)
	}
	if known && s.Window != "" && !slices.ContainsFunc(kinds, func(k usage.Kind) bool { return k.String() == s.Window }) {
		var names []string
		for _, k := range kinds {
			names = append(names, k.String())
		}
		p.add("window", s.Window, "a report that is sent %s is about a %s", name, strings.Join(names, " or a "))
	}
	if s.Window == usage.Cycle.String() && s.Organization == "" {
		p.add("window", s.Window, "organizations have billing cycles of their own: name one, or use month")
	}
	if s.Time != "" {
		if _, err := minutes(s.Time); err != nil {
			p.add("time", s.Time, "write a time of day as %s", DefaultTime)
		} else if name == "cron" {
			p.add("time", s.Time, "the cadence says at what time: leave it out")
		}
	}
	s.checkDay(p, name)
	if s.Timezone != "" {
		if _, err := time.LoadLocation(s.Timezone); err != nil || s.Timezone == "Local" {
			p.add("timezone", s.Timezone, "use an IANA name as Europe/Berlin")
		}
	}
}

func (s *Schedule) checkDay(p *problems, cadence string) {
	if s.Day == "" {
		return
	}
	n, err := strconv.Atoi(s.Day)
	_, weekday := weekdays[s.Day]
	switch {
	case cadence == "weekly" && !weekday:
		days := slices.SortedFunc(maps.Keys(weekdays), func(a, b string) int { return cmp.Compare((weekdays[a]+6)%7, (weekdays[b]+6)%7) })
		p.add("day", s.Day, "use one of %s", strings.Join(days, ", "))
	case (cadence == "monthly" || cadence == "quarterly") && (err != nil || n < 1 || n > 31):
		p.add("day", s.Day, "use a day of the month, 1 to 31; in a shorter month it is the last")
	case cadence == "cron" || cadence == "daily":
		p.add("day", s.Day, "the cadence says on which day: leave it out")
	}
}
