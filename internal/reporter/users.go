// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"errors"
	"iter"

	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// errEnough ends the reading of users whose reader has enough of them.
var errEnough = errors.New("enough")

// users reads who counted, one organization after the other. The ledger knows
// it of the running period and of the two before.
func (s *Source) users(ctx context.Context, of []readable) iter.Seq2[report.User, error] {
	return func(yield func(report.User, error) bool) {
		for _, r := range of {
			err := s.Book.Users(ctx, inquiry.UsersQuery{Organization: r.organization, Window: r.window, Period: r.period}, func(u *inquiry.User) error {
				for i := range u.Parts {
					if !yield(userOf(r.organization, u, &u.Parts[i]), nil) {
						return errEnough
					}
				}
				return nil
			})
			switch {
			case errors.Is(err, errEnough):
				return
			case errors.Is(err, inquiry.ErrNoOrganization): // it was erased meanwhile
			case err != nil:
				yield(report.User{}, err)
				return
			}
		}
	}
}

// readable is an organization whose users of a period are known.
type readable struct {
	organization, window string
	period               int // 0: the running one
}

func userOf(organization string, u *inquiry.User, p *inquiry.UserPart) report.User {
	out := report.User{
		Organization: organization, ID: u.ID, Pseudonym: u.Pseudonym, Status: statusOf(u),
		Meter: p.Meter, Last: u.Last, FirstEver: u.First,
	}
	switch p.Type {
	case usage.ActiveUsers:
		out.Counts, out.Class, out.Billable = p.Counts, p.Class, p.Billable
		if p.First != nil {
			out.Counted, out.Action, out.Signal, out.Definition = p.First.Time, p.First.Action, p.First.Signal, p.First.Definition
		}
	case usage.ConcurrentUsers:
		out.Counts = true
	case usage.Consumption:
		out.Counts, out.Used = true, &p.Sum
	}
	return out
}

// statusOf is the user's latest status, or that they have none and a standing
// activity.
func statusOf(u *inquiry.User) string {
	if u.Status == usage.NoStatus && u.Standing {
		return "standing"
	}
	return u.Status.String()
}
