// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package definition

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

const (
	minPast   = day
	maxPast   = 35 * day // the ledger's day bitmaps hold 37 days: 35 and both ends
	maxFuture = time.Hour

	// minKey is how many characters a key has at the least: one that can be guessed
	// gives pseudonyms away.
	minKey = 16

	// maxMeters is what a meter's 16-bit index can tell apart.
	maxMeters = 1 << 16
)

// name is what names in labels that users choose look like, so that they need
// no quoting in PromQL, in URLs and on a command line.
var name = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Check judges everything that can be judged without compiling conditions and
// returns all errors joined, each with its YAML path, the value and a remedy.
func (c *Config) Check() error {
	p := &problems{}
	if c.Directory == "" {
		p.add("directory", "", "name the directory that keeps the ledger's state")
	}
	c.checkTimes(p)
	c.checkIdentity(p)
	c.checkLifecycle(p)
	if c.Scrub.BytesPerSecond < 0 {
		p.add("scrub::bytes_per_second", c.Scrub.BytesPerSecond, "name how many bytes a second are read, or 0 for none")
	}
	p.atLeast("limits::organizations", c.Limits.Organizations)
	p.atLeast("limits::unknown_organizations", c.Limits.UnknownOrganizations)
	p.atLeast("limits::users_per_organization", c.Limits.UsersPerOrganization)
	p.atLeast("limits::values_per_dimension", c.Limits.ValuesPerDimension)

	if len(c.Meters) == 0 {
		p.add("meters", c.Meters, "define at least one meter, as api_calls: {type: consumption, actions: [api.called], windows: [day]}")
	}
	if len(c.Meters) > maxMeters {
		p.add("meters", len(c.Meters), "at most %d meters", maxMeters)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Meters)) {
		m := c.Meters[name]
		(&meterCheck{problems: p, path: "meters::" + name, meter: &m, config: c}).run(name)
	}
	c.checkWindows(p)
	return errors.Join(p.errs...)
}

// checkWindows wants titles, and of windows only that some meter keeps.
func (c *Config) checkWindows(p *problems) {
	var kept []usage.Window
	for _, m := range c.Meters {
		for _, text := range m.Windows {
			if w, err := usage.ParseWindow(text); err == nil && !slices.Contains(kept, w) {
				kept = append(kept, w)
			}
		}
	}
	slices.SortFunc(kept, usage.Window.Compare)
	for _, name := range slices.Sorted(maps.Keys(c.Windows)) {
		path := "windows::" + name
		if !slices.ContainsFunc(kept, func(w usage.Window) bool { return w.String() == name }) {
			p.add(path, name, "no meter keeps this window: use one of %v, or remove it", kept)
		}
		p.title(path+"::title", c.Windows[name].Title)
	}
}

func (c *Config) checkTimes(p *problems) {
	p.within("horizon::past", c.Horizon.Past, minPast, maxPast, time.Minute)
	p.within("horizon::future", c.Horizon.Future, 0, maxFuture, time.Second)
	p.within("grace", c.Grace, 0, c.Horizon.Past.Std(), time.Minute)
	p.within("silence", c.Silence, time.Minute, 7*day, time.Minute)
	if n := c.CatalogueMaxLoss; n < 0 || n > 100 {
		p.add("catalogue_max_loss", n, "write a share in percent, 0 to 100")
	}
}

