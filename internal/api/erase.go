// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// erasedJSON is an organization that is no longer there.
type erasedJSON struct {
	Organization string `json:"organization"`
	Users        int    `json:"users"` // how many it had
}

// erase removes an organization, and says so in the log: nothing else will.
func (a *API) erase(r *http.Request) (any, error) {
	b, err := a.book()
	if err != nil {
		return nil, err
	}
	id := r.PathValue("id")
	if s, known := b.Status(id); known {
		id = s.ID // of which what was asked for may be another spelling
	}
	users, err := b.Erase(r.Context(), id, time.Now())
	switch {
	case errors.Is(err, ledger.ErrNoOrganization):
		return nil, unknownOrganization(id)
	case errors.Is(err, ledger.ErrListed):
		return nil, refuse(http.StatusConflict, conflict, "%s", err)
	case errors.Is(err, usage.ErrUnavailable):
		return nil, refuse(http.StatusServiceUnavailable, unavailable, "%s", err)
	case err != nil:
		return nil, err
	}
	a.AlertTests.end(id)
	a.Logger.Info("organization is erased", zap.String("organization", id), zap.Int("users", users), zap.String("client", r.RemoteAddr))
	return erasedJSON{Organization: id, Users: users}, nil
}
