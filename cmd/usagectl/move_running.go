// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelcol-usage/otelcol-usage/internal/moving"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/shard"
	"github.com/otelcol-usage/otelcol-usage/internal/site"
)

// runningMove leads the move of an organization between two shards that run. All that
// is known of it is what they say, so that it may be begun again at any point.
type runningMove struct {
	organization string
	from, to     apiClient
	headers      []string
	mapFile      string
	wait         time.Duration
	undo         bool
	line         *statusLine

	a, b moving.State // of the source and of the target
}

func isAddress(s string) bool { return strings.Contains(s, "://") }

func (m *runningMove) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&m.mapFile, "map", "", "file of the shards' map, to be pinned in; gateways and shards read this file (with addresses)")
	cmd.Flags().DurationVar(&m.wait, "wait", 10*time.Minute, "how long to wait for the map and for a shard that is away (with addresses)")
	cmd.Flags().StringArrayVar(&m.headers, "header", nil, `header to send to both shards, as "Authorization: Bearer ..."; may be repeated`)
}

func (m *runningMove) run(ctx context.Context, out io.Writer) error {
	// A copy takes as long as it takes: the shards end it when they part.
	m.from.headers, m.to.headers, m.from.within, m.to.within = m.headers, m.headers, 24*time.Hour, 24*time.Hour
	m.from.flag, m.to.flag = "--from", "--to"
	if m.undo {
		return m.takeBack(ctx, out)
	}
	if err := m.look(ctx); err != nil {
		return fmt.Errorf("move %q: %w", m.organization, err)
	}
	a, b := &m.a, &m.b
	switch {
	case b.Here && a.Here:
		return fmt.Errorf("move %q: shards %q and %q have it both: decide which one stays, and `usagectl erase` it from the other", m.organization, a.Shard, b.Shard)
	case b.Here:
		_, err := fmt.Fprintf(out, "%s is on shard %s already\n", a.Organization, b.Shard)
		return err
	case a.State == string(part.Gone) && (a.Other != b.Shard || b.Token != a.Token):
		return fmt.Errorf("move %q: shard %q has let it go, to shard %q: name that one with --to", m.organization, a.Shard, a.Other)
	case a.State != string(part.Gone) && !a.Here:
		return fmt.Errorf("move %q: shard %q has no such organization; ids are spelled as on its pages", m.organization, a.Shard)
	}
	if err := m.goOn(ctx, out); err != nil {
		return fmt.Errorf("move %q: %w\nNothing of it is lost, and it is not counted until this has ended: run the same command again, which goes on, or add --undo, as long as shard %q has it", m.organization, err, a.Shard)
	}
	return nil
}

// look asks both shards what they say.
func (m *runningMove) look(ctx context.Context) error {
	if err := errors.Join(m.ask(ctx, &m.from, &m.a), m.ask(ctx, &m.to, &m.b)); err != nil {
		return err
	}
	if m.a.Shard == m.b.Shard {
		return fmt.Errorf("--from %s and --to %s are both shard %q", m.from.address, m.to.address, m.a.Shard)
	}
	if m.a.Here || m.a.State != "" {
		m.organization = m.a.Organization // as it is counted
	}
	return nil
}

func (m *runningMove) ask(ctx context.Context, of *apiClient, into *moving.State) error {
	*into = moving.State{}
	return of.get(ctx, "transfers/"+site.Segment(m.organization), nil, into)
}

// step has a shard make one, and says what goes on meanwhile.
func (m *runningMove) step(ctx context.Context, of *apiClient, doing string, r *moving.Request, into any) error {
	begun, ended := time.Now(), make(chan error, 1)
	go func() {
		ended <- of.callWith(ctx, http.MethodPost, "transfers/"+site.Segment(m.organization), r, into)
	}()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for m.line.set(doing); ; {
		select {
		case err := <-ended:
			return err
		case <-ticker.C:
			m.line.set(fmt.Sprintf("%s (%s)", doing, time.Since(begun).Round(time.Second)))
		}
	}
}

// goOn goes on from where both shards are.
func (m *runningMove) goOn(ctx context.Context, out io.Writer) error {
	a, b, begun := &m.a, &m.b, time.Now()
	var c moving.Copy
	if a.State != string(part.Gone) {
		if !a.Copied || !b.Copied || a.Token != b.Token {
			if err := m.step(ctx, &m.to, fmt.Sprintf("shard %s holds it, and shard %s copies it", a.Shard, b.Shard), &moving.Request{Step: moving.CopyIn, Shard: a.Shard}, &c); err != nil {
				return err
			}
		}
		if err := m.pinned(ctx, b.Shard); err != nil {
			return err
		}
		if err := m.step(ctx, &m.from, fmt.Sprintf("shard %s lets it go", a.Shard), &moving.Request{Step: moving.LetGo, Shard: b.Shard, Token: b.Token}, a); err != nil {
			return err
		}
	}
	if err := m.pinned(ctx, b.Shard); err != nil {
		return err
	}
	if err := m.step(ctx, &m.to, fmt.Sprintf("shard %s takes it in", b.Shard), &moving.Request{Step: moving.TakeIn, Token: a.Token}, b); err != nil {
		return err
	}
	if c.Token == "" {
		_, err := fmt.Fprintf(out, "%s is on shard %s: an earlier run had copied it\n", m.organization, b.Shard)
		return err
	}
	_, err := fmt.Fprintf(out, "%s is on shard %s: %d rows, %d bytes, %d figures equal; it was not counted for %s\n",
		m.organization, b.Shard, c.Rows, c.Bytes, c.Figures, time.Since(begun).Round(10*time.Millisecond))
	return err
}

