// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"net/http"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// erasedJSON is an organization that is no longer there.
type erasedJSON struct {
	Organization string `json:"organization"`
	Users        int    `json:"users"` // how many it had
}

// erase removes an organization, and says so in the log: nothing else will.
func (a *API) erase(r *admitted) (any, error) {
	id := r.Organization
	users, err := r.Book.Erase(r.Context(), id, a.Now())
	switch {
	case errors.Is(err, inquiry.ErrNoOrganization):
		return nil, unknownOrganization(id)
	case errors.Is(err, ledger.ErrListed):
		return nil, refuse(http.StatusConflict, conflict, "%s", err)
	case errors.Is(err, usage.ErrUnavailable):
		return nil, refuse(http.StatusServiceUnavailable, unavailable, "%s", err)
	case err != nil:
		return nil, err
	}
	a.AlertTests.end(id)
	if err := a.forgetSchedules(r.Context(), id); err != nil {
		return nil, err
	}
	a.Logger.Info("organization is erased", zap.String("organization", id), zap.Int("users", users),
		zap.String("client", r.RemoteAddr), zap.String("principal", r.Principal.Name()))
	return erasedJSON{Organization: id, Users: users}, nil
}
