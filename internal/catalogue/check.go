// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// checker judges what was decoded and makes it the typed catalogue.
type checker struct {
	*parser
	meters []usage.Meter // nil: unknown
	zones  zones
}

// refuse notes why a value cannot be used and what would do.
func (c *checker) refuse(at place, value any, why string, args ...any) {
	format := "%s %v: "
	if _, text := value.(string); text {
		format = "%s %q: "
	}
	c.add(c.line(at), format+why, append([]any{at, value}, args...)...)
}

// missing notes that a key is needed.
func (c *checker) missing(at place, remedy string, args ...any) {
	c.add(c.line(at), "%s: missing; "+remedy, append([]any{at}, args...)...)
}

func (c *checker) check(d *document, into *Catalogue) {
	into.Organizations = make([]Organization, len(d.Organizations))
	into.lines = make([]int, len(d.Organizations))
	for i := range d.Organizations {
		at := place{"organizations", i}
		c.id(at, d.Organizations[i].ID, i, into)
		into.Organizations[i] = c.organization(at, &d.Organizations[i])
	}
	for i, p := range d.Principals {
		c.principal(place{"principals", i}, p)
	}
	into.Principals = d.Principals
}

// id judges the id of the i-th organization and indexes it.
func (c *checker) id(at place, id string, i int, into *Catalogue) {
	at = append(at, "id")
	into.lines[i] = c.line(at)
	first, taken := into.byID[id]
	switch {
	case id == "":
		c.missing(at, "use the value that telemetry names the organization by")
	case id == usage.NoOrganization:
		c.refuse(at, id, "reserved for items that name no organization; use another")
	case strings.ContainsFunc(id, unicode.IsControl):
		c.refuse(at, id, "contains a control character; remove it")
	case taken:
		other := place{"organizations", first}
		c.refuse(at, id, "%s in line %d has this id; every organization needs its own", other, c.line(append(other, "id")))
	default:
		into.byID[id] = i
	}
}

func (c *checker) organization(at place, text *organizationText) Organization {
	o := Organization{
		ID: text.ID, Name: text.Name, Reseller: text.Reseller, CSM: text.CSM,
		ClientID: text.ClientID, Subdomain: text.Subdomain, Notify: text.Notify, AnchorDay: 1, Location: time.UTC,
	}
	if text.Timezone != nil {
		var why string
		if o.Location, why = c.zones.load(*text.Timezone); why != "" {
			c.refuse(append(at, "timezone"), *text.Timezone, "%s; use an IANA name such as Europe/Berlin", why)
		}
	}
	if text.AnchorDay != nil {
		o.AnchorDay = *text.AnchorDay
	}
	if o.AnchorDay < 1 || o.AnchorDay > 31 {
		c.refuse(append(at, "anchor_day"), o.AnchorDay, "no day of a month; use 1 to 31")
	}
	if text.Currency != "" {
		var known bool
		if o.Currency, known = currencyOf(text.Currency); !known {
			c.refuse(append(at, "currency"), text.Currency, "no currency in use; use a code of ISO 4217 such as EUR")
		}
	}
	for i, name := range o.CSM {
		if name == "" {
			c.refuse(append(at, "csm", i), name, "nobody; remove it")
		}
	}
	c.notify(append(at, "notify"), o.Notify)
	o.Meters = c.bought(append(at, "meters"), text.Meters)
	o.Plan = c.plan(append(at, "plan"), &text.Plan, text.Currency)
	o.Quotas = c.quotas(append(at, "quotas"), text.Quotas, o.Plan, text.Currency)
	return o
}

// phone is a number in E.164.
var phone = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

func (c *checker) notify(at place, n Notify) {
	for i, text := range n.Email {
		if address, err := mail.ParseAddress(text); err != nil || address.Address != text {
			c.refuse(append(at, "email", i), text, "no e-mail address; write one as ops@acme.example")
		}
	}
	for i, text := range n.Webhook {
		if u, err := url.Parse(text); err != nil || !slices.Contains([]string{"http", "https"}, u.Scheme) || u.Hostname() == "" {
			c.refuse(append(at, "webhook", i), text, "no URL of a webhook; write one as https://acme.example/hook")
		}
	}
	for i, text := range n.SMS {
		if !phone.MatchString(text) {
			c.refuse(append(at, "sms", i), text, "no phone number; write it with country code, as +4915112345678")
		}
	}
}

func (c *checker) principal(at place, p Principal) {
	if p.Claim == "" {
		c.missing(append(at, "claim"), "name the claim of the authenticated client, as email, group or sub")
	}
	if p.Value == "" {
		c.missing(append(at, "value"), "name the value that the claim must have")
	}
	const roles = RoleAdmin + ", " + RoleCSM + ", " + RoleDelegate + " or " + RoleViewer
	switch p.Role {
	case RoleViewer, RoleAdmin:
		if len(p.Organizations)+len(p.Resellers) == 0 {
			c.missing(append(at, "organizations"), `list the ids that it is %s of, or ["*"] for all; or list resellers`, p.Role)
		}
	case RoleCSM:
		c.unbound(at, p, "a csm reads the organizations that list %q in csm; remove the key, or use role %s", p.Value, RoleViewer)
	case RoleDelegate:
		c.unbound(at, p, "a delegate reads what the person may read that it names; remove the key, or use role %s", RoleViewer)
	case "":
		c.missing(append(at, "role"), "use %s", roles)
	default:
		c.refuse(append(at, "role"), p.Role, "unknown role; use %s", roles)
	}
	for i, id := range p.Organizations {
		switch id {
		case "":
			c.refuse(append(at, "organizations", i), id, `no organization; use an id, or "*" for all`)
		case usage.NoOrganization:
			c.refuse(append(at, "organizations", i), id, `items that name no organization are seen by those who see all; remove it, or use "*"`)
		}
	}
	for i, name := range p.Resellers {
		if name == "" {
			c.refuse(append(at, "resellers", i), name, "no reseller; use what organizations have in reseller")
		}
	}
	if len(p.Claims) > 0 && p.Role != RoleDelegate {
		c.refuse(append(at, "claims"), p.Claims, "only a delegate names people by claims; remove the key, or use role %s", RoleDelegate)
	}
	for i, name := range p.Claims {
		if name == "" {
			c.refuse(append(at, "claims", i), name, "no claim; use one by which principals are listed, as email")
		}
	}
}

// unbound refuses a list of organizations or resellers.
func (c *checker) unbound(at place, p Principal, why string, args ...any) {
	if len(p.Organizations) > 0 {
		c.refuse(append(at, "organizations"), p.Organizations, why, args...)
	}
	if len(p.Resellers) > 0 {
		c.refuse(append(at, "resellers"), p.Resellers, why, args...)
	}
}

// zones are time zones by name, each loaded once.
type zones map[string]*time.Location

// load returns an IANA zone, or why a name is of none. Zone files lie beside
// others that time.LoadLocation takes for zones.
func (z zones) load(name string) (zone *time.Location, why string) {
	if zone, done := z[name]; done {
		return zone, ""
	}
	directory, _, _ := strings.Cut(name, "/")
	switch directory {
	case "Local", "localtime", "posixrules":
		return nil, "no zone but that of the machine"
	case "right", "posix":
		return nil, "no IANA name but one of a copy with or without leap seconds"
	case "Factory":
		return nil, "no zone but the sign that none is set"
	case "":
		return nil, "no zone"
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, "unknown time zone"
	}
	z[name] = zone
	return zone, ""
}
