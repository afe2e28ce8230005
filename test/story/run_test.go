// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"gopkg.in/yaml.v3"

	"github.com/otelcol-usage/otelcol-usage/internal/billing"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/intake"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// run is a story that is being told.
type run struct {
	fs        *vfs.MemFS
	section   map[string]any // the configuration for the next start
	catalogue *catalogue.Catalogue
	ledger    *ledger.Ledger
	extractor *extract.Extractor
	clock     time.Time
	figures   []figure // of the last collection
	sent      int
	taken     map[string]string
	delivered map[string]map[billing.Month]time.Time // billing reports, by organization
	log       bytes.Buffer

	expectations int // met so far
	lie          int // the expectation that is falsified; 0: none
}

// tell runs a story and returns how many expectations it has. With a lie > 0,
// that expectation is changed, and an error is what should come of it.
func (s *story) tell(lie int) (expectations int, err error) {
	r := &run{fs: vfs.NewCrashableMem(), taken: map[string]string{}, lie: lie}
	defer func() { err = errors.Join(err, r.close()) }()
	for i := range s.steps {
		if err := r.step(&s.steps[i]); err != nil {
			return 0, err
		}
	}
	return r.expectations, nil
}

// falsified reports whether the expectation that is met now is the lie.
func (r *run) falsified() bool {
	r.expectations++
	return r.expectations == r.lie
}

func (r *run) step(s *step) (err error) {
	switch s.verb {
	case "config":
		r.section = nil
		err = yaml.Unmarshal(s.text(), &r.section)
	case "catalogue":
		err = r.follow(s.text())
	case "open", "restart", "crash", "refused":
		err = r.start(s)
	case "at":
		return r.arrive(s)
	case "collect":
		return r.collect(s)
	case "rejected":
		err = r.rejected(s)
	case "bill":
		err = r.bill(s)
	case "outcomes":
		err = r.outcomes(s.args)
	case "statement":
		err = r.statement(s)
	case "hidden":
		err = r.hidden(s.args[0])
	default:
		err = errors.New("is no step")
	}
	if err != nil {
		return fmt.Errorf("line %d: %s %s: %w", s.line, s.verb, strings.Join(s.args, " "), err)
	}
	return nil
}

// follow reads a catalogue: that of the start, or a reload.
func (r *run) follow(list []byte) error {
	c, err := catalogue.Parse(append([]byte("organizations:\n"), list...))
	if err != nil {
		return err
	}
	r.catalogue = c
	if r.ledger == nil {
		return nil
	}
	return r.ledger.SetCatalogue(context.Background(), c, r.clock)
}

// start opens the ledger, after it was closed or lost power.
func (r *run) start(s *step) error {
	up, err := parseTime(s.args[0], r.clock)
	if err != nil {
		return err
	}
	r.clock = up
	if s.verb == "crash" {
		r.fs = r.fs.CrashClone(vfs.CrashCloneCfg{})
	}
	if err := r.close(); err != nil {
		return err
	}
	err = r.open()
	if s.verb != "refused" {
		return err
	}
	if err == nil {
		return errors.New("it was taken")
	}
	for _, line := range s.body {
		if text := strings.TrimSpace(line); !strings.Contains(err.Error(), text) {
			return fmt.Errorf("the error does not say %q: %w", text, err)
		}
	}
	return nil
}

func (r *run) open() error {
	d, err := definition.FromMap(r.section)
	if err != nil {
		return err
	}
	x, err := d.Extraction()
	if err != nil {
		return err
	}
	log := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(&r.log), zap.DebugLevel))
	l, err := ledger.Open(ledger.Settings{
		Directory: "ledger", FS: r.fs, Extraction: x, Logger: log, Catalogue: r.catalogue,
		Past: d.Horizon.Past.Std(), Future: d.Horizon.Future.Std(), Grace: d.Grace.Std(), Silence: d.Silence.Std(),
		Limits:        intake.Limits(d.Limits),
		RejectUnknown: d.Identity.UnknownOrganizations == definition.Reject,
	}, r.clock)
	if err != nil {
		return err
	}
	r.ledger = l
	r.extractor, err = extract.New(l.Extraction())
	return err
}

func (r *run) close() error {
	if r.ledger == nil {
		return nil
	}
	l := r.ledger
	r.ledger = nil
	return l.Close(context.Background())
}

// moveTo sets the clock; the first step that needs a ledger opens it.
func (r *run) moveTo(text string) error {
	t, err := parseTime(text, r.clock)
	if err != nil {
		return err
	}
	r.clock = t
	if r.ledger == nil {
		return r.open()
	}
	return nil
}

// arrive sends the items of a step as one request; `at TIME as ORGANIZATION`
// sends them with that organization's credentials.
func (r *run) arrive(s *step) error {
	if err := r.moveTo(s.args[0]); err != nil {
		return fmt.Errorf("line %d: %w", s.line, err)
	}
	bound := ""
	if len(s.args) > 2 {
		bound = s.args[2]
	}
	q := newRequest()
	for i, line := range s.body {
		if err := q.addLine(line, r.clock); err != nil {
			return fmt.Errorf("line %d: %w", s.at[i], err)
		}
	}
	var batch usage.Batch
	r.extractor.Logs(q.logs, bound, &batch)
	r.extractor.Traces(q.traces, bound, &batch)
	r.extractor.Metrics(q.metrics, bound, &batch)
	if len(batch.Items) != q.items {
		return fmt.Errorf("line %d: %d items were sent, %d arrived", s.line, q.items, len(batch.Items))
	}
	r.sent += q.items
	return r.ledger.Record(context.Background(), r.clock, &batch)
}

func (r *run) collect(s *step) error {
	if err := r.moveTo(s.args[0]); err != nil {
		return fmt.Errorf("line %d: %w", s.line, err)
	}
	c, err := r.ledger.Collect(context.Background(), r.clock)
	if err != nil {
		return err
	}
	if r.figures = figuresOf(c); !c.At.Equal(r.clock) {
		return fmt.Errorf("line %d: collect at whole minutes", s.line)
	}
	for i, line := range s.body {
		if err := r.expect(line); err != nil {
			return fmt.Errorf("line %d: %s: %w", s.at[i], strings.TrimSpace(line), err)
		}
	}
	return r.conserved()
}
