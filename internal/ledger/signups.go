// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
)

// signUpsAtOnce is how many users are looked at while arrivals wait.
const signUpsAtOnce = 16384

// SignUps returns how many users of an organization were registered for the
// first time in [from, to). Ids that an alias made one are one user, who signed
// up with the first of them.
func (l *Ledger) SignUps(ctx context.Context, organization string, from, to time.Time) (n int64, err error) {
	for slot, more := uint32(0), true; more; slot += signUpsAtOnce {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		l.mu.Lock()
		if err = l.unreadable(); err == nil {
			o := inquiry.Named(l.book, organization)
			if o == nil {
				err = fmt.Errorf("organization %q: %w", organization, inquiry.ErrNoOrganization)
			} else {
				end := min(slot+signUpsAtOnce, uint32(o.Users()))
				n += int64(o.SignUps(slot, end, from.UnixNano(), to.UnixNano()))
				more = end < uint32(o.Users())
			}
		}
		l.mu.Unlock()
		if err != nil {
			return 0, err
		}
	}
	return n, nil
}
