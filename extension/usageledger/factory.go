// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"

	"github.com/otelcol-usage/otelcol-usage/extension/usageledger/internal/metadata"
)

// NewFactory returns the factory of the usage ledger.
func NewFactory() extension.Factory {
	return extension.NewFactory(metadata.Type, createDefaultConfig, create, metadata.ExtensionStability)
}

func createDefaultConfig() component.Config {
	return &Config{Directory: "./data/ledger"}
}

func create(context.Context, extension.Settings, component.Config) (extension.Extension, error) {
	return ledgerExtension{}, nil
}

type ledgerExtension struct {
	component.StartFunc
	component.ShutdownFunc
}
