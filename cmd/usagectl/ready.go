// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
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
		api     string
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
			return ready(ctx, api)
		},
	}
	cmd.Flags().StringVar(&api, "api", "http://localhost:8320", "URL of the collector's usage API")
	cmd.Flags().DurationVar(&timeout, "timeout", 5*time.Second, "how long to wait for the answer")
	return cmd
}

// longestAnswer bounds what is read of an answer, which is a line.
const longestAnswer = 4096

func ready(ctx context.Context, api string) error {
	return get(ctx, http.MethodGet, strings.TrimSuffix(api, "/")+"/-/ready", func(io.Reader) error { return nil })
}