// lookEvery is how often shards are asked for the map that they have: they read it
// every two seconds.
const lookEvery = 200 * time.Millisecond

// pinned waits until the map of both shards gives the organization to one of them.
func (m *runningMove) pinned(ctx context.Context, to string) error {
	late := time.NewTimer(m.wait)
	defer late.Stop()
	for asked := false; ; {
		err := m.look(ctx)
		var missing []string
		for _, s := range []*moving.State{&m.a, &m.b} {
			if s.Map != "" && s.Owner != to {
				missing = append(missing, fmt.Sprintf("shard %s has map %s, which gives it to %s", s.Shard, s.Map, s.Owner))
			}
		}
		if err == nil && len(missing) == 0 {
			return nil
		}
		if !asked && err == nil {
			if err := m.pin(to); err != nil {
				return err
			}
			asked = true
		}
		if err != nil {
			m.line.set("waits: " + err.Error())
		} else {
			m.line.set("waits for the map: " + strings.Join(missing, ", "))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-late.C:
			if err != nil {
				return err
			}
			return fmt.Errorf("the map does not pin it to shard %q after %s: %s", to, m.wait, strings.Join(missing, ", "))
		case <-time.After(lookEvery):
		}
	}
}

// pin pins the organization in the map's file, or says who is to.
func (m *runningMove) pin(to string) error {
	if m.mapFile == "" {
		m.line.say(fmt.Sprintf("Now pin it in the map that gateways and shards read, with the next version: pins: {%q: %s}", m.organization, to))
		return nil
	}
	text, err := os.ReadFile(m.mapFile)
	if err != nil {
		return fmt.Errorf("--map: %w", err)
	}
	pinned, err := shard.Pin(filepath.Base(m.mapFile), text, m.organization, to)
	if err != nil {
		return fmt.Errorf("--map: %w", err)
	}
	is, err := os.Stat(m.mapFile)
	if err != nil {
		return fmt.Errorf("--map: %w", err)
	}
	next := m.mapFile + ".next"
	if err := os.WriteFile(next, pinned, is.Mode().Perm()); err != nil { //nolint:gosec // whoever runs it says which file
		return fmt.Errorf("--map: %w", err)
	}
	if err := os.Rename(next, m.mapFile); err != nil {
		return fmt.Errorf("--map: %w", err)
	}
	return nil
}

// takeBack has the source count again.
func (m *runningMove) takeBack(ctx context.Context, out io.Writer) error {
	if err := m.ask(ctx, &m.from, &m.a); err != nil {
		return fmt.Errorf("undo the move of %q: %w", m.organization, err)
	}
	m.organization = m.a.Organization
	away := m.ask(ctx, &m.to, &m.b)
	switch {
	case m.a.State == string(part.Gone):
		return fmt.Errorf("undo the move of %q: shard %q has let it go already; run the same without --undo, which ends the move, and move it back", m.organization, m.a.Shard)
	case m.a.State == "" && m.b.State != string(part.Coming):
		return fmt.Errorf("undo the move of %q: no move is under way", m.organization)
	}
	if away == nil {
		if err := m.pinned(ctx, m.a.Shard); err != nil {
			return fmt.Errorf("undo the move of %q: %w", m.organization, err)
		}
		if err := m.step(ctx, &m.to, fmt.Sprintf("shard %s discards its copy", m.b.Shard), &moving.Request{Step: moving.Discard}, &m.b); err != nil {
			return fmt.Errorf("undo the move of %q: %w", m.organization, err)
		}
	}
	if err := m.step(ctx, &m.from, fmt.Sprintf("shard %s counts it again", m.a.Shard), &moving.Request{Step: moving.Release}, &m.a); err != nil {
		return fmt.Errorf("undo the move of %q: %w", m.organization, err)
	}
	if away != nil {
		m.line.say(fmt.Sprintf("%s: it keeps its copy, which the next move replaces", away))
	}
	_, err := fmt.Fprintf(out, "%s is counted on shard %s again\n", m.organization, m.a.Shard)
	return err
}
