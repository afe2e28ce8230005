// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageotlpreceiver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configauth"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/extension/extensionauth"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
	"github.com/otelcol-usage/otelcol-usage/internal/sealed"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	receivermetadata "github.com/otelcol-usage/otelcol-usage/receiver/usageotlpreceiver/internal/metadata"
)

// ways are how a request may come; each returns the answer as bytes.
var ways = map[string]func(*testing.T, *door, usage.Signal) []byte{
	"grpc": func(t *testing.T, d *door, s usage.Signal) []byte {
		t.Helper()
		out, err := d.grpc(t.Context(), s, sample(t, s, false))
		require.NoError(t, err)
		return out
	},
	"grpc gzip": func(t *testing.T, d *door, s usage.Signal) []byte {
		t.Helper()
		out, err := d.grpc(t.Context(), s, sample(t, s, false), grpc.UseCompressor("gzip"))
		require.NoError(t, err)
		return out
	},
	"http": func(t *testing.T, d *door, s usage.Signal) []byte {
		t.Helper()
		a := d.http(t, s, bytes.NewReader(sample(t, s, false)))
		require.Equal(t, 200, a.code)
		require.Equal(t, protobufType, a.header.Get("Content-Type"))
		return a.body
	},
	"http gzip": func(t *testing.T, d *door, s usage.Signal) []byte {
		t.Helper()
		a := d.http(t, s, bytes.NewReader(gzipped(t, sample(t, s, false))), "Content-Encoding", "gzip")
		require.Equal(t, 200, a.code)
		return a.body
	},
	"json": func(t *testing.T, d *door, s usage.Signal) []byte {
		t.Helper()
		a := d.http(t, s, bytes.NewReader(sample(t, s, true)), "Content-Type", jsonType)
		require.Equal(t, 200, a.code)
		require.Equal(t, jsonType, a.header.Get("Content-Type"))
		return a.body
	},
}

func TestEveryWayInCountsAndForwards(t *testing.T) {
	for name, send := range ways {
		t.Run(name, func(t *testing.T) {
			every(t, func(t *testing.T, signal usage.Signal) {
				t.Helper()
				d := open(t, &ledger{}, nil, nil)
				send(t, d, signal)
				items := d.ledger.counted()
				require.Len(t, items, 2)
				for _, it := range items {
					require.Equal(t, "acme", it.Organization)
					require.Equal(t, "ann", it.User)
					require.Equal(t, "app.opened", it.Action)
					require.Equal(t, int64(sentAt), it.Time)
					require.Equal(t, usage.Pending, it.Outcome)
				}
				require.Equal(t, 2, d.logs.LogRecordCount()+2*d.traces.SpanCount()+d.metrics.DataPointCount())
			})
		})
	}
}

func TestWhatIsNotForwardedIsCountedOnly(t *testing.T) {
	for name, send := range ways {
		t.Run(name, func(t *testing.T) {
			every(t, func(t *testing.T, signal usage.Signal) {
				t.Helper()
				d := open(t, &ledger{}, func(c *Config) { c.Forward = []string{} }, nil)
				send(t, d, signal)
				require.Len(t, d.ledger.counted(), 2)
				require.Zero(t, d.logs.LogRecordCount()+d.traces.SpanCount()+d.metrics.DataPointCount())
			})
		})
	}
}

// TestUndecodedRequestsGoOnAsTheyCame needs no ledger. JSON is decoded, since what
// goes on as bytes is protobuf.
func TestUndecodedRequestsGoOnAsTheyCame(t *testing.T) {
	for name, send := range ways {
		t.Run(name, func(t *testing.T) {
			every(t, func(t *testing.T, signal usage.Signal) {
				t.Helper()
				d := open(t, &ledger{}, func(c *Config) { c.Undecoded, c.Ledger = true, component.MustNewID("nothing") }, nil)
				send(t, d, signal)
				require.Empty(t, d.ledger.counted())
				var r otlp.Request
				var is bool
				switch signal {
				case usage.Logs:
					r, is = sealed.OfLogs(d.logs.AllLogs()[0])
				case usage.Traces:
					r, is = sealed.OfTraces(d.traces.AllTraces()[0])
				case usage.Metrics:
					r, is = sealed.OfMetrics(d.metrics.AllMetrics()[0])
				}
				require.Equal(t, name != "json", is)
				if is {
					require.Equal(t, sample(t, signal, false), r.Bytes)
				} else {
					require.Equal(t, 2, d.logs.LogRecordCount()+2*d.traces.SpanCount()+d.metrics.DataPointCount())
				}
			})
		})
	}
}

