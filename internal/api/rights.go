// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/access"
)

// rightsJSON is what a client may read and change, or the person that it asks
// for: by it others bind what they show, as queries to a store that is not ours.
type rightsJSON struct {
	Name          string        `json:"name"`
	Person        access.Claims `json:"person,omitempty"`
	SeesAll       bool          `json:"sees_all"`
	Organizations []string      `json:"organizations"`
	WritesAll     bool          `json:"writes_all"`
	Writes        []string      `json:"writes"`
}

// readRights: they may be kept for half a minute, so that one that is taken away is gone
// within a minute also for who keeps them.
func readRights(w http.ResponseWriter, r *admitted) error {
	err := answer(func(r *admitted) (any, error) {
		p := &r.Principal
		rights := rightsJSON{
			Name: p.Name(), Person: p.Person(),
			SeesAll: p.SeesAll(), Organizations: p.Organizations(), WritesAll: p.WritesAll(), Writes: p.Writable(),
		}
		if p.SeesAll() {
			rights.Organizations = r.Book.IDs()
			for _, part := range partsOf[rightsJSON](r, "/api/v1/access", nil) {
				rights.Organizations = append(rights.Organizations, part.Of.Organizations...)
			}
			slices.Sort(rights.Organizations)
			rights.Organizations = slices.Compact(rights.Organizations)
		}
		if p.WritesAll() {
			rights.Writes = rights.Organizations
		}
		return rights, nil
	})(w, r)
	w.Header().Set("Cache-Control", "private, max-age=30")
	return err
}
