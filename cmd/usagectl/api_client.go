// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
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
	within  time.Duration // bounds one question; 0: answerTimeout
	flag    string        // that names the address; "": --api
}

// flags adds how the API is reached.
func (c *apiClient) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.address, "api", "http://localhost:8320", "address of the usage API")
	cmd.Flags().StringArrayVar(&c.headers, "header", nil, `header to send, as "Authorization: Bearer ..."; may be repeated`)
}

// answerTimeout bounds one question; the longest answers have some megabytes.
const answerTimeout = time.Minute

// ask sends a request without a body.
func (c *apiClient) ask(ctx context.Context, method, path string) (*http.Response, error) {
	return c.send(ctx, method, path, nil)
}

// send sends a request, with an object of JSON unless that is nil.
func (c *apiClient) send(ctx context.Context, method, path string, object any) (*http.Response, error) {
	var body io.Reader = http.NoBody
	if object != nil {
		text, err := json.Marshal(object)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.address, "/")+path, body)
	if err != nil {
		return nil, wrongUsage{fmt.Errorf("%s %q: %w", cmp.Or(c.flag, "--api"), c.address, err)}
	}
	if object != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, header := range c.headers {
		name, value, found := strings.Cut(header, ":")
		if !found {
			return nil, wrongUsage{fmt.Errorf(`--header %q: write it as "Name: value"`, header)}
		}
		request.Header.Set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%w; is the collector running there, and is %s its address?", err, cmp.Or(c.flag, "--api"))
	}
	return response, nil
}

// get asks for a path below /api/v1 and decodes the data of the answer.
func (c *apiClient) get(ctx context.Context, path string, query url.Values, into any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return c.call(ctx, http.MethodGet, path, into)
}

// call does what a path below /api/v1 is for and decodes the data of the
// answer.
func (c *apiClient) call(ctx context.Context, method, path string, into any) error {
	return c.callWith(ctx, method, path, nil, into)
}

// callWith sends an object with it.
func (c *apiClient) callWith(ctx context.Context, method, path string, object, into any) error {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.within, answerTimeout))
	defer cancel()
	response, err := c.send(ctx, method, "/api/v1/"+path, object)
	if err != nil {
		return err
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
	case response.StatusCode != http.StatusOK && response.StatusCode != http.StatusCreated:
		return fmt.Errorf("%s: %s", response.Status, answer.Error)
	}
	return nil
}