func (c *Config) checkIdentity(p *problems) {
	p.names("identity::organization", c.Identity.Organization, "attribute")
	p.some("identity::organization", c.Identity.Organization, "name an attribute, as organization.id")
	p.names("identity::user", c.Identity.User, "attribute")
	p.some("identity::user", c.Identity.User, "name an attribute, as user.id")
	if u := c.Identity.UnknownOrganizations; u != Accept && u != Reject {
		p.add("identity::unknown_organizations", u, "use accept or reject")
	}
	if c.Identity.UnknownOrganizations == Reject && c.Catalogue == "" {
		p.add("identity::unknown_organizations", Reject, "every organization is unknown without a catalogue: set catalogue, or use accept")
	}
	if n := c.Identity.Normalize; n != "" {
		if _, err := usage.ParseNormalization(n); err != nil {
			p.add("identity::normalize", n, "use trim, fold or none")
		}
	}
	if n := len(c.Identity.Key); n > 0 && n < minKey {
		p.add("identity::key", c.Identity.Key, "has %d characters: use a secret of %d or more, as `openssl rand -hex 32` makes one", n, minKey)
	}
	for i, id := range c.Identity.Placeholders {
		at := fmt.Sprintf("identity::placeholders[%d]", i)
		switch {
		case id == "":
			p.add(at, id, `not an id: put null and ~ in quotes, and write " " for ids of nothing but blanks`)
		case len(id) > identity.MaxLength:
			p.add(at, id, "longer than an id can be: use at most %d bytes", identity.MaxLength)
		}
	}
}

func (c *Config) checkLifecycle(p *problems) {
	seen := map[string]string{} // action -> path
	for status := usage.Registered; int(status) < usage.NumStatuses; status++ {
		path := "lifecycle::" + status.String()
		actions := c.Lifecycle.actions(status)
		p.names(path, actions, "action")
		for i, a := range actions {
			if other, taken := seen[a]; taken && other != path {
				p.add(fmt.Sprintf("%s[%d]", path, i), a, "is in %s as well: an action leads to one status", other)
			}
			seen[a] = path
		}
	}
	p.names("aliases::actions", c.Aliases.Actions, "action")
	if len(c.Aliases.Actions) == 0 {
		return
	}
	if c.Aliases.From == "" {
		p.add("aliases::from", "", "name the attribute of the id that was used before, as user.previous_id, or leave aliases::actions empty")
	}
	if c.Aliases.To == "" {
		p.add("aliases::to", "", "name the attribute of the id that stays, as user.id, or leave aliases::actions empty")
	}
}

// problems collects errors.
type problems struct{ errs []error }

// add notes that the value at a YAML path is wrong, and what to do about it.
func (p *problems) add(path string, value any, remedy string, args ...any) {
	if s, isText := value.(string); isText {
		value = strconv.Quote(s)
	}
	p.errs = append(p.errs, fmt.Errorf("%s: %v: %s", path, value, fmt.Sprintf(remedy, args...)))
}

// atLeast wants a limit of one or more.
func (p *problems) atLeast(path string, value int) {
	if value < 1 {
		p.add(path, value, "use a number of 1 or more")
	}
}

// within wants a duration in [low, high] that is a multiple of step.
func (p *problems) within(path string, value Duration, low, high, step time.Duration) {
	switch {
	case value.Std()%step != 0:
		p.add(path, value, "use a multiple of %s; a number needs a unit, as 90s, 15m, 1h or 3d", unit(step))
	case value.Std() < low || value.Std() > high:
		p.add(path, value, "use %s to %s", Duration(low), Duration(high))
	}
}

// unit is a step in words.
func unit(step time.Duration) string {
	if step == time.Minute {
		return "a minute"
	}
	return "a second"
}

// some wants a list that is not empty.
func (p *problems) some(path string, list []string, remedy string) {
	if len(list) == 0 {
		p.add(path, list, "%s", remedy)
	}
}

// names wants every entry of a list to be a name, once.
func (p *problems) names(path string, list []string, what string) {
	for i, entry := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case !printable(entry):
			p.add(at, entry, "not a name: write the %s's name without control characters or blanks around it", what)
		case slices.Index(list, entry) < i:
			p.add(at, entry, "listed twice: remove one")
		}
	}
}

// maxTitle is how many characters fit where titles are shown.
const maxTitle = 100

// title wants what can be shown as a name.
func (p *problems) title(path, title string) {
	switch {
	case !printable(title):
		p.add(path, title, "write what people call it, without control characters or blanks around it, or leave it out")
	case utf8.RuneCountInString(title) > maxTitle:
		p.add(path, title, "use at most %d characters", maxTitle)
	}
}

// printable reports whether a text can be a name or a label value.
func printable(s string) bool {
	return s != "" && strings.TrimSpace(s) == s && !strings.ContainsFunc(s, unicode.IsControl)
}
