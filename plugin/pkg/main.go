// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Command gpx_usage is the backend of the Grafana datasource Usage. Grafana
// starts it, and speaks to it by gRPC.
package main

import (
	"os"

	"github.com/grafana/grafana-plugin-sdk-go/backend/datasource"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"

	"github.com/otelcol-usage/otelcol-usage/plugin/pkg/plugin"
)

func main() {
	if err := datasource.Manage(plugin.ID, plugin.NewDatasource, datasource.ManageOpts{}); err != nil {
		log.DefaultLogger.Error(err.Error())
		os.Exit(1)
	}
}
