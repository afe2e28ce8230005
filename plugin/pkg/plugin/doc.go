// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package plugin is the backend of the Grafana datasource Usage. It stands
// between people in Grafana and two servers, the usage API and a store of
// figures:
//
//	Grafana --PluginContext--> person --usage API--> rights (at most 30 s old)
//	  query, variable, annotation, alert rule --bound to these--> store
//	  report, list, schedule --on behalf of the person--> usage API
//
// Who asks is what Grafana's server says in the plugin context, and nothing
// that a browser sends: requests to the two servers are built here, and have
// no header, path or host of the request that they answer. Every PromQL
// expression and every selector goes to the store through [store.ask], which
// binds it to the person's organizations whatever the store does by itself.
package plugin
