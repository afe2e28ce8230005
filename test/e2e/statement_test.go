// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// What arrives for a day that is long over is in a statement within a minute,
// which the command line and the API show, and which kill -9 does not take.
func TestAClosedDayHasAStatementThatStays(t *testing.T) {
	t.Parallel()
	settings := collector.Settings{Directory: t.TempDir()}
	c := collector.Start(t, settings)
	day := time.Now().UTC().AddDate(0, 0, -10)
	minutes := func(n float64) collector.Event {
		return collector.Event{
			Organization: "acme", User: "ann", Action: "transcription.finished", Time: time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, time.UTC),
			Attributes: map[string]any{"transcription.minutes": n, "transcription.language": "de"},
		}
	}
	require.Equal(t, http.StatusOK, c.Send(t, minutes(12.5), minutes(30)))
	ask := func(more ...string) (string, error) {
		args := append([]string{"statement", "acme", "--api", "http://" + c.API, "--meter", "transcription_minutes", "--window", "day"}, more...)
		return collector.Usagectl(t, args...)
	}
	var before string
	c.Eventually(t, func() (err error) {
		if before, err = ask("--output", "csv"); err == nil && !strings.Contains(before, "usage_consumption,42.5,") {
			err = errors.New("no statement yet: " + before)
		}
		return err
	})
	require.Contains(t, before, "late event: 2")
	require.Contains(t, before, "usage_consumption_breakdown,42.5,,,,language,de,")

	c.Kill()
	c = collector.Start(t, settings)
	after, err := ask("--output", "csv")
	require.NoError(t, err)
	require.Equal(t, before, after)
	table, err := ask("--period", day.Format(time.DateOnly))
	require.NoError(t, err)
	require.Contains(t, table, "Transcription minutes  Day     "+day.Format(time.DateOnly))
	_, err = ask("--window", "hour")
	require.ErrorContains(t, err, "there are statements of day, week, month, quarter, half, year and cycle")

	end := time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, time.UTC)
	var figures struct {
		Data struct {
			Figures []struct {
				Name   string
				Labels map[string]string
				Value  float64
			}
		}
	}
	require.Equal(t, http.StatusOK, get(t, "http://"+c.API+"/api/v1/organizations/acme/figures?at="+end.Format(time.RFC3339), &figures))
	require.Contains(t, figures.Data.Figures, struct {
		Name   string
		Labels map[string]string
		Value  float64
	}{"usage_consumption", map[string]string{"meter": "transcription_minutes", "window": "day", "period": "previous", "unit": "min"}, 42.5})
	var refused struct{ Error string }
	require.Equal(t, http.StatusBadRequest, get(t, "http://"+c.API+"/api/v1/organizations/acme/figures?at="+end.Add(time.Minute).Format(time.RFC3339), &refused))
	require.Contains(t, refused.Error, "no closed period ends then")
}

// get asks an address and decodes the answer.
func get(t *testing.T, address string, into any) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	require.NoError(t, json.NewDecoder(response.Body).Decode(into))
	return response.StatusCode
}
