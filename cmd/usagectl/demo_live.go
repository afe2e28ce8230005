// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelcol-usage/otelcol-usage/internal/demo"
	"github.com/otelcol-usage/otelcol-usage/internal/demo/live"
)

func newDemoLiveCommand() *cobra.Command {
	var (
		endpoint, history string
		from              instant
		duration          time.Duration
	)
	cmd := &cobra.Command{
		Use:   "live",
		Short: "Send live traffic that goes on where a history ended",
		Long: `Sends what the same organizations do now, by the OpenTelemetry SDK over
OTLP/gRPC without TLS, until it is interrupted. What has happened since the end
of the history is sent first; sending it again does not count it again, because
every event keeps its id.`,
		Example: `  usagectl demo live --history data/demo/history
  usagectl demo live --history /tmp/history --endpoint localhost:14317 --duration 10m`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			plan, err := demo.LoadPlan(history)
			if err != nil {
				return err
			}
			now := time.Now()
			s := live.Settings{Endpoint: endpoint, From: from.or(plan.Present), Until: now.Add(duration)}
			line := statusLine{w: cmd.ErrOrStderr()}
			s.Progress = func(p live.Progress) {
				line.set(fmt.Sprintf("%d events sent, the last of %s", p.Events, p.At.Local().Format(time.TimeOnly)))
			}
			defer line.end()
			return live.Run(cmd.Context(), plan, s)
		},
	}
	cmd.Flags().StringVar(&endpoint, "endpoint", "localhost:4317", "host:port of an OTLP/gRPC receiver")
	cmd.Flags().StringVar(&history, "history", "data/demo/history", "directory of the history to go on with")
	cmd.Flags().Var(&from, "from", "where to begin (default: the end of the history)")
	cmd.Flags().DurationVar(&duration, "duration", 365*24*time.Hour, "how long to send")
	return cmd
}
