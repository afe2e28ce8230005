// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/deliver"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/schedule"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// disk is a ledger's memory, which outlives the dispatchers that use it.
type disk struct {
	mu   sync.Mutex
	rows map[string][]byte
	full error // of every write
}

func (d *disk) Recall(context.Context, string) (map[string][]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.rows), nil
}

func (d *disk) Remember(_ context.Context, _ string, rows map[string][]byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full != nil {
		return d.full
	}
	if d.rows == nil {
		d.rows = map[string][]byte{}
	}
	for key, row := range rows {
		if row == nil {
			delete(d.rows, key)
		} else {
			d.rows[key] = bytes.Clone(row)
		}
	}
	return nil
}

// maker makes reports that say when they were made.
type maker struct {
	fails  error
	panics bool
	made   []Order
	billed []Order
	// unbilled is the error of what is told to the ledger.
	unbilled error
}

func (m *maker) Formats(report.Kind) []string { return []string{"csv", "pdf"} }

func (m *maker) Make(_ context.Context, o Order) (*report.Report, []deliver.File, error) {
	if m.panics {
		panic("canary")
	}
	if m.fails != nil {
		return nil, nil, m.fails
	}
	m.made = append(m.made, o)
	r := &report.Report{
		Kind: o.Report, Title: o.Report.Title(), Subject: "Acme GmbH", Organization: o.Organization, Made: o.At,
		Period: report.Period{Name: o.Period.Name, Title: "Period " + o.Period.Name, Window: o.Period.Window, Start: o.Period.Start, End: o.Period.End, Zone: "Europe/Berlin"},
		Notes:  []string{"A note."},
		Sections: []report.Section{{
			Name: "totals", Title: "Totals", Columns: []report.Column{{Name: "meter", Title: "Meter"}, {Name: "used", Title: "Used", Type: report.Amount, Unit: "min"}},
			Rows: report.Listed([][]report.Cell{{{Text: "Transcription"}, {Text: "1234.5"}}}),
		}},
	}
	var files []deliver.File
	for _, format := range o.Formats {
		files = append(files, deliver.File{Name: "report." + format, Type: "text/plain", Data: []byte(o.At.Format(time.RFC3339))})
	}
	return r, files, nil
}

func (m *maker) Delivered(_ context.Context, o Order) error {
	m.billed = append(m.billed, o)
	return m.unbilled
}

// postman notes what is sent.
type postman struct {
	sent  []letterSent
	fails func(to string) error
	// after is called when a message has arrived.
	after func()
}

type letterSent struct {
	to string
	*deliver.Message
}

func (p *postman) Takes(to string) error {
	if schedule.ChannelOf(to) == schedule.ByWebhook {
		return errors.New("set reports::webhook::secret")
	}
	return nil
}

func (p *postman) Deliver(_ context.Context, to string, m *deliver.Message) error {
	if p.fails != nil {
		if err := p.fails(to); err != nil {
			return err
		}
	}
	p.sent = append(p.sent, letterSent{to, m})
	if p.after != nil {
		p.after()
	}
	return nil
}

func (p *postman) list() (all []string) {
	for _, s := range p.sent {
		all = append(all, s.to+" "+s.Subject)
	}
	return all
}

// office is a dispatcher and its neighbours.
type office struct {
	*Dispatcher
	disk    *disk
	maker   *maker
	postman *postman
	since   time.Time // when the ledger began
}

func open(t *testing.T, on *disk) *office {
	t.Helper()
	o := &office{disk: on, maker: &maker{}, postman: &postman{}}
	o.open(t, o.postman)
	return o
}

func (o *office) open(t *testing.T, by Deliverer) {
	t.Helper()
	var err error
	o.Dispatcher, err = Open(t.Context(), Settings{Memory: o.disk, Reports: o.maker, Deliverer: by, Logger: zap.NewNop(), Periods: func(s schedule.Scope) (schedule.Periods, error) {
		berlin, err := time.LoadLocation("Europe/Berlin")
		if err != nil || s.Organization == "nobody" {
			return schedule.Periods{}, fmt.Errorf("organization: %q: not in the catalogue", s.Organization)
		}
		return schedule.Periods{Calendars: []*calendar.Calendar{calendar.New(berlin, 1)}, Grace: 72 * time.Hour, Since: o.since}, nil
	}})
	require.NoError(t, err)
}

// restart is what a crash leaves: the disk.
func (o *office) restart(t *testing.T) {
	t.Helper()
	o.open(t, o.postman)
}

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func monthly(change ...func(*schedule.Schedule)) schedule.Schedule {
	s := schedule.Schedule{
		Name: "Monthly: Acme", Report: report.Billing, Scope: schedule.Scope{Organization: "acme"}, Formats: []string{"csv"},
		Recipients: []string{"jane@example.com"}, Cadence: "monthly", Enabled: true,
	}
	for _, c := range change {
		c(&s)
	}
	return s
}

func (o *office) create(t *testing.T, s schedule.Schedule) string {
	t.Helper()
	status, err := o.Create(t.Context(), s, "ada", noon)
	require.NoError(t, err)
	return status.ID
}

// pass lets time go by, as Run does.
func (o *office) pass(t *testing.T, from, to time.Time) {
	t.Helper()
	for now := from; !now.After(to); {
		next := o.step(t.Context(), now)
		require.True(t, next.After(now), "it would turn in circles")
		now = next
	}
}

func (o *office) history(t *testing.T, id string) []Delivery {
	t.Helper()
	list, err := o.Deliveries(id)
	require.NoError(t, err)
	slices.Reverse(list) // oldest first
	return list
}
