// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/promstore"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// thousand is how many organizations a page of all of them has to bear.
const thousand = 1000

// customer is one of them, with figures by how far back the store has them:
// quarter every day, day every 15 minutes, minutes every minute.
type customer struct {
	id                    string
	quarter, day, minutes []usage.Figure
}

// figure has labels as key=value.
func figure(value float64, name string, labels ...string) usage.Figure {
	s := &usage.Series{Name: name, Counter: strings.HasSuffix(name, "_total")}
	for _, label := range labels {
		key, text, _ := strings.Cut(label, "=")
		s.Labels = append(s.Labels, usage.Label{Name: key, Value: text})
	}
	return usage.Figure{Series: s, Value: value}
}

func newCustomer(i int, at time.Time) *customer {
	c := &customer{id: fmt.Sprintf("org-%04d", i)}
	size := float64(i%97 + 1)
	info := figure(1, "usage_organization_info", fmt.Sprintf("name=Customer %d", i), fmt.Sprintf("reseller=r%d", i%10), "timezone=UTC")
	silent := 0.
	if i%20 == 0 {
		silent = 1
	}
	c.day = []usage.Figure{
		info, figure(silent, "usage_stream_silent"),
		figure(size*100, "usage_items_total", "outcome=counted", "signal=logs"),
		figure(size, "usage_items_total", "outcome=late", "signal=logs"),
	}
	c.quarter = []usage.Figure{info}
	c.minutes = []usage.Figure{
		figure(unixSeconds(at), "usage_last_event_timestamp_seconds"),
		figure(1, "usage_organization_notify", "channel=email", fmt.Sprintf("receiver=ops@org-%04d.example", i)),
		figure(1, "usage_organization_notify_channels", "notify=email"),
		figure(4, "usage_sampled"),
		figure(size, "usage_meter_rejected_total", "meter=documents", "reason=no_value"),
		figure(size*3, "usage_registered_users", "status=active"),
	}
	for window, title := range map[string]string{"day": "Day", "month": "Month"} {
		c.day = append(c.day, figure(1, "usage_window_info", "title="+title, "window="+window))
	}
	for meter, title := range map[string]string{"transcription_minutes": "Transcription minutes", "documents": "Documents"} {
		c.day = append(c.day, figure(1, "usage_meter_info", "meter="+meter, "title="+title, "type=consumption", "unit=1"))
		for _, period := range []string{"current", "previous"} {
			c.quarter = append(c.quarter, figure(size, "usage_consumption", "meter="+meter, "period="+period, "unit=1", "window=day"))
			c.quarter = append(c.quarter, figure(size*20, "usage_consumption", "meter="+meter, "period="+period, "unit=1", "window=month"))
		}
		c.quarter = append(c.quarter, figure(size*19, "usage_at_same_share", "meter="+meter, "period=previous", "window=month"))
		c.minutes = append(c.minutes,
			figure(size*18, "usage_at_same_share", "meter="+meter, "period=year_ago", "window=month"),
			figure(size*30, "usage_projected", "meter="+meter, "window=month"),
			figure(0, "usage_incomplete", "meter="+meter))
		for day := range 28 {
			c.minutes = append(c.minutes, figure(size, "usage_consumption_by_day", fmt.Sprintf("day=11-%02d", day+1), "meter="+meter))
		}
		for month := range 12 {
			c.minutes = append(c.minutes, figure(size, "usage_past_period_used", "meter="+meter, fmt.Sprintf("start=2025-%02d-01", month+1), "window=month"))
		}
		for _, by := range []string{"language=de", "language=en", "user=anna", "user=bert", "user=carl"} {
			dimension, value, _ := strings.Cut(by, "=")
			c.minutes = append(c.minutes, figure(size, "usage_consumption_breakdown",
				"dimension="+dimension, "dimension_value="+value, "meter="+meter, "period=current", "window=month"))
		}
		of := []string{"meter=" + meter, "window=month"}
		c.minutes = append(c.minutes,
			figure(size/50, "usage_quota_ratio", of...), figure(size*20, "usage_quota_used", of...), figure(1000, "usage_quota_limit", of...),
			figure(float64(i%4), "usage_quota_status", of...), figure(10, "usage_quota_remaining", of...), figure(0, "usage_quota_overage", of...),
			figure(86400*3, "usage_quota_time_remaining_seconds", of...))
		if i%5 == 0 {
			c.minutes = append(c.minutes, figure(unixSeconds(at)+86400, "usage_quota_exhaustion_timestamp_seconds", of...))
		}
		for _, threshold := range []string{"0.5", "0.75", "0.9", "1"} {
			c.minutes = append(c.minutes, figure(float64(i%2), "usage_quota_threshold_reached", append(of, "threshold="+threshold)...))
		}
	}
	c.day = append(c.day, figure(1, "usage_meter_info", "meter=product_users", "title=Product users", "type=active_users"))
	for _, window := range []string{"day", "week", "month", "7d", "30d"} {
		for _, class := range []string{"anonymous", "email", "onboarded"} {
			c.minutes = append(c.minutes, figure(size, "usage_active_users", "billable=true", "class="+class, "meter=product_users", "period=current", "window="+window))
		}
		c.minutes = append(c.minutes, figure(size, "usage_hour_users_peak", "meter=operators", "period=current", "window="+window))
	}
	if i%10 == 0 { // ALERTS of Prometheus are written likewise
		alert := []string{"alertname=UsageQuotaThresholdReached", "meter=documents", "notify=email", "severity=warning", "threshold=0.9", "window=month"}
		c.day = append(c.day, figure(1, "ALERTS", append([]string{"alertstate=firing"}, alert...)...), figure(unixSeconds(at), "ALERTS_FOR_STATE", alert...))
	}
	return c
}

