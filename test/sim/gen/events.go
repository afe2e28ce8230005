// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package gen

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/otelcol-usage/otelcol-usage/test/sim/model"
)

// users is how many users an organization has.
const users = 24

func number(n int) string { return strconv.Itoa(n) }

// user returns the id of a user as it is counted: a word, a number that needs
// a double, or letters with more than one form in Unicode.
func user(n int) string {
	switch n % 8 {
	case 6:
		return "zo\u00eb-" + number(n)
	case 7:
		return "30000000" + number(10+n)
	}
	return "u" + number(n)
}

// newcomer is an id that may turn out to be somebody's.
func newcomer(n int) string { return "x" + number(n) }

// day sends what an organization does on one local day.
func (g *generator) day(organization string, midnight time.Time) {
	for range g.options.EventsPerDay/2 + g.rng.IntN(g.options.EventsPerDay+1) {
		e := model.Event{
			Organization: organization,
			User:         user(g.rng.IntN(users)),
			Time:         g.snap(midnight.Add(g.upTo(day))).UTC(),
			Attributes:   map[string]string{},
		}
		if g.chance(0.15) {
			e.User = newcomer(1 + g.rng.IntN(users))
		}
		switch r := g.rng.Float64(); {
		case r < 0.30:
			g.learn(e)
		case r < 0.55:
			g.work(e)
		case r < 0.85:
			g.consume(e)
		case r < 0.92:
			g.live(e)
		case r < 0.98:
			g.connect(e)
		default:
			e.Action, e.UID = "plan.enrolled", g.uid()
			g.send(e, 0.9)
		}
	}
	g.shifts(organization, midnight)
}

func (g *generator) learn(e model.Event) {
	e.Action, e.UID = pick(g, []string{"course.accessed", "session.attended"}), g.uid()
	if g.chance(0.8) {
		e.Attributes["app.feature"] = pick(g, features)
	}
	g.send(e, 0.8)
}

func (g *generator) work(e model.Event) {
	e.Action, e.UID = pick(g, []string{"workspace.login", "app.opened", "public_post.viewed", "public_post.viewed", "embed_widget.viewed", "content_email.opened"}), g.uid()
	if g.chance(0.9) {
		e.Attributes["user.type"] = pick(g, []string{"onboarded", "onboarded", "anonymous"})
	}
	if g.chance(0.5) {
		e.Attributes["app.feature"] = pick(g, features)
	}
	g.send(e, 0.75)
}

// consume sends consumption: decimals, missing and useless values, data
// points, two items with one uid, and two points that only their value tells apart.
func (g *generator) consume(e model.Event) {
	e.UID = g.uid()
	switch r := g.rng.Float64(); {
	case r < 0.15:
		e.Action = pick(g, []string{"document.read", "document.written"})
		if g.chance(0.1) {
			e.User = "" // a document counts, a learner does not
		}
	case r < 0.25:
		e.Action = "credit.booked"
		e.Attributes["amount"] = pick(g, []string{"", "-"}) + g.decimal()
	case r < 0.35:
		e.Action = "file.stored"
		e.Attributes["size"] = g.size()
		if g.chance(0.7) {
			e.Attributes["file.kind"] = pick(g, []string{"video", "text"})
		}
	default:
		e.Action = "transcription.finished"
		e.Attributes["transcription.minutes"] = g.decimal()
		g.describe(e)
	}
	switch r := g.rng.Float64(); {
	case r < 0.01:
		e.Attributes["transcription.minutes"] = pick(g, []string{"NaN", "-1", "many", "1e40"})
	case r < 0.02:
		delete(e.Attributes, "transcription.minutes")
	case r < 0.10:
		if e.UID == "" {
			e.UID = "point-" + number(g.serial) // the identity of its stream
		}
		e.Signal, e.Value = "metrics", model.Number(g.decimal())
		if g.chance(0.1) {
			e.Value = "0"
		}
	}
	if e.Signal == "" { // what is sent again comes as the same signal
		e.Signal = pick(g, []string{"logs", "logs", "logs", "logs", "traces"})
	}
	g.send(e, 0.75)
	if e.UID == "" && g.chance(0.4) {
		g.send(g.twin(e), 0.75)
	}
	if g.chance(0.01) {
		g.cumulative(e)
	}
	if e.UID != "" && g.chance(0.02) {
		other := e
		if e.Signal == "metrics" { // of the same stream and time, and still another point
			other.Value = model.Number(g.decimal())
		} else {
			other.Attributes = maps.Clone(e.Attributes)
			other.Attributes["transcription.minutes"] = g.decimal()
		}
		g.send(other, 1)
	}
}

func (g *generator) describe(e model.Event) {
	if g.chance(0.8) {
		e.Attributes["transcription.language"] = pick(g, languages)
	}
	if g.chance(0.7) {
		e.Attributes["transcription.model"] = pick(g, []string{"large", "small"})
	}
	if g.chance(0.6) {
		e.Attributes["transcription.accuracy"] = "0." + number(100000+g.rng.IntN(900000))
	}
}

