// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package damage

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/intake"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

var noon = time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)

// later is when a damaged directory is opened, a minute after all that happened.
var later = noon.Add(2 * time.Hour)

const organizations = 3

func organization(n int) string { return fmt.Sprint("organization-", n) }

// open opens the ledger of a directory.
func open(dir string, now time.Time) (*ledger.Ledger, error) {
	day, err := usage.ParseWindow("day")
	if err != nil {
		return nil, err
	}
	month, err := usage.ParseWindow("month")
	if err != nil {
		return nil, err
	}
	windows := []usage.Window{day, month}
	return ledger.Open(ledger.Settings{
		Directory: dir, FS: vfs.Default,
		Extraction: usage.Extraction{Meters: []usage.Meter{
			{
				Name: "learners", Type: usage.ActiveUsers, Windows: windows, Classes: []string{""},
				Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"course.accessed"}, Billable: true}}}},
			},
			{
				Name: "minutes", Type: usage.Consumption, Windows: windows, Classes: []string{""}, Unit: "min",
				Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"transcription.finished"}}}}},
			},
		}},
		Past: 35 * 24 * time.Hour, Future: 5 * time.Minute, Grace: 24 * time.Hour, Silence: time.Hour,
		Limits: intake.Limits{Organizations: 100, UnknownOrganizations: 100, UsersPerOrganization: 1_000_000, ValuesPerDimension: 10},
	}, now)
}

// request is the n-th request: users and minutes of each organization.
func request(n int, at time.Time) *usage.Batch {
	var b usage.Batch
	add := func(it usage.Item, e usage.Effect) {
		it.FirstEffect, it.NumEffects, it.Time = int32(len(b.Effects)), 1, at.UnixNano()
		b.Effects, b.Items = append(b.Effects, e), append(b.Items, it)
	}
	for o := range organizations {
		for i := range 20 {
			id := fmt.Sprintf("%d/%d", n, i)
			add(usage.Item{Organization: organization(o), User: "user " + id, Action: "course.accessed", UID: "visit " + id}, usage.Effect{Kind: usage.Active, Meter: 0})
			add(usage.Item{Organization: organization(o), Action: "transcription.finished", UID: id}, usage.Effect{Kind: usage.Consume, Meter: 1, Value: int64(n+i+1) * usage.Micro})
		}
	}
	return &b
}

// starts is how often the template was opened, requests how many it took each time.
const starts, requests = 5, 12

// makeTemplates makes a ledger as a kill leaves it, and as a stop does.
func makeTemplates(in string) (killed, stopped string, err error) {
	dir := filepath.Join(in, "made", "ledger")
	killed, stopped = filepath.Join(in, "killed"), filepath.Join(in, "stopped")
	n := 0
	for start := range starts {
		now := noon.Add(time.Duration(start-starts+1) * 24 * time.Hour)
		l, err := open(dir, now)
		if err != nil {
			return "", "", err
		}
		for range requests {
			if err := l.Record(context.Background(), now, request(n, now)); err != nil {
				return "", "", errors.Join(err, l.Close(context.Background()))
			}
			n++
		}
		if start == starts-1 {
			err = copyTree(filepath.Dir(dir), killed)
		}
		if err = errors.Join(err, l.Close(context.Background())); err != nil {
			return "", "", err
		}
	}
	return killed, stopped, copyTree(filepath.Dir(dir), stopped)
}

// copyTree copies a directory of files. The reserve, which is zeros, is as long and
// has no blocks.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		if d.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		if d.Name() == "reserve" {
			info, err := d.Info()
			if err != nil {
				return err
			}
			return errors.Join(os.WriteFile(target, nil, 0o600), os.Truncate(target, info.Size()))
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, text, 0o600)
	})
}

// read is what a ledger says: figures, users and statements, as one digest.
func read(l *ledger.Ledger, at time.Time) (string, error) {
	ctx := context.Background()
	c, err := l.Collect(ctx, at)
	if err != nil {
		return "", err
	}
	var lines []string
	for _, o := range c.Organizations {
		for _, f := range o.Figures {
			lines = append(lines, fmt.Sprint(o.Organization, f.Series.Name, f.Series.Labels, f.Value))
		}
		for _, meter := range []string{"learners", "minutes"} {
			statements, err := l.Statements(ctx, ledger.StatementQuery{Organization: o.Organization, Meter: meter})
			if err != nil {
				return "", err
			}
			for _, s := range statements {
				lines = append(lines, fmt.Sprintf("%s %s %s %s %+v", o.Organization, meter, s.Window, s.Start, s.Versions))
			}
		}
		err := l.Users(ctx, inquiry.UsersQuery{Organization: o.Organization, Meter: "learners", Window: "month"}, func(u *inquiry.User) error {
			lines = append(lines, fmt.Sprint(o.Organization, u.ID, u.First))
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	slices.Sort(lines)
	sum := sha256.New()
	for _, line := range lines {
		_, _ = fmt.Fprintln(sum, line) // a hash takes all
	}
	return fmt.Sprintf("%d lines %x", len(lines), sum.Sum(nil)[:8]), nil
}

// live opens a directory, reads it, counts on, closes it, opens it again and reads.
func live(dir string) (said string, err error) {
	for i := range 2 {
		now := later.Add(time.Duration(i) * time.Hour)
		l, err := open(dir, now)
		if err != nil {
			return "", err
		}
		of, err := read(l, now.Add(time.Minute))
		if err == nil && i == 0 {
			err = l.Record(context.Background(), now.Add(2*time.Minute), request(starts*requests-1, noon)) // sent again: counts nothing new
		}
		if err == nil && i == 0 {
			err = l.Record(context.Background(), now.Add(2*time.Minute), request(starts*requests, noon))
		}
		if err = errors.Join(err, l.Close(context.Background())); err != nil {
			return "", err
		}
		said += of + "; "
	}
	return said, nil
}
