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
}

// Validate judges the map too, as it is now.
func (s *Shard) Validate() error {
	if s.Name == "" {
		if s.Map != "" {
			return fmt.Errorf(`shard::name: "": name the shard of %s that this is`, s.Map)
		}
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
