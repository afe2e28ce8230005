// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/notifier"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/util/strutil"
)

const (
	// alertQueue is more than all alerts of one evaluation: those of 10,000
	// organizations with all thresholds of four meters reached.
	alertQueue = 200_000
	// alertBatch is how many alerts one request has, of about 2 kB each.
	alertBatch = 1000
	// alertTimeout bounds one request.
	alertTimeout = 10 * time.Second

	// periodLabel is the label of an alert that names the period it is of.
	periodLabel = "period"
	// periodHold is how long an Alertmanager takes an alert of a period for
	// firing without hearing of it again. Such an alert comes once in its
	// period; were it taken for resolved because the collector was away, it
	// would come a second time. A weekend from Friday to Monday fits.
	periodHold = 72 * time.Hour
)

// notify tells Alertmanagers of alerts. Prometheus takes an alert for resolved
// four evaluations after it was last told of; see periodHold for where that is
// too soon.
func (r *Rules) notify(_ context.Context, expr string, alerts ...*rules.Alert) {
	told := make([]*notifier.Alert, 0, len(alerts))
	for _, a := range alerts {
		ends := a.ValidUntil
		switch {
		case !a.ResolvedAt.IsZero():
			ends = a.ResolvedAt
		case a.Labels.Has(periodLabel):
			ends = a.LastSentAt.Add(periodHold)
		}
		told = append(told, &notifier.Alert{
			Labels: a.Labels, Annotations: a.Annotations, StartsAt: a.FiredAt, EndsAt: ends,
			GeneratorURL: r.settings.ExternalURL + strutil.TableLinkForExpression(expr),
		})
	}
	if len(told) > 0 {
		r.notifier.Send(told...)
	}
}

// Notifications returns how many requests Alertmanagers have taken, and how
// many failed.
func (r *Rules) Notifications() (sent, failed uint64) {
	return r.notifier.sent.Load(), r.notifier.failed.Load()
}

// Alertmanagers are those that are told.
func (r *Rules) Alertmanagers() []*url.URL { return r.notifier.Alertmanagers() }

// DroppedAlertmanagers is for Prometheus' API: none is.
func (r *Rules) DroppedAlertmanagers() []*url.URL { return nil }

// alertSender is Prometheus' notifier with a fixed list of Alertmanagers.
type alertSender struct {
	*notifier.Manager
	running sync.WaitGroup
	urgent  context.CancelFunc // ends requests under way

	sent, failed atomic.Uint64 // requests
}

func newAlertSender(addresses []string, logger *slog.Logger) (*alertSender, error) {
	configs, targets, err := alertmanagers(addresses)
	if err != nil {
		return nil, err
	}
	base, urgent := context.WithCancel(context.Background())
	s := &alertSender{urgent: urgent}
	s.Manager = notifier.NewManager(&notifier.Options{
		QueueCapacity: alertQueue, MaxBatchSize: alertBatch, DrainOnShutdown: true, Do: s.request(base),
	}, model.UTF8Validation, logger)
	if err := s.ApplyConfig(&config.Config{AlertingConfig: config.AlertingConfig{AlertmanagerConfigs: configs}}); err != nil {
		urgent()
		return nil, fmt.Errorf("alertmanagers: %w", err)
	}
	updates := make(chan map[string][]*targetgroup.Group)
	s.running.Go(func() { s.Run(updates) })
	updates <- targets
	updates <- nil // is taken once the first is in force
	return s, nil
}

// request makes one request, which ends early where base does.
func (s *alertSender) request(base context.Context) func(context.Context, *http.Client, *http.Request) (*http.Response, error) {
	return func(ctx context.Context, client *http.Client, r *http.Request) (*http.Response, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel() // of the answer only the status is looked at
		defer context.AfterFunc(base, cancel)()
		r.Close = true                               // there is one a minute: nothing to keep a connection for
		answer, err := client.Do(r.WithContext(ctx)) //nolint:gosec // to the Alertmanagers that the operator named
		if err != nil || answer.StatusCode/100 != 2 {
			s.failed.Add(1)
		} else {
			s.sent.Add(1)
		}
		return answer, err
	}
}

// close sends what is queued, as long as ctx allows.
func (s *alertSender) close(ctx context.Context) {
	stop := context.AfterFunc(ctx, s.urgent)
	defer stop()
	s.Stop()
	s.running.Wait()
	s.urgent()
}

// alertmanagers returns one configuration and one target for each address.
func alertmanagers(addresses []string) (config.AlertmanagerConfigs, map[string][]*targetgroup.Group, error) {
	var configs config.AlertmanagerConfigs
	targets := map[string][]*targetgroup.Group{}
	for i, address := range addresses {
		at, err := alertmanagerURL(address)
		if err != nil {
			return nil, nil, err
		}
		c := config.DefaultAlertmanagerConfig
		c.Scheme, c.PathPrefix, c.Timeout = at.Scheme, at.Path, model.Duration(alertTimeout)
		configs = append(configs, &c)
		targets[fmt.Sprintf("config-%d", i)] = []*targetgroup.Group{{
			Targets: []model.LabelSet{{model.AddressLabel: model.LabelValue(at.Host)}},
		}}
	}
	return configs, targets, nil
}

// CheckAlertmanager judges the address of an Alertmanager.
func CheckAlertmanager(address string) error {
	_, err := alertmanagerURL(address)
	return err
}

func alertmanagerURL(address string) (*url.URL, error) {
	text := address
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	at, err := url.Parse(text)
	switch {
	case err != nil:
	case at.Port() == "" || at.Hostname() == "":
		err = errors.New("it has no host and port")
	case at.Scheme != "http" && at.Scheme != "https":
		err = fmt.Errorf("scheme %s is none of http, https", at.Scheme)
	case at.User != nil || at.RawQuery != "" || at.Fragment != "":
		err = errors.New("user, query and fragment have no place in it")
	}
	if err != nil {
		return nil, fmt.Errorf("%q is no address of an Alertmanager: %w: write host:port, or http(s)://host:port/prefix", address, err)
	}
	return at, nil
}
