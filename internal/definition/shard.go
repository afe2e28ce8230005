// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package definition

import (
	"fmt"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/shard"
)

// Shard is what makes a ledger one of several.
type Shard struct {
	// Map is the file that says which shard counts which organization, the same
	// as the gateway reads. It is reloaded when it changes. Items of other
	// organizations are unauthorized. Default none: what arrives is this shard's,
	// as where a load balancer without a map decides.
	Map string `mapstructure:"map"`

	// Name is this shard's, in the map where there is one. Series of the process
	// carry it as label shard.
	Name string `mapstructure:"name"`

	// Replica tells ledgers from each other that count the same under one name,
	// each for itself. Two processes with the same are a mistake, which an alert
	// tells of. Default "": the only one, or the first.
	Replica string `mapstructure:"replica"`
}

// Validate judges the map too, as it is now.
func (s *Shard) Validate() error {
	switch {
	case s.Name != "":
	case s.Map != "":
		return fmt.Errorf(`shard::name: "": name the shard of %s that this is`, s.Map)
	case s.Replica != "":
		return fmt.Errorf(`shard::name: "": name the shard that replica %q is of, or leave shard::replica out`, s.Replica)
	default:
		return nil
	}
	if err := shard.CheckName(s.Name); err != nil {
		return fmt.Errorf("shard::name: %w", err)
	}
	if s.Map == "" {
		return nil
	}
	if _, err := shard.Load(s.Map, s.Name, identity.Rule{}, zap.NewNop()); err != nil {
		return fmt.Errorf("shard::map: %w", err)
	}
	return nil
}
