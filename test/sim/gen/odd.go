// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package gen

import (
	"maps"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/otelcol-usage/otelcol-usage/test/sim/model"
)

// Telemetry as it really comes: ids written in several ways, ids that are
// nobody, times in another unit, and items that differ in one thing only.

// spell writes the ids of an item in one of the ways that mean the same.
func (g *generator) spell(e model.Event) model.Event {
	e.Types = maps.Clone(e.Types)
	if e.Types == nil {
		e.Types = map[string]string{}
	}
	spell := func(name, id string) string {
		spelled, otlpType := g.spelling(id)
		if otlpType != "" {
			e.Types[name] = otlpType
		}
		return spelled
	}
	if e.Types["user.id"] == "" {
		e.User = spell("user.id", e.User)
	}
	for _, number := range [][2]string{{"log.record.uid", e.UID}, {"transcription.language", e.Attributes["transcription.language"]}} {
		if name, value := number[0], number[1]; value != "" && isNumber(value) && g.chance(0.6) {
			e.Types[name] = pick(g, []string{"int", "double"})
		}
	}
	if g.chance(0.1) {
		e.Organization = spell("organization.id", e.Organization)
	}
	for _, name := range []string{"user.previous_id", "social.network"} {
		if value := e.Attributes[name]; value != "" {
			e.Attributes = maps.Clone(e.Attributes)
			e.Attributes[name] = spell(name, value)
		}
	}
	return e
}

// spelling returns an id as somebody may send it, with its type where that is
// no string.
func (g *generator) spelling(id string) (spelled, otlpType string) {
	switch {
	case id == "" || g.chance(0.8):
		return id, ""
	case isNumber(id):
		return id, pick(g, []string{"int", "double"})
	case norm.NFD.String(id) != id && g.chance(0.5):
		return norm.NFD.String(id), ""
	}
	return pick(g, []string{" ", "", "\u200b", "\u00a0\ufeff", "\t"}) + id + pick(g, []string{" ", "\u200b", " \u2060", "\u3000", "\n"}), ""
}

func isNumber(id string) bool { return strings.Trim(id, "0123456789") == "" }

// nobody takes the user from an item, or puts in their place what is none.
func (g *generator) nobody(e model.Event) model.Event {
	e.User = pick(g, []string{"", "undefined", "null", "None", " ", "0", "[object Object]", "Anonymous", "00000000-0000-0000-0000-000000000000", "1.5", "a,b"})
	switch e.User {
	case "0", "1.5":
		e.Types = map[string]string{"user.id": "double"}
	case "a,b":
		e.Types = map[string]string{"user.id": "array"}
	}
	return e
}

// misread returns a time as nanoseconds that was written in another unit.
func (g *generator) misread(t time.Time) time.Time {
	return time.Unix(0, pick(g, []int64{t.Unix(), t.UnixMilli(), t.UnixMicro()})).UTC()
}

// twin returns an item that differs from another of the same instant in one
// thing.
func (g *generator) twin(e model.Event) model.Event {
	switch e.Signal {
	case "metrics":
		if g.chance(0.5) {
			e.Start = e.Time.Add(-time.Minute - g.upTo(time.Minute))
			return e
		}
	case "logs":
		switch g.rng.IntN(3) {
		case 0:
			e.Body = "call " + number(g.serial)
			return e
		case 1:
			e.Span = "span " + number(g.serial)
			return e
		case 2:
			e.Severity = pick(g, []string{"INFO", "WARN"})
			return e
		}
	}
	if g.chance(0.5) {
		e.Scope = map[string]string{"worker": number(g.serial)}
	} else {
		e.Resource = map[string]string{"service.instance.id": "pod-" + number(g.serial)}
	}
	return e
}

// cumulative sends what an SDK does by default: a counter that goes up, and
// begins anew with its process.
func (g *generator) cumulative(e model.Event) {
	e.Signal, e.Cumulative, e.UID = "metrics", true, ""
	e.Start = e.Time
	for _, value := range []string{"5", "9.5", "14", "2", "0", "7"} {
		if value == "2" {
			e.Start = e.Time
		}
		e.Time, e.Value = e.Time.Add(time.Second), model.Number(value)
		g.send(e, 0.9)
	}
}
