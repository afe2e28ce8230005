// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"io"
	"net/http"
	"time"
)

func healthy(w http.ResponseWriter, _ *http.Request) error {
	_, _ = io.WriteString(w, "healthy\n") // the client has gone if it fails
	return nil
}

// readiness reports whether batches are acknowledged.
func (a *API) readiness(w http.ResponseWriter, _ *http.Request) error {
	b, err := a.book()
	if err != nil {
		return err
	}
	if err := b.Ready(); err != nil {
		return refuse(http.StatusServiceUnavailable, unavailable, "%s", err)
	}
	_, _ = io.WriteString(w, "ready\n") // the client has gone if it fails
	return nil
}

// statusJSON is what an operator wants to know of the ledger itself.
type statusJSON struct {
	Ready     bool          `json:"ready"`
	Reason    string        `json:"reason,omitempty"`
	Collected *time.Time    `json:"collected"` // null before the first collection
	Catalogue catalogueJSON `json:"catalogue"`
	Warnings  []string      `json:"warnings"`
}

type catalogueJSON struct {
	Path          string     `json:"path"`
	Organizations int        `json:"organizations"`
	Loaded        *time.Time `json:"loaded"`
	Valid         bool       `json:"valid"` // the file is what is in force
	Error         string     `json:"error,omitempty"`
	Failed        *time.Time `json:"failed,omitempty"`
}

func (a *API) status(*http.Request) (any, error) {
	b, err := a.book()
	if err != nil {
		return nil, err
	}
	s := statusJSON{Ready: true, Warnings: append([]string{}, a.Collector().Warnings...)}
	if err := b.Ready(); err != nil {
		s.Ready, s.Reason = false, err.Error()
	}
	if c, collected := b.Latest(); collected {
		s.Collected = instant(c.At)
	}
	c := a.Catalogue()
	s.Catalogue = catalogueJSON{
		Path: c.Path, Organizations: c.Len(),
		Loaded: instant(c.Loaded), Valid: c.Err == nil, Failed: instant(c.Failed),
	}
	if c.Err != nil {
		s.Catalogue.Error = c.Err.Error()
	}
	return s, nil
}

// book returns the ledger for a request.
func (a *API) book() (Book, error) {
	b, err := a.Open()
	if err != nil {
		return nil, refuse(http.StatusServiceUnavailable, unavailable, "%s", err)
	}
	return b, nil
}

// instant is a time for JSON; the zero time is null.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
