// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
)

// ask finds what a question is about. The caller holds the ledger's lock.
func (l *Ledger) ask(organization, meterName, window string, back int) (*inquiry.Asked, error) {
	if err := l.unreadable(); err != nil {
		return nil, err
	}
	return inquiry.Ask(l.book, organization, meterName, window, back)
}

// still puts a question again after the lock was let go.
func (l *Ledger) still(a *inquiry.Asked) error {
	if err := l.unreadable(); err != nil {
		return err
	}
	if err := l.replaced(a.Book); err != nil {
		return err
	}
	return a.Still()
}
