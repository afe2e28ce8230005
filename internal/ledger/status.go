// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

// Statuses returns the status of every organization in the order of their
// ids, that of items without an organization among them.
func (l *Ledger) Statuses() []Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]Status, 0, len(l.book.byID))
	for _, o := range l.book.byID {
		all = append(all, status(l.book, o))
	}
	return all
}

// IDs returns the ids of all organizations in order, [usage.NoOrganization]
// among them where there are items that name none.
func (l *Ledger) IDs() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids := make([]string, len(l.book.byID))
	for i, o := range l.book.byID {
		ids[i] = o.ID
	}
	return ids
}

// Status returns the status of one organization. Its ID is the organization's
// own where the id is another spelling of it.
func (l *Ledger) Status(id string) (Status, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	o := l.book.named(id)
	if o == nil {
		return Status{}, false
	}
	return status(l.book, o), true
}

// Pseudonym returns the name under which a user is shown to those who may not
// see ids: a keyed hash, with a key of the organization. An organization that
// the ledger does not know has no key; its users share one mark.
func (l *Ledger) Pseudonym(organization, user string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	o := l.book.named(organization)
	if o == nil {
		return "unknown"
	}
	return pseudonym(o.secret[16:], user)
}
