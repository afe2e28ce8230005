// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"io"
	"net/http"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/api/shape"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func healthy(w http.ResponseWriter, _ *admitted) error {
	_, _ = io.WriteString(w, "healthy\n") // the client has gone if it fails
	return nil
}

// readiness reports whether batches are acknowledged, and why not to those of
// whom it is known that they may see it: nobody has to say who it is.
func (a *API) readiness(w http.ResponseWriter, _ *admitted) error {
	b, err := a.book()
	if err != nil {
		return err
	}
	switch err := b.Ready(); {
	case err != nil && a.Authenticate != nil:
		return refuse(http.StatusServiceUnavailable, unavailable, "%s: /api/v1/status says why", usage.ErrUnavailable)
	case err != nil:
		return refuse(http.StatusServiceUnavailable, unavailable, "%s", err)
	}
	_, _ = io.WriteString(w, "ready\n") // the client has gone if it fails
	return nil
}

// statusJSON is what people want to know of the ledger itself.
type statusJSON struct {
	Ready         bool       `json:"ready"`
	Reason        string     `json:"reason,omitempty"`
	Collected     *time.Time `json:"collected"`     // null before the first collection
	Organizations int        `json:"organizations"` // that the client may see, of all shards
	// installationJSON is there for those who may see all.
	*installationJSON
}

type installationJSON struct {
	Catalogue catalogueJSON `json:"catalogue"`
	Files     filesJSON     `json:"files"`
	Warnings  []string      `json:"warnings"`
	// Shards are the other ones; those that are missing are not among them.
	Shards []shardJSON `json:"shards,omitempty"`
}

// shardJSON is another shard as it sees itself.
type shardJSON struct {
	Name          string     `json:"name"`
	Ready         bool       `json:"ready"`
	Reason        string     `json:"reason,omitempty"`
	Collected     *time.Time `json:"collected"`
	Organizations int        `json:"organizations"`
}

type filesJSON struct {
	Scrubbed *time.Time `json:"scrubbed"` // null before the first scrub
	Damaged  []string   `json:"damaged"`
}

type catalogueJSON struct {
	Path          string     `json:"path"`
	Organizations int        `json:"organizations"`
	Loaded        *time.Time `json:"loaded"`
	Valid         bool       `json:"valid"` // the file is what is in force
	Error         string     `json:"error,omitempty"`
	Failed        *time.Time `json:"failed,omitempty"`
}

func status(r *admitted) (any, error) {
	s := statusJSON{Ready: true}
	if err := r.Book.Ready(); err != nil {
		s.Ready, s.Reason = false, err.Error()
	}
	if c, collected := r.Book.Latest(); collected {
		s.Collected = shape.Instant(c.At)
	}
	for _, id := range r.Book.IDs() {
		if id != usage.NoOrganization {
			s.Organizations++
		}
	}
	var shards []shardJSON
	for _, part := range partsOf[statusJSON](r, "/api/v1/status", nil) {
		of := &part.Of
		s.Organizations += of.Organizations
		shards = append(shards, shardJSON{part.Shard, of.Ready, of.Reason, of.Collected, of.Organizations})
	}
	if !r.Principal.SeesAll() {
		return s, nil
	}
	c, files := r.Catalogue, r.Book.Scrubbed()
	s.installationJSON = &installationJSON{
		Catalogue: catalogueJSON{
			Path: c.Path, Organizations: c.Len(),
			Loaded: shape.Instant(c.Loaded), Valid: c.Err == nil, Failed: shape.Instant(c.Failed),
		},
		Files:    filesJSON{Scrubbed: shape.Instant(files.Finished), Damaged: append([]string{}, files.Damaged...)},
		Warnings: append([]string{}, r.Collector.Warnings...),
		Shards:   shards,
	}
	if c.Err != nil {
		s.Catalogue.Error = c.Err.Error()
	}
	return s, nil
}

type acceptedJSON struct {
	Organizations int `json:"organizations"`
}

// acceptCatalogue puts the catalogue's file in force as it is.
func (a *API) acceptCatalogue(r *admitted) (any, error) {
	if r.Catalogue.Path == "" {
		return nil, refuse(http.StatusConflict, conflict, "there is no catalogue to accept: name a file as the extension's catalogue")
	}
	n, err := a.AcceptCatalogue(r.Context(), a.Now())
	if err != nil {
		return nil, refuse(http.StatusConflict, conflict, "the catalogue is refused: %s", err)
	}
	return acceptedJSON{n}, nil
}

// book returns the ledger for a request.
func (a *API) book() (Book, error) {
	b, err := a.Open()
	if err != nil {
		return nil, refuse(http.StatusServiceUnavailable, unavailable, "%s", err)
	}
	return b, nil
}
