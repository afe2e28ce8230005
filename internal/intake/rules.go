// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Rules are what items are judged by, besides the state of their organization.
type Rules struct {
	Meters    []usage.Meter // by number, with all versions of their definitions
	Spellings usage.Spellings
	// Past and Future bound how far an event's time may be from its arrival, in
	// ns.
	Past, Future int64
	Limits       Limits
	// RejectUnknown refuses organizations that are neither in the catalogue nor
	// known already.
	RejectUnknown bool
}

// Limits bound what organizations may make the ledger keep.
type Limits struct {
	Organizations        int
	UnknownOrganizations int // those that the catalogue does not list
	UsersPerOrganization int
	ValuesPerDimension   int
}

// Census is how many organizations there are.
type Census struct {
	All      int
	Unlisted int // those that the catalogue does not list
}

// Place says where an item is counted whose organization is not there: in a new
// one, or with the items of no organization, and then why it was refused;
// ReasonNone leaves it the outcome that it has.
func (r *Rules) Place(it *usage.Item, listed bool, known Census) (makeOne bool, refused usage.Reason) {
	if it.Organization == "" || it.Organization == usage.NoOrganization {
		return false, usage.ReasonNone
	}
	refused = r.admit(it.Organization, listed, known)
	if refused == usage.ReasonNone {
		return true, usage.ReasonNone
	}
	if it.Outcome != usage.Pending { // it was refused already, for a reason of its own
		return false, usage.ReasonNone
	}
	return false, refused
}

// admit says why no organization may be made of an id, or ReasonNone.
func (r *Rules) admit(id string, listed bool, known Census) usage.Reason {
	switch {
	case listed:
		return usage.ReasonNone
	case !validID(id):
		return usage.ReasonBadOrganization
	case r.RejectUnknown:
		return usage.ReasonUnknown
	case known.All >= r.Limits.Organizations:
		return usage.ReasonOrganizations
	case known.Unlisted >= r.Limits.UnknownOrganizations:
		return usage.ReasonUnlisted
	}
	return usage.ReasonNone
}

// notPlaced is the outcome of items whose organization is refused.
func notPlaced(reason usage.Reason) usage.Outcome {
	if reason == usage.ReasonOrganizations || reason == usage.ReasonUnlisted {
		return usage.OverLimit
	}
	return usage.Invalid
}

// maxID bounds the id of an organization that the catalogue does not list, in
// bytes.
const maxID = 256

// validID reports whether a string may be an organization's id.
func validID(id string) bool {
	return len(id) <= maxID && !strings.ContainsFunc(id, func(r rune) bool { return r < 0x20 || r == 0x7f })
}
