// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// newReadyCommand asks a collector whether it acknowledges: the health check of
// a container that has no shell.
func newReadyCommand() *cobra.Command {
	var (
		client  apiClient
		timeout time.Duration
	)
	cmd := &cobra.Command{
		Use:   "ready",
		Short: "Tell whether a collector takes usage in",
		Long: `Ask the usage API of a collector whether it takes usage in, and exit with 0 if
it does. Else the answer says why, for instance that the disk is full.`,
		Example: "  usagectl ready --api http://localhost:8320",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			return ready(ctx, &client)
		},
	}
	client.flags(cmd)
	cmd.Flags().DurationVar(&timeout, "timeout", 5*time.Second, "how long to wait for the answer")
	return cmd
}

// longestAnswer bounds what is read of an answer, which is a line.
const longestAnswer = 4096

func ready(ctx context.Context, client *apiClient) error {
	response, err := client.ask(ctx, http.MethodGet, "/-/ready")
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // only read from
	if response.StatusCode == http.StatusOK {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, longestAnswer))
	if err != nil {
		return err
	}
	return fmt.Errorf("the collector at %s answers %s: %s", client.address, response.Status, strings.TrimSpace(string(text)))
}
