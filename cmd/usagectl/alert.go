// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/spf13/cobra"

	"github.com/otelcol-usage/otelcol-usage/internal/site"
)

// alertTestFlags say where the stations of an alert are.
type alertTestFlags struct {
	api                 apiClient
	rules, alertmanager string
	timeout             time.Duration
}

func newAlertCommand() *cobra.Command {
	var f alertTestFlags
	test := &cobra.Command{
		Use:   "test ORGANIZATION",
		Short: "Send a test alert of an organization through the whole chain",
		Long: `Let the alert UsageAlertTest fire for an organization: the collector writes a
figure, as those of quotas are; the rules find it in the store; Alertmanager
tells the receivers of real alerts, the organization's own among them. Each
station is asked whether the alert has come, and the command ends with the
receivers that Alertmanager has told. That takes a few minutes.`,
		Example: `  usagectl alert test acme
  usagectl alert test acme --rules http://localhost:8880      # vmalert evaluates the rules`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), f.timeout)
			defer cancel()
			return f.run(ctx, args[0], cmd.OutOrStdout())
		},
	}
	f.api.flags(test)
	test.Flags().StringVar(&f.rules, "rules", "http://localhost:9090", "URL of what evaluates the rules: the tsdb exporter, Prometheus or vmalert")
	test.Flags().StringVar(&f.alertmanager, "alertmanager", "http://localhost:9093", "URL of Alertmanager")
	test.Flags().DurationVar(&f.timeout, "timeout", 6*time.Minute, "how long to wait for the alert at the last station")
	return newGroup("alert", "Work with alerts", test)
}

// alertName is the alert of rules/alert-test.yaml.
const alertName = "UsageAlertTest"

func (f *alertTestFlags) run(ctx context.Context, organization string, out io.Writer) error {
	before, err := f.notifications(ctx)
	if err != nil { // asked first: that there is no Alertmanager is the commonest fault
		return fmt.Errorf("ask Alertmanager: %w", err)
	}
	var test struct{ Started string }
	if err := f.api.call(ctx, http.MethodPost, "organizations/"+site.Segment(organization)+"/alerts/test", &test); err != nil {
		return fmt.Errorf("start the test: %w", err)
	}
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) } // the terminal has gone if it fails
	say("collector     has begun the test of %s at %s", organization, test.Started)

	fires := func() (bool, error) { return f.fires(ctx, organization, test.Started) }
	if err := until(ctx, fires, "%s does not fire at %s: are the rules of rules/ loaded there, and does it read the store that the collector writes to?", alertName, f.rules); err != nil {
		return err
	}
	say("rules         %s fires", alertName)

	var receivers []string
	routed := func() (_ bool, err error) {
		receivers, err = f.receivers(ctx, organization, test.Started)
		return len(receivers) > 0, err
	}
	if err := until(ctx, routed, "Alertmanager at %s has not got the alert: is it among the alertmanagers of what evaluates the rules?", f.alertmanager); err != nil {
		return err
	}
	say("Alertmanager  tells %s", strings.Join(receivers, ", "))

	told := func() (bool, error) { return f.told(ctx, before) }
	if err := until(ctx, told, "Alertmanager has told nobody yet: do its receivers have an address, and is its group_wait longer than --timeout?"); err != nil {
		return err
	}
	say("receivers     have been told")
	return nil
}

// beat is how often a station is asked.
const beat = time.Second

// until waits for a condition; remedy says what is wrong if it does not come.
func until(ctx context.Context, condition func() (bool, error), remedy string, args ...any) error {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		ok, err := condition()
		if ok {
			return nil
		}
		if _, ok := errors.AsType[alertFailed](err); ok {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf(remedy, args...), err)
		case <-tick.C:
		}
	}
}

// fires reports whether the rules have found the test.
func (f *alertTestFlags) fires(ctx context.Context, organization, started string) (bool, error) {
	var answer struct {
		Data struct {
			Alerts []struct {
				State  string
				Labels map[string]string
			}
		}
	}
	err := readJSON(ctx, f.rules+"/api/v1/alerts", &answer)
	for _, a := range answer.Data.Alerts {
		if a.State == "firing" && isTest(a.Labels, organization, started) {
			return true, nil
		}
	}
	return false, err
}

// receivers are those to whom Alertmanager sends the test.
func (f *alertTestFlags) receivers(ctx context.Context, organization, started string) (names []string, err error) {
	var alerts []struct {
		Labels    map[string]string
		Receivers []struct{ Name string }
	}
	err = readJSON(ctx, f.alertmanager+"/api/v2/alerts", &alerts)
	for _, a := range alerts {
		if !isTest(a.Labels, organization, started) {
			continue
		}
		for _, r := range a.Receivers {
			names = append(names, r.Name)
		}
	}
	slices.Sort(names)
	return names, err
}

func isTest(labels map[string]string, organization, started string) bool {
	return labels["alertname"] == alertName && labels["organization"] == organization && labels["started"] == started
}

// notified counts notifications by integration, such as email.
type notified struct{ tried, failed map[string]float64 }

// notifications reads how many notifications Alertmanager has tried so far.
func (f *alertTestFlags) notifications(ctx context.Context) (notified, error) {
	n := notified{tried: map[string]float64{}, failed: map[string]float64{}}
	var families map[string]*dto.MetricFamily
	err := read(ctx, f.alertmanager+"/metrics", func(r io.Reader) (err error) {
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err = parser.TextToMetricFamilies(r)
		return err
	})
	for name, counts := range map[string]map[string]float64{
		"alertmanager_notifications_total": n.tried, "alertmanager_notifications_failed_total": n.failed,
	} {
		for _, m := range families[name].GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == "integration" {
					counts[l.GetValue()] += m.GetCounter().GetValue()
				}
			}
		}
	}
	return n, err
}

// told reports whether somebody has been told since. Alertmanager tries a failed
// notification again, so a failure ends the wait.
func (f *alertTestFlags) told(ctx context.Context, before notified) (bool, error) {
	now, err := f.notifications(ctx)
	if err != nil {
		return false, err
	}
	told := false
	for integration, n := range now.tried {
		if now.failed[integration] > before.failed[integration] {
			return false, alertFailed{fmt.Errorf("notification by %s has failed: Alertmanager's log says why", integration)}
		}
		told = told || n > before.tried[integration]
	}
	return told, nil
}

// alertFailed says that a notification has failed: there is no use in waiting.
type alertFailed struct{ error }

// read asks a station and reads what a success says.
func read(ctx context.Context, at string, with func(io.Reader) error) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at, http.NoBody)
	if err != nil {
		return wrongUsage{fmt.Errorf("%w; use a URL such as http://localhost:9093", err)}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // only read from
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", at, response.Status)
	}
	if err := with(response.Body); err != nil {
		return fmt.Errorf("read the answer of %s: %w", at, err)
	}
	return nil
}

func readJSON(ctx context.Context, at string, into any) error {
	return read(ctx, at, func(r io.Reader) error { return json.NewDecoder(r).Decode(into) })
}
