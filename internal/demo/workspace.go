// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"strconv"
	"time"
)

// workspace tells the members' day, and that of the anonymous visitors of the
// public pages.
func (d *day) workspace() {
	members := d.group(member, d.members, d.index)
	d.lives(members)
	for i := range members {
		p := &members[i]
		d.social(p)
		if d.index == p.joined && p.anonymousBefore(d.visitors) {
			d.log(d.at(7.1), p.id, "user.alias", Attribute{Key: "user.previous_id", Text: p.anonymous()})
		}
		if p.present(d.index) {
			d.memberVisits(p)
		}
	}
	d.futureMembers(len(members))
	for range d.some(d.visitors * d.office()) {
		// Half of the visitors have been here in the last weeks.
		n := uint64(d.index)<<16 | d.rng.Uint64N(1<<16)
		if d.rng.Float64() < 0.5 {
			n = uint64(d.index/14)<<40 | d.rng.Uint64N(uint64(d.visitors*4)+1)
		}
		d.visit("anon-" + strconv.FormatUint(mix(n^d.hash)>>24, 36))
	}
}

// futureMembers tells the visits of those who will register within nine days.
func (d *day) futureMembers(n int) {
	soon := d.group(member, d.members, d.index+9)
	for i := n; i < len(soon); i++ {
		if p := &soon[i]; p.anonymousBefore(d.visitors) && d.rng.Float64() < 0.4 {
			d.visit(p.anonymous())
		}
	}
}

// anonymousBefore reports whether a person visited the public pages before they
// registered: then their two ids are one person.
func (p *person) anonymousBefore(visitors float64) bool {
	return visitors > 0 && p.joined > 0 && p.seed%5 < 2
}

func (p *person) anonymous() string { return "anon-" + strconv.FormatUint(mix(p.seed)>>24, 36) }

// social tells the day on which a member connects a social network, which
// stands until it is disconnected, if ever.
func (d *day) social(p *person) {
	if p.seed%7 != 0 || d.visitors == 0 {
		return
	}
	network := Attribute{Key: "social.network", Text: [...]string{"linkedin", "twitter"}[p.seed>>8&1]}
	on := p.joined + int(p.seed>>16%12)
	switch d.index {
	case on:
		d.log(d.at(11+d.rng.Float64()), p.id, "social.connected", network)
	case on + 30 + int(p.seed>>24%400):
		d.log(d.at(15+d.rng.Float64()), p.id, "social.disconnected", network)
	}
}

// memberVisits tells a member's day, if they come; one in nine only ever opens
// the mails.
func (d *day) memberVisits(p *person) {
	onboarded := Attribute{Key: "user.type", Text: "onboarded"}
	if d.weekday == time.Tuesday && p.seed%3 == 0 && d.rng.Float64() < 0.35 {
		d.log(d.at(d.officeHour()), p.id, "content_email.opened", onboarded)
	}
	if p.seed%9 == 0 || d.rng.Float64() > p.eagerness*d.office() {
		return
	}
	hour := d.officeHour()
	d.log(d.at(hour), p.id, d.pick([]weighted{{"workspace.login", 5}, {"app.opened", 3}}), onboarded)
	for range d.some(1.3) {
		hour = min(hour+0.3*d.rng.Float64(), 23.99)
		d.log(d.at(hour), p.id, d.pick([]weighted{{"app.opened", 5}, {"public_post.viewed", 3}, {"embed_widget.viewed", 1}}),
			onboarded, Attribute{Key: "app.feature", Text: d.pick(features)})
	}
}

var features = []weighted{{"read", 8}, {"share", 4}, {"invite", 1}}

// visit tells an anonymous visit.
func (d *day) visit(id string) {
	action := d.pick([]weighted{{"public_post.viewed", 4}, {"embed_widget.viewed", 1}})
	d.log(d.at(d.officeHour()), id, action,
		Attribute{Key: "user.type", Text: "anonymous"}, Attribute{Key: "app.feature", Text: "read"})
}