// decimal is a positive number with up to 8 decimals, often half way between
// two millionths.
func (g *generator) decimal() string {
	s := number(g.rng.IntN(90)) + "." + number(100000+g.rng.IntN(900000))
	switch g.rng.IntN(4) {
	case 0:
		return s + "5"
	case 1:
		return s + number(10+g.rng.IntN(90))
	}
	return s
}

// size is a number of which a few are more than one item may carry. Some are
// taken off.
func (g *generator) size() string {
	s := pick(g, []string{"", "", "-"})
	switch r := g.rng.Float64(); {
	case r < 0.05:
		// About the largest that there is, and no two alike: among equal sums
		// by user the engine orders by a hash, the model by id.
		g.largest++
		return s + "9223372036854." + number(775808-g.largest)
	case r < 0.08:
		return s + "9223372036854.775808"
	}
	return s + strconv.FormatInt(g.rng.Int64N(9_223_372_036_854), 10) + "." + number(100000+g.rng.IntN(900000))
}

// live sends a change of a user's status, some of it from long ago and some of
// it two at one instant.
func (g *generator) live(e model.Event) {
	e.Action, e.UID = pick(g, []string{"user.registered", "user.registered", "user.registered", "user.suspended", "user.removed"}), g.uid()
	if g.chance(0.2) {
		e.Time = e.Time.Add(-g.upTo(120 * day))
	}
	g.send(e, 0.7)
	if g.chance(0.2) {
		e.Action, e.UID = pick(g, []string{"user.registered", "user.suspended", "user.removed"}), g.uid()
		g.send(e, 0.7)
	}
}

// connect sends standing activity, few users of it, so that spans end.
func (g *generator) connect(e model.Event) {
	e.User = user(g.rng.IntN(6))
	e.Action, e.UID = pick(g, []string{"social.connected", "social.disconnected", "social.disconnected"}), g.uid()
	if g.chance(0.97) {
		e.Attributes["social.network"] = pick(g, networks)
	}
	if g.chance(0.15) {
		e.Time = e.Time.Add(-g.upTo(100 * day))
	}
	g.send(e, 0.7)
	if g.chance(0.1) {
		e.Action, e.UID = pick(g, []string{"social.connected", "social.disconnected"}), g.uid()
		g.send(e, 0.9)
	}
}

// shifts sends the operators of two shifts that meet at 14:00 local time. Some
// forget to log off, some log off as they finish.
func (g *generator) shifts(organization string, midnight time.Time) {
	for operator := range 8 {
		if g.chance(0.4) {
			continue
		}
		begin := midnight.Add(time.Duration(6+8*(operator%2)) * time.Hour).Add(g.upTo(30*time.Minute) - 15*time.Minute)
		end := begin.Add(time.Hour + g.upTo(4*time.Hour))
		send := func(action string, t time.Time) {
			g.send(model.Event{Organization: organization, User: user(operator), Action: action, Time: t.UTC(), UID: g.uid()}, 0.93)
		}
		send("user.logon", g.snap(begin))
		last := begin
		for t := begin; t.Before(end); t = t.Add(5*time.Minute + g.upTo(50*time.Minute)) {
			last = g.snap(t)
			send("task.finished", last)
		}
		switch {
		case g.chance(0.4):
			send("user.logoff", end)
		case g.chance(0.3):
			send("user.logoff", last)
		}
	}
}

// aliases is who is who in one organization, to make up only what the contract
// decides.
type aliases struct {
	next   map[string]string
	closed map[string]bool // got a link that closed a cycle
	held   time.Time       // until then a link waits for its time
	serial int
}

func (a *aliases) root(id string) string {
	for a.next[id] != "" {
		id = a.next[id]
	}
	return id
}

// alias is a new link, a repeated one, one that closes a cycle or a second
// target.
func (g *generator) alias(now time.Time) model.Event {
	organization := g.organization()
	a := g.aliases[organization]
	if a == nil {
		a = &aliases{next: map[string]string{}, closed: map[string]bool{}}
		g.aliases[organization] = a
	}
	event := func(from, to string, t time.Time) model.Event {
		return model.Event{
			Organization: organization, User: to, Action: "user.alias", Time: t, UID: g.uid(),
			Attributes: map[string]string{"user.previous_id": from},
		}
	}
	known := slices.Sorted(maps.Keys(a.next))
	if len(known) > 0 && g.chance(0.4) {
		from := pick(g, known)
		switch r := g.rng.Float64(); {
		case r < 0.3 && now.After(a.held):
			return event(from, a.next[from], now)
		case r < 0.6 && now.After(a.held):
			root := a.root(from)
			a.closed[root] = true
			return event(root, from, now.Add(-g.upTo(time.Hour)))
		}
		a.serial++
		return event(from, newcomer(a.serial), now)
	}
	from, to := user(g.rng.IntN(users)), user(g.rng.IntN(users))
	if a.next[from] != "" || a.closed[from] || a.root(to) == from {
		a.serial++
		from = newcomer(a.serial)
	}
	a.next[from] = to
	t := now.Add(-g.upTo(60 * day))
	if g.chance(0.1) {
		t = now.Add(g.upTo(5 * time.Minute))
		a.held = t
	}
	return event(from, to, t)
}
