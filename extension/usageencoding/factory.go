// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageencoding

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"

	"github.com/otelcol-usage/otelcol-usage/extension/usageencoding/internal/metadata"
)

// Config is empty: there is one way.
type Config struct{}

// NewFactory returns the factory of the usage encoding extension.
func NewFactory() extension.Factory {
	return extension.NewFactory(metadata.Type, func() component.Config { return &Config{} }, create, metadata.ExtensionStability)
}

func create(context.Context, extension.Settings, component.Config) (extension.Extension, error) {
	return &encoding{}, nil
}
