// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/otel/log"
	"go.uber.org/goleak"
	"google.golang.org/grpc"

	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// defaults returns what the collector counts out of the box.
func defaults(t *testing.T) (*extract.Extractor, usage.Extraction) {
	t.Helper()
	config, err := definition.FromCollectorConfig("../../config/default.yaml")
	require.NoError(t, err)
	extraction, err := config.Extraction()
	require.NoError(t, err)
	extractor, err := extract.New(extraction)
	require.NoError(t, err)
	return extractor, extraction
}

// receiver reads OTLP as the collector does.
type receiver struct {
	plogotlp.UnimplementedGRPCServer
	extractor *extract.Extractor
	mu        sync.Mutex
	batch     usage.Batch
}

func (r *receiver) Export(_ context.Context, request plogotlp.ExportRequest) (plogotlp.ExportResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.extractor.Logs(request.Logs(), "", &r.batch)
	return plogotlp.NewExportResponse(), nil
}

type metricsReceiver struct {
	pmetricotlp.UnimplementedGRPCServer
	*receiver
}

func (r *metricsReceiver) Export(_ context.Context, request pmetricotlp.ExportRequest) (pmetricotlp.ExportResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.extractor.Metrics(request.Metrics(), "", &r.batch)
	return pmetricotlp.NewExportResponse(), nil
}

// listen starts a receiver and points the SDK's exporters at it.
func listen(t *testing.T) *receiver {
	t.Helper()
	extractor, _ := defaults(t)
	r := &receiver{extractor: extractor}
	server := grpc.NewServer()
	plogotlp.RegisterGRPCServer(server, r)
	pmetricotlp.RegisterGRPCServer(server, &metricsReceiver{receiver: r})
	listener, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		require.NoError(t, <-done)
	})
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+listener.Addr().String())
	return r
}

// effect is an effect in words.
type effect struct {
	action, user, meter, class string
	kind                       usage.EffectKind
}

func (r *receiver) effects(t *testing.T) []effect {
	t.Helper()
	_, extraction := defaults(t)
	var all []effect
	uids := map[string]bool{}
	for i := range r.batch.Items {
		item := &r.batch.Items[i]
		require.Equal(t, usage.Pending, item.Outcome, "%s: %s", item.Action, item.Reason)
		require.Contains(t, []string{"acme", "nordhafen"}, item.Organization)
		require.False(t, uids[item.UID], "every event has a uid of its own")
		if item.Signal == usage.Logs {
			require.NotEmpty(t, item.UID)
			uids[item.UID] = true
		}
		for _, e := range r.batch.EffectsOf(item) {
			one := effect{action: item.Action, user: item.User, kind: e.Kind}
			if e.Kind != usage.Lifecycle && e.Kind != usage.Alias {
				meter := extraction.Meters[e.Meter]
				one.meter = meter.Name
				if meter.Type == usage.ActiveUsers {
					one.class = meter.Classes[e.Class]
				}
			}
			all = append(all, one)
		}
	}
	return all
}

// sent runs code of the page and returns what the collector makes of it.
func sent(t *testing.T, code func(context.Context, log.Logger)) []effect {
	t.Helper()
	r := listen(t)
	provider, err := newProvider(t.Context())
	require.NoError(t, err)
	code(t.Context(), provider.Logger("usage"))
	require.NoError(t, provider.Shutdown(t.Context()))
	return r.effects(t)
}

func TestTranscriptionCountsMinutesAndDocuments(t *testing.T) {
	require.Equal(t, []effect{
		{"transcription.finished", "u-17", "transcription_minutes", "", usage.Consume},
		{"document.created", "u-17", "documents", "", usage.Consume},
	}, sent(t, transcription))
}

func TestLearningCountsActiveLearners(t *testing.T) {
	require.Equal(t, []effect{
		{"course.accessed", "u-17", "active_learners", "", usage.Active},
		{"session.attended", "u-17", "active_learners", "", usage.Active},
	}, sent(t, learning))
}

func TestYardCountsOperators(t *testing.T) {
	require.Equal(t, []effect{
		{"user.logon", "u-17", "operators", "", usage.Concurrent},
		{"task.finished", "u-17", "operators", "", usage.Concurrent},
		{"user.logoff", "u-17", "operators", "", usage.Concurrent},
	}, sent(t, yard))
}

func TestWorkspaceCountsUsersByClass(t *testing.T) {
	const meter = "workspace_users"
	require.Equal(t, []effect{
		{"public_post.viewed", "anon-5", meter, "anonymous", usage.Active},
		{"user.registered", "u-17", "", "", usage.Lifecycle},
		{"user.alias", "u-17", "", "", usage.Alias},
		{"workspace.login", "u-17", meter, "onboarded", usage.Active},
		{"app.opened", "u-17", meter, "onboarded", usage.Active},
		{"social.connected", "u-17", meter, "anonymous", usage.StandingOn},
		{"social.disconnected", "u-17", meter, "anonymous", usage.StandingOff},
		{"content_email.opened", "u-18", meter, "email", usage.Active},
		{"user.removed", "u-17", "", "", usage.Lifecycle},
	}, sent(t, workspace))
}

func TestCallsCountAsADeltaSum(t *testing.T) {
	r := listen(t)
	provider, err := newMeterProvider(t.Context())
	require.NoError(t, err)
	calls, err := provider.Meter("usage").Int64Counter("api.calls")
	require.NoError(t, err)
	for range 3 {
		call(t.Context(), calls)
	}
	require.NoError(t, provider.Shutdown(t.Context()))
	require.Equal(t, []effect{{"api.calls", "", "api_calls", "", usage.Consume}}, r.effects(t))
	require.Equal(t, int64(3*usage.Micro), r.batch.Effects[0].Value)
}