func unixSeconds(t time.Time) float64 { return float64(t.Unix()) }

// fill writes a thousand customers into a store.
func fill(t *testing.T, store *promstore.Store, at time.Time) {
	t.Helper()
	customers := make([]*customer, thousand)
	for i := range customers {
		customers[i] = newCustomer(i, at)
	}
	write := func(back time.Duration, figures func(*customer) []usage.Figure) {
		collection := usage.Collection{At: at.Add(-back)}
		for _, c := range customers {
			collection.Organizations = append(collection.Organizations, usage.OrganizationFigures{Organization: c.id, Figures: figures(c)})
		}
		require.NoError(t, store.Write(collection))
	}
	for back := 90 * 24 * time.Hour; back > 24*time.Hour; back -= 24 * time.Hour {
		write(back, func(c *customer) []usage.Figure { return c.quarter })
	}
	for back := 24 * time.Hour; back >= 15*time.Minute; back -= 15 * time.Minute {
		write(back, func(c *customer) []usage.Figure { return c.day })
	}
	for _, c := range customers {
		c.minutes = slices.Concat(c.minutes, c.day, c.quarter[1:])
	}
	for back := 4 * time.Minute; back >= 0; back -= time.Minute {
		write(back, func(c *customer) []usage.Figure { return c.minutes })
	}
}

// TestAThousandOrganizationsAreShownWithinASecond: the pages of all of them,
// and the lists of them on the others.
func TestAThousandOrganizationsAreShownWithinASecond(t *testing.T) {
	at := time.Now().Truncate(15 * time.Minute)
	store := openStore(t, t.TempDir())
	fill(t, store, at)
	address := serve(t, store)
	slowest := map[string]time.Duration{}
	for uid, page := range load(t) {
		t.Run(uid, func(t *testing.T) {
			r := &run{demo: &demo{at: at}, dashboard: page, address: address, cpu: true, t: t}
			if !page.variable("organization").Multi {
				require.Len(t, r.options(page.variable("organization"), map[string]string{"reseller": ".*"}), thousand)
				slowest[uid+" / $organization"] = r.slowest
				return
			}
			chosen := r.choose(nil)
			for _, p := range r.queried() {
				for _, q := range p.Targets {
					name := fmt.Sprintf("%s / %s (%s)", uid, p.Title, q.RefID)
					begin := r.clock()
					r.ask(name, p, q, chosen)
					slowest[name] = r.clock() - begin
				}
			}
		})
	}
	names := slices.SortedFunc(maps.Keys(slowest), func(a, b string) int { return int(slowest[b] - slowest[a]) })
	for _, name := range names[:10] {
		t.Logf("%s: %s", slowest[name].Round(time.Millisecond), name)
	}
}
