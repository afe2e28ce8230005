// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// apiClient asks the usage API of a running collector.
type apiClient struct {
	address string
	headers []string
}

// flags adds how the API is reached.
func (c *apiClient) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.address, "api", "http://localhost:8320", "address of the usage API")
	cmd.Flags().StringArrayVar(&c.headers, "header", nil, `header to send, as "Authorization: Bearer ..."; may be repeated`)
}

// answerTimeout bounds one question; the longest answers have some megabytes.
const answerTimeout = time.Minute

// get asks for a path below /api/v1 and decodes the data of the answer.
func (c *apiClient) get(ctx context.Context, path string, query url.Values, into any) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	address := strings.TrimSuffix(c.address, "/") + "/api/v1/" + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return wrongUsage{fmt.Errorf("--api %q: %w", c.address, err)}
	}
	for _, header := range c.headers {
		name, value, found := strings.Cut(header, ":")
		if !found {
			return wrongUsage{fmt.Errorf(`--header %q: write it as "Name: value"`, header)}
		}
		request.Header.Set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("%w; is the collector running there, and is --api its address?", err)
	}
	defer func() { _ = response.Body.Close() }() // only read from
	answer := struct {
		Error string
		Data  any
	}{Data: into}
	switch err := json.NewDecoder(response.Body).Decode(&answer); {
	case response.StatusCode == http.StatusUnauthorized:
		return fmt.Errorf("%s: it wants credentials; give them with --header", c.address)
	case err != nil:
		return fmt.Errorf("%s answers %s, and not as the usage API does: %w", c.address, response.Status, err)
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: %s", response.Status, answer.Error)
	}
	return nil
}
