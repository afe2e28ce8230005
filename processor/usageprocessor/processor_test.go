// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageprocessor

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-usage/otelcol-usage/internal/attach"
	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
	"github.com/otelcol-usage/otelcol-usage/internal/sealed"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestTelemetryIsCountedAndPassesOnUnchanged(t *testing.T) {
	l := &fakeLedger{}
	p := newPipeline(t, l, nil)
	ld, td, md := someLogs(t), someTraces(t), someMetrics(t)
	sent := [][]byte{wire(t, ld), wire(t, td), wire(t, md)}
	require.NoError(t, p.logs.ConsumeLogs(t.Context(), ld))
	require.NoError(t, p.traces.ConsumeTraces(t.Context(), td))
	require.NoError(t, p.metrics.ConsumeMetrics(t.Context(), md))

	require.Len(t, l.items, 1+4+5)
	require.Equal(t, "acme", l.items[0].Organization)
	require.Equal(t, usage.Pending, l.items[0].Outcome)
	require.Equal(t, usage.Metrics, l.items[9].Signal)

	require.Equal(t, sent[0], wire(t, p.logsSink.AllLogs()[0]))
	require.Equal(t, sent[1], wire(t, p.tracesSink.AllTraces()[0]))
	require.Equal(t, sent[2], wire(t, p.metricsSink.AllMetrics()[0]))
	require.False(t, p.logs.Capabilities().MutatesData)
}

func TestASealedRequestIsCountedAndDoesNotPassOn(t *testing.T) {
	decoded, undecoded := &fakeLedger{}, &fakeLedger{}
	p, q := newPipeline(t, decoded, nil), newPipeline(t, undecoded, nil)
	ld, td, md := someLogs(t), someTraces(t), someMetrics(t)
	require.NoError(t, q.logs.ConsumeLogs(t.Context(), sealed.Logs(otlp.Request{Signal: usage.Logs, Bytes: wire(t, ld)})))
	require.NoError(t, q.traces.ConsumeTraces(t.Context(), sealed.Traces(otlp.Request{Signal: usage.Traces, Bytes: wire(t, td)})))
	require.NoError(t, q.metrics.ConsumeMetrics(t.Context(), sealed.Metrics(otlp.Request{Signal: usage.Metrics, Bytes: wire(t, md)})))
	require.NoError(t, p.logs.ConsumeLogs(t.Context(), ld))
	require.NoError(t, p.traces.ConsumeTraces(t.Context(), td))
	require.NoError(t, p.metrics.ConsumeMetrics(t.Context(), md))
	require.Len(t, decoded.items, 1+4+5)
	require.Equal(t, decoded.items, undecoded.items)
	require.Empty(t, q.logsSink.AllLogs())
	require.Empty(t, q.tracesSink.AllTraces())
	require.Empty(t, q.metricsSink.AllMetrics())
}

func TestASealedRequestThatIsNotAcknowledgedComesAgain(t *testing.T) {
	request := sealed.Logs(otlp.Request{Signal: usage.Logs, Bytes: wire(t, someLogs(t))})
	err := newPipeline(t, &fakeLedger{fails: usage.ErrUnavailable}, nil).logs.ConsumeLogs(t.Context(), request)
	require.ErrorIs(t, err, usage.ErrUnavailable)
	require.False(t, consumererror.IsPermanent(err))

	l := &keyedLedger{}
	err = newPipeline(t, l, func(c *Config) { c.Pseudonymize = true }).logs.ConsumeLogs(t.Context(), request)
	require.ErrorIs(t, err, errSealed, "nobody can be hidden in bytes")
	require.False(t, consumererror.IsPermanent(err))
	require.Empty(t, l.items)
}

func TestWhatTheLedgerDoesNotAcknowledgeIsNotAcknowledgedAndNotPassedOn(t *testing.T) {
	l := &fakeLedger{fails: usage.ErrUnavailable}
	p := newPipeline(t, l, nil)
	for _, err := range []error{
		p.logs.ConsumeLogs(t.Context(), someLogs(t)),
		p.traces.ConsumeTraces(t.Context(), someTraces(t)),
		p.metrics.ConsumeMetrics(t.Context(), someMetrics(t)),
	} {
		require.ErrorIs(t, err, usage.ErrUnavailable)
		require.False(t, consumererror.IsPermanent(err), "the sender must try again")
	}
	require.Zero(t, p.logsSink.LogRecordCount()+p.tracesSink.SpanCount()+p.metricsSink.DataPointCount())

	l.fails = nil
	require.NoError(t, p.logs.ConsumeLogs(t.Context(), someLogs(t)))
	require.Len(t, l.items, 1, "the batch of the failed request is not in it")
}

func TestAPanicIsAnErrorThatMayBeRetriedAndTellsNoIDs(t *testing.T) {
	p := newPipeline(t, &fakeLedger{panic: "no row of " + secret}, nil)
	err := p.logs.ConsumeLogs(t.Context(), someLogs(t))
	require.ErrorIs(t, err, attach.ErrInternal)
	require.False(t, consumererror.IsPermanent(err))
	require.NotContains(t, err.Error(), secret)
	require.Zero(t, p.logsSink.LogRecordCount())
}

