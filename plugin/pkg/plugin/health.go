// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// step is one of the check of the whole chain, in plain words.
type step struct {
	What  string `json:"what"`
	State string `json:"state"` // ok, warning, error; skipped behind an error
	Text  string `json:"text"`
}

const (
	stateOK      = "ok"
	stateWarning = "warning"
	stateError   = "error"
	stateSkipped = "skipped"
)

// maxSkew is by how much the clocks of two machines may differ before figures of
// now are missed.
const maxSkew = 30 * time.Second

// staleAfter is when figures that come every minute have stopped.
const staleAfter = 5 * time.Minute

// CheckHealth goes along the chain from here to a figure, and says of the first
// thing that is wrong how it is mended.
func (d *Datasource) CheckHealth(ctx context.Context, request *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	who, personErr := personOf(request.PluginContext, d.settings)
	checks := []struct {
		what string
		run  func(context.Context, person) (string, error)
	}{
		{"Who you are", func(context.Context, person) (string, error) { return "Grafana says " + who.email, personErr }},
		{"The usage API answers", d.checkAPI},
		{"It accepts the token, and knows you", d.checkRights},
		{"It counts", d.checkStatus},
		{"The store answers", d.checkStore},
	}
	var steps []step
	var failure, warning string
	for _, c := range checks {
		s := step{What: c.what, State: stateSkipped}
		if failure == "" {
			text, err := c.run(ctx, who)
			var w warned
			switch {
			case errors.As(err, &w):
				s.State, s.Text = stateWarning, string(w)
				warning = string(w)
			case err != nil:
				s.State, s.Text = stateError, err.Error()
				failure = err.Error()
			default:
				s.State, s.Text = stateOK, text
			}
		}
		steps = append(steps, s)
	}
	details, err := json.Marshal(map[string]any{"steps": steps})
	if err != nil {
		return nil, err
	}
	result := &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: "Everything answers, from here to the figures.", JSONDetails: details}
	switch {
	case failure != "":
		result.Status, result.Message = backend.HealthStatusError, capitalized(failure)
	case warning != "":
		result.Message = "It works. " + capitalized(warning)
	}
	return result, nil
}

// warned is what works, and should be different.
type warned string

func (w warned) Error() string { return string(w) }

func capitalized(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// checkAPI also compares clocks.
func (d *Datasource) checkAPI(ctx context.Context, who person) (string, error) {
	before := time.Now()
	response, err := d.api.ask(ctx, who, http.MethodGet, "/-/healthy", nil, nil)
	if err != nil {
		var refused *refusal
		if errors.As(err, &refused) && refused.status == http.StatusMisdirectedRequest {
			return "", fmt.Errorf("%w: add the name to api::allowed_hosts of usage_ledger", err)
		}
		return "", fmt.Errorf("%w: is the collector running, and is this the address of usage_ledger's api::endpoint?", err)
	}
	defer response.Body.Close()
	if there, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		if skew := there.Sub(before).Abs(); skew > maxSkew {
			return "", warned(fmt.Sprintf("the clocks of Grafana's machine and of the collector's differ by %s: set them by NTP, or figures of now are missing", skew.Round(time.Second)))
		}
	}
	return "at " + d.settings.API.Host, nil
}

func (d *Datasource) checkRights(ctx context.Context, who person) (string, error) {
	var r rights
	if err := d.api.get(ctx, who, "/api/v1/access", nil, &r); err != nil {
		var refused *refusal
		if errors.As(err, &refused) && refused.status == http.StatusNotFound {
			return "", errors.New("this is no usage API, or one of a collector that is too old to know whom Grafana asks for: update the collector")
		}
		return "", err
	}
	if d.api.open(ctx) {
		return "", warned("nobody has to authenticate at the usage API: whoever reaches it, past Grafana, sees every organization. Configure api::auth of usage_ledger")
	}
	switch {
	case r.SeesAll:
		return "you see all organizations", nil
	case len(r.Organizations) == 0:
		return "", fmt.Errorf("the usage API knows %s, and no organization is yours: ask for one in the catalogue (organizations, csm)", who.email)
	case len(r.Organizations) == 1:
		return "you see " + r.Organizations[0], nil
	}
	return fmt.Sprintf("you see %d organizations", len(r.Organizations)), nil
}

func (d *Datasource) checkStatus(ctx context.Context, who person) (string, error) {
	var status struct {
		Ready     bool       `json:"ready"`
		Reason    string     `json:"reason"`
		Collected *time.Time `json:"collected"`
	}
	if err := d.api.get(ctx, who, "/api/v1/status", nil, &status); err != nil {
		return "", err
	}
	switch {
	case !status.Ready && status.Reason != "":
		return "", fmt.Errorf("the collector takes no usage now: %s", status.Reason)
	case !status.Ready:
		return "", errors.New("the collector takes no usage now: its log says why")
	case status.Collected == nil:
		return "", warned("there are no figures yet: they come at the next whole minute")
	}
	if age := time.Since(*status.Collected); age > staleAfter {
		return "", warned(fmt.Sprintf("the last figures are of %s: does a pipeline have the usage receiver?", status.Collected.Format(time.RFC3339)))
	}
	return "last figures of " + status.Collected.Format(time.RFC3339), nil
}

func (d *Datasource) checkStore(ctx context.Context, who person) (string, error) {
	a, err := d.store.instant(ctx, who, "count("+recently("usage_organization_info")+")", time.Now())
	if err != nil {
		return "", err
	}
	if len(a.Result) == 0 {
		return "", warned("the store answers and has no figures of your organizations: is it the one to which the collector writes?")
	}
	return fmt.Sprintf("with figures of %s organizations", a.Result[0].Value.Value), nil
}