func TestUndecodedRequestsAreBoundedAndHeardOf(t *testing.T) {
	d := open(t, &ledger{}, func(c *Config) { c.Undecoded = true }, nil)
	require.Equal(t, 400, d.http(t, usage.Logs, bytes.NewReader([]byte("no request"))).code)
	d.r.nextLogs = consumertest.NewErr(errors.New("send to shards: the broker is away"))
	require.Equal(t, 503, d.http(t, usage.Logs, bytes.NewReader(sample(t, usage.Logs, false))).code)
}

// partial reads the answer of a signal.
func partial(t *testing.T, signal usage.Signal, body []byte, json bool) (int64, string) {
	t.Helper()
	read := func(m interface {
		UnmarshalProto([]byte) error
		UnmarshalJSON([]byte) error
	},
	) {
		if json {
			require.NoError(t, m.UnmarshalJSON(body))
		} else {
			require.NoError(t, m.UnmarshalProto(body))
		}
	}
	switch signal {
	case usage.Logs:
		r := plogotlp.NewExportResponse()
		read(r)
		return r.PartialSuccess().RejectedLogRecords(), r.PartialSuccess().ErrorMessage()
	case usage.Traces:
		r := ptraceotlp.NewExportResponse()
		read(r)
		return r.PartialSuccess().RejectedSpans(), r.PartialSuccess().ErrorMessage()
	default:
		r := pmetricotlp.NewExportResponse()
		read(r)
		return r.PartialSuccess().RejectedDataPoints(), r.PartialSuccess().ErrorMessage()
	}
}

func TestSendersAreToldWhatWasRefused(t *testing.T) {
	for name, send := range ways {
		t.Run(name, func(t *testing.T) {
			every(t, func(t *testing.T, signal usage.Signal) {
				t.Helper()
				n := 0
				d := open(t, &ledger{became: func(usage.Item) (usage.Outcome, usage.Reason) {
					if n++; n%2 == 0 {
						return usage.Invalid, usage.ReasonNoUser
					}
					return usage.Counted, usage.ReasonNone
				}}, nil, nil)
				refused, why := partial(t, signal, send(t, d, signal), name == "json")
				require.Equal(t, int64(1), refused)
				require.Equal(t, "1 of 2 items were not counted: 1 invalid (no_user)", why)
			})
		})
	}
}

func TestWhatIsAsMeantIsNotToldOf(t *testing.T) {
	for _, outcome := range []usage.Outcome{usage.Counted, usage.Unmatched, usage.Duplicate} {
		d := open(t, &ledger{became: func(usage.Item) (usage.Outcome, usage.Reason) { return outcome, usage.ReasonNone }}, nil, nil)
		refused, why := partial(t, usage.Logs, ways["http"](t, d, usage.Logs), false)
		require.Zero(t, refused, outcome)
		require.Empty(t, why, outcome)
	}
}

func TestTheCommonestReasonsAreTold(t *testing.T) {
	b := &usage.Batch{}
	for why, n := range map[why]int{
		{usage.Late, usage.ReasonLate}: 5, {usage.Invalid, usage.ReasonNoUser}: 4, {usage.Unauthorized, usage.ReasonOtherTenant}: 3,
		{usage.OverLimit, usage.ReasonUsers}: 2, {usage.Future, usage.ReasonNone}: 1, {usage.Counted, usage.ReasonNone}: 5,
	} {
		for range n {
			b.Items = append(b.Items, usage.Item{Became: why.outcome, Because: why.reason})
		}
	}
	require.Equal(t, answer{15, "15 of 20 items were not counted: 5 late, 4 invalid (no_user), 3 unauthorized (other_organization), others"}, answerTo(b))
}

