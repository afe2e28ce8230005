// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package definition

import (
	"github.com/otelcol-usage/otelcol-usage/internal/intake"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Settings returns what a ledger with this configuration is opened with. x is
// its Extraction. Where the state is, the catalogue and the logger are the
// caller's to say.
func (c *Config) Settings(x usage.Extraction) ledger.Settings {
	return ledger.Settings{
		Extraction: x,
		Past:       c.Horizon.Past.Std(),
		Future:     c.Horizon.Future.Std(),
		Grace:      c.Grace.Std(),
		Silence:    c.Silence.Std(),
		Limits: intake.Limits{
			Organizations:        c.Limits.Organizations,
			UnknownOrganizations: c.Limits.UnknownOrganizations,
			UsersPerOrganization: c.Limits.UsersPerOrganization,
			ValuesPerDimension:   c.Limits.ValuesPerDimension,
		},
		Key:           string(c.Identity.Key),
		ScrubRate:     int64(c.Scrub.BytesPerSecond),
		RejectUnknown: c.Identity.UnknownOrganizations == Reject,
	}
}
