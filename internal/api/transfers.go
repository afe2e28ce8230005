// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/moving"
	"github.com/otelcol-usage/otelcol-usage/internal/site"
	"github.com/otelcol-usage/otelcol-usage/internal/transfer"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// transferState is what this shard says of an organization's move.
func (a *API) transferState(r *admitted) (any, error) {
	state, err := a.Moving.State(site.ID(r.PathValue("transfer")))
	return state, refusedStep(err)
}

// maxStep bounds a request for a step: items that another shard hands over.
const maxStep = 64 << 20

// transferStep makes a step of a move, for usagectl or for another shard.
func (a *API) transferStep(w http.ResponseWriter, r *admitted) error {
	id := site.ID(r.PathValue("transfer"))
	var step moving.Request
	decoder := json.NewDecoder(io.LimitReader(r.Body, maxStep))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&step); err != nil {
		return refuse(http.StatusBadRequest, badData, "body: %s", err)
	}
	if step.Step != moving.Count {
		a.Logger.Info("a step of the move of an organization is asked for", zap.String("step", step.Step), zap.String("organization", id),
			zap.String("client", r.RemoteAddr), zap.String("principal", r.Principal.Name()))
	}
	// A copy takes as long as it takes, and a server may bound its answers.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
	if step.Step == moving.CopyOut {
		w.Header().Set("Content-Type", "application/octet-stream")
		return refusedStep(a.stream(w, r, func(to io.Writer) error { return a.Moving.CopyOut(r.Context(), id, to) }))
	}
	return answer(func(r *admitted) (any, error) {
		done, err := a.Moving.Do(r.Context(), id, &step)
		return done, refusedStep(err)
	})(w, r)
}

// refusedStep is how an error of a step is answered.
func refusedStep(err error) error {
	switch {
	case errors.Is(err, transfer.Err), errors.Is(err, inquiry.ErrNoOrganization):
		return refuse(http.StatusConflict, conflict, "%s", err)
	case errors.Is(err, usage.ErrUnavailable):
		return refuse(http.StatusServiceUnavailable, unavailable, "%s", err)
	case errors.Is(err, moving.ErrStep):
		return refuse(http.StatusBadRequest, badData, "%s", err)
	}
	return err
}
