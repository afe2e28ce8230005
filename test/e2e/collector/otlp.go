// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
)

// Event is a log record. What is empty is left out of it.
type Event struct {
	Organization, User, Action, UID string
	Time                            time.Time
	Attributes                      map[string]any
}

// Logs are events as an OTLP request in protobuf.
func Logs(events ...Event) ([]byte, error) {
	logs := plog.NewLogs()
	records := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	records.EnsureCapacity(len(events))
	for _, e := range events {
		r := records.AppendEmpty()
		r.SetEventName(e.Action)
		if !e.Time.IsZero() {
			r.SetTimestamp(pcommon.NewTimestampFromTime(e.Time))
		}
		for _, a := range [...]struct{ name, value string }{
			{"organization.id", e.Organization}, {"user.id", e.User}, {"log.record.uid", e.UID},
		} {
			if a.value != "" {
				r.Attributes().PutStr(a.name, a.value)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(e.Attributes)) {
			if err := r.Attributes().PutEmpty(name).FromRaw(e.Attributes[name]); err != nil {
				return nil, fmt.Errorf("attribute %s: %w", name, err)
			}
		}
	}
	return plogotlp.NewExportRequestFromLogs(logs).MarshalProto()
}

// Send sends events in one request over HTTP and returns the status of the
// answer.
func (c *Collector) Send(t *testing.T, events ...Event) int {
	t.Helper()
	body, err := Logs(events...)
	require.NoError(t, err)
	status, err := c.Post(t.Context(), "/v1/logs", "application/x-protobuf", body)
	require.NoError(t, err)
	return status
}

// Post sends an OTLP request over HTTP. An error says that there was no answer.
func (c *Collector) Post(ctx context.Context, path, contentType string, body []byte) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.HTTP+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", contentType)
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, errors.Join(err, response.Body.Close())
}

// client keeps no connection, so that none outlives a test or a process.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}

func get(url string) (status int, body []byte, err error) {
	response, err := client.Get(url)
	if err != nil {
		return 0, nil, err
	}
	body, err = io.ReadAll(response.Body)
	return response.StatusCode, body, errors.Join(err, response.Body.Close())
}