func TestWhatTheLedgerDoesNotHaveIsNotAcknowledged(t *testing.T) {
	every(t, func(t *testing.T, signal usage.Signal) {
		t.Helper()
		d := open(t, &ledger{fails: fmt.Errorf("%w: the disk is full", usage.ErrUnavailable)}, nil, nil)
		_, err := d.grpc(t.Context(), signal, sample(t, signal, false))
		require.Equal(t, codes.Unavailable, code(err), "the sender must try again")
		require.Equal(t, 503, d.http(t, signal, bytes.NewReader(sample(t, signal, false))).code)
		a := d.http(t, signal, bytes.NewReader(sample(t, signal, true)), "Content-Type", jsonType)
		require.Equal(t, 503, a.code)
		require.JSONEq(t, `{"code":14,"message":"record usage: usage ledger unavailable: the disk is full"}`, string(a.body))
		require.Zero(t, d.logs.LogRecordCount()+d.traces.SpanCount()+d.metrics.DataPointCount())
	})
}

func TestErrorsOfThePipelineAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		grpc codes.Code
		http int
	}{
		"may be tried again": {errors.New("queue is full"), codes.Unavailable, 503},
		"is permanent":       {consumererror.NewPermanent(errors.New("no")), codes.Internal, 500},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, &ledger{}, nil, nil)
			d.r.nextLogs = consumertest.NewErr(c.err)
			_, err := d.grpc(t.Context(), usage.Logs, sample(t, usage.Logs, false))
			require.Equal(t, c.grpc, code(err))
			require.Equal(t, c.http, d.http(t, usage.Logs, bytes.NewReader(sample(t, usage.Logs, false))).code)
		})
	}
}

func TestAPipelineThatTakesNothingIsHeardThoughNothingIsForwarded(t *testing.T) {
	d := open(t, &ledger{}, func(c *Config) { c.Forward = []string{} }, nil)
	d.r.nextLogs = consumertest.NewErr(errors.New("data refused due to high memory usage"))
	_, err := d.grpc(t.Context(), usage.Logs, sample(t, usage.Logs, false))
	require.Equal(t, codes.Unavailable, code(err))
	require.Empty(t, d.ledger.counted())
}

func TestAnEmptyRequestDoesNotReachTheLedger(t *testing.T) {
	every(t, func(t *testing.T, signal usage.Signal) {
		t.Helper()
		d := open(t, &ledger{fails: usage.ErrUnavailable}, nil, nil)
		_, err := d.grpc(t.Context(), signal, nil)
		require.NoError(t, err)
		require.Equal(t, 200, d.http(t, signal, bytes.NewReader(nil)).code)
		require.Equal(t, 200, d.http(t, signal, bytes.NewReader([]byte("{}")), "Content-Type", jsonType).code)
	})
}

func TestWhatIsNoRequestIsRefused(t *testing.T) {
	d := open(t, &ledger{}, nil, nil)
	_, err := d.grpc(t.Context(), usage.Logs, []byte("not protobuf"))
	require.Equal(t, codes.InvalidArgument, code(err))
	require.Equal(t, 400, d.http(t, usage.Logs, bytes.NewReader([]byte("not protobuf"))).code)
	require.Equal(t, 400, d.http(t, usage.Logs, bytes.NewReader([]byte("{")), "Content-Type", jsonType).code)
	require.Equal(t, 400, d.http(t, usage.Logs, bytes.NewReader([]byte("{")), "Content-Encoding", "gzip").code)
	require.Equal(t, 400, d.http(t, usage.Logs, bytes.NewReader([]byte("{")), "Content-Encoding", "snappy").code)
	require.Equal(t, 415, d.http(t, usage.Logs, bytes.NewReader(nil), "Content-Type", "text/plain").code)
	require.Empty(t, d.ledger.counted())
}

type credential string

func (c credential) GetAttribute(string) any     { return string(c) }
func (c credential) GetAttributeNames() []string { return []string{"tenant"} }

