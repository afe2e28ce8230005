// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
)

// Statuses returns the status of every organization in the order of their
// ids, that of items without an organization among them.
func (l *Ledger) Statuses() []inquiry.Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]inquiry.Status, 0, len(l.book.ByID))
	for _, o := range l.book.ByID {
		all = append(all, inquiry.StatusOf(l.book, o))
	}
	return all
}

// IDs returns the ids of all organizations in order, [usage.NoOrganization]
// among them where there are items that name none.
func (l *Ledger) IDs() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids := make([]string, len(l.book.ByID))
	for i, o := range l.book.ByID {
		ids[i] = o.ID
	}
	return ids
}

// Status returns the status of one organization. Its ID is the organization's
// own where the id is another spelling of it.
func (l *Ledger) Status(id string) (inquiry.Status, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	o := inquiry.Named(l.book, id)
	if o == nil {
		return inquiry.Status{}, false
	}
	return inquiry.StatusOf(l.book, o), true
}

// Pseudonym returns the name under which a user is shown to those who may not
// see ids: a keyed hash, with a key of the organization. An organization that
// the ledger does not know has no key; its users share one mark.
func (l *Ledger) Pseudonym(organization, user string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	o := inquiry.Named(l.book, organization)
	if o == nil {
		return "unknown"
	}
	return identity.Pseudonym(o.Secret[16:], user)
}