func TestAnEmptyRequestDoesNotReachTheLedger(t *testing.T) {
	p := newPipeline(t, &fakeLedger{fails: usage.ErrUnavailable}, nil)
	ld := someLogs(t)
	ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().RemoveIf(func(plog.LogRecord) bool { return true })
	require.NoError(t, p.logs.ConsumeLogs(t.Context(), ld))
}

func TestConcurrentRequestsHaveTheirOwnBatches(t *testing.T) {
	l := &fakeLedger{}
	p := newPipeline(t, l, nil)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 50 {
				if err := p.traces.ConsumeTraces(context.Background(), someTraces(t)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	require.Len(t, l.items, 8*50*4)
	for _, it := range l.items {
		require.Equal(t, secret, it.User)
	}
}

// credential is what an authenticator says of a sender.
type credential map[string]any

func (c credential) GetAttribute(name string) any { return c[name] }

func (c credential) GetAttributeNames() []string { return nil }

func TestTheSendersCredentialBindsTheOrganization(t *testing.T) {
	tests := map[string]struct {
		auth    client.AuthData
		outcome usage.Outcome
		as      string
	}{
		"the same":                    {credential{"organization": "acme"}, usage.Pending, "acme"},
		"another":                     {credential{"organization": "globex"}, usage.Unauthorized, "globex"},
		"one of a list of one":        {credential{"organization": []string{"acme"}}, usage.Pending, "acme"},
		"several":                     {credential{"organization": []string{"acme", "globex"}}, usage.Unauthorized, usage.NoOrganization},
		"none":                        {credential{}, usage.Unauthorized, usage.NoOrganization},
		"no string":                   {credential{"organization": 1}, usage.Unauthorized, usage.NoOrganization},
		"a sender that is not known":  {nil, usage.Unauthorized, usage.NoOrganization},
		"an empty name binds nothing": {credential{"organization": ""}, usage.Unauthorized, usage.NoOrganization},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l := &fakeLedger{bind: "organization"}
			p := newPipeline(t, l, nil)
			ctx := client.NewContext(t.Context(), client.Info{Auth: test.auth})
			require.NoError(t, p.logs.ConsumeLogs(ctx, someLogs(t)))
			require.Equal(t, test.outcome, l.items[0].Outcome)
			require.Equal(t, test.as, l.items[0].Organization)
			require.Equal(t, 1, p.logsSink.LogRecordCount(), "an item that does not count passes on, too")
		})
	}
}

func TestACredentialIsIgnoredWhereSendersAreNotBound(t *testing.T) {
	l := &fakeLedger{}
	p := newPipeline(t, l, nil)
	ctx := client.NewContext(t.Context(), client.Info{Auth: credential{"organization": "globex"}})
	require.NoError(t, p.logs.ConsumeLogs(ctx, someLogs(t)))
	require.Equal(t, usage.Pending, l.items[0].Outcome)
	require.Equal(t, "acme", l.items[0].Organization)
}

func TestStartTellsOfAMissingLedger(t *testing.T) {
	err := start(t, host{}, nil)
	require.ErrorContains(t, err, `processors::usage/eu::ledger: no extension "usage_ledger" runs`)
}

// refusedLedger has a definition that does not compile.
type refusedLedger struct{ fakeLedger }

func (l *refusedLedger) Extraction() usage.Extraction {
	x := l.fakeLedger.Extraction()
	x.Meters[0].Versions[0].Classes[0].Condition = "wrong"
	return x
}

func TestStartTellsOfAConditionByItsPath(t *testing.T) {
	err := start(t, host{ledgerID: &refusedLedger{}}, nil)
	require.ErrorContains(t, err, `extensions::usage_ledger::meters::members::condition: "wrong"`)
}

func TestPseudonymsNeedALedgerThatMakesThem(t *testing.T) {
	err := start(t, host{ledgerID: &fakeLedger{}}, func(c *Config) { c.Pseudonymize = true })
	require.EqualError(t, err, `processors::usage/eu::pseudonymize: true, but extension "usage_ledger" makes no pseudonyms: set it to false`)
}

func TestTheConfiguration(t *testing.T) {
	load := func(raw map[string]any) (*Config, error) {
		cfg := createDefaultConfig()
		if err := confmap.NewFromStringMap(raw).Unmarshal(cfg); err != nil {
			return nil, err
		}
		return cfg.(*Config), confmap.Validate(cfg)
	}
	cfg, err := load(nil)
	require.NoError(t, err)
	require.Equal(t, &Config{Ledger: component.MustNewID("usage_ledger")}, cfg)

	cfg, err = load(map[string]any{"ledger": "usage_ledger/eu", "pseudonymize": true})
	require.NoError(t, err)
	require.Equal(t, &Config{Ledger: component.MustNewIDWithName("usage_ledger", "eu"), Pseudonymize: true}, cfg)

	_, err = load(map[string]any{"leger": "x"})
	require.Error(t, err)
	require.ErrorContains(t, (&Config{}).Validate(), "ledger is empty")
}

func TestErrorsOfTheLedgerKeepTheirCause(t *testing.T) {
	cause := errors.New("the disk is full")
	p := newPipeline(t, &fakeLedger{fails: errors.Join(usage.ErrUnavailable, cause)}, nil)
	require.ErrorIs(t, p.logs.ConsumeLogs(t.Context(), someLogs(t)), cause)
}