func newAuthenticator() component.Component {
	return struct {
		component.StartFunc
		component.ShutdownFunc
		extensionauth.ServerAuthenticateFunc
	}{
		ServerAuthenticateFunc: func(ctx context.Context, headers map[string][]string) (context.Context, error) {
			for _, name := range []string{"Tenant", "tenant"} {
				if v := headers[name]; len(v) == 1 {
					info := client.FromContext(ctx)
					info.Auth = credential(v[0])
					return client.NewContext(ctx, info), nil
				}
			}
			return ctx, errors.New("who are you")
		},
	}
}

func TestSendersAreBoundToTheirOrganization(t *testing.T) {
	id := component.MustNewID("tenants")
	d := open(t, &ledger{bind: "tenant"}, func(c *Config) {
		auth := configauth.Config{AuthenticatorID: id}
		c.Protocols.GRPC.Get().Auth = configoptional.Some(auth)
		c.Protocols.HTTP.Get().Auth = configoptional.Some(confighttp.AuthConfig{Config: auth})
	}, host{id: newAuthenticator()})
	body := sample(t, usage.Logs, false)

	_, err := d.grpc(t.Context(), usage.Logs, body)
	require.Equal(t, codes.Unauthenticated, code(err))
	require.Equal(t, 401, d.http(t, usage.Logs, bytes.NewReader(body)).code)
	require.Empty(t, d.ledger.counted())

	for tenant, outcome := range map[string]usage.Outcome{"acme": usage.Pending, "other": usage.Unauthorized} {
		_, err = d.grpc(metadata.AppendToOutgoingContext(t.Context(), "tenant", tenant), usage.Logs, body)
		require.NoError(t, err)
		require.Equal(t, 200, d.http(t, usage.Logs, bytes.NewReader(body), "Tenant", tenant).code)
		items := d.ledger.counted()
		for _, it := range items[len(items)-4:] {
			require.Equal(t, tenant, it.Organization)
			require.Equal(t, outcome, it.Outcome)
		}
	}
}

func TestAPipelineOfOneSignalServesThatOne(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	cfg.Protocols.HTTP.GetOrInsertDefault().NetAddr.Endpoint = "localhost:0"
	set, told := told()
	r, err := NewFactory().CreateLogs(t.Context(), set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	require.NoError(t, r.Start(t.Context(), host{ledgerID: &ledger{}}))
	d := &door{httpAt: listens(told, "Starting HTTP server")}
	require.Equal(t, 200, d.http(t, usage.Logs, bytes.NewReader(sample(t, usage.Logs, false))).code)
	require.Equal(t, 404, d.http(t, usage.Traces, bytes.NewReader(sample(t, usage.Traces, false))).code)
	require.NoError(t, r.Shutdown(context.Background()))
	require.NoError(t, r.Shutdown(context.Background()), "it has ended")
}

func TestAServerThatCannotStartEndsTheOther(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	taken, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, taken.Close()) }()
	cfg.Protocols.GRPC.GetOrInsertDefault().NetAddr.Endpoint = "localhost:0"
	cfg.Protocols.HTTP.GetOrInsertDefault().NetAddr.Endpoint = taken.Addr().String()
	r, err := NewFactory().CreateLogs(t.Context(), receivertest.NewNopSettings(receivermetadata.Type), cfg, consumertest.NewNop())
	require.NoError(t, err)
	require.ErrorContains(t, r.Start(t.Context(), host{ledgerID: &ledger{}}), "::protocols::http: listen tcp")
	require.NoError(t, r.Shutdown(context.Background()))
}

func TestAMissingLedgerIsToldAtStart(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	cfg.Protocols.HTTP.GetOrInsertDefault()
	r, err := NewFactory().CreateLogs(t.Context(), receivertest.NewNopSettings(receivermetadata.Type), cfg, consumertest.NewNop())
	require.NoError(t, err)
	require.ErrorContains(t, r.Start(t.Context(), host{}), `::ledger: no extension "usage_ledger" runs`)
	require.NoError(t, r.Shutdown(context.Background()))
}
