// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package alerts follows alerts from an event to a person: the built collector
// with the shipped rules, a real Alertmanager with the shipped routes and
// templates, and servers that really receive mail and webhooks. It needs
// bin/otelcol-usage (`make build`).
//
// Figures are collected at whole minutes, so a story takes minutes. What must
// not come is known by what comes after it: a story ends with an alert of its
// own, and by then nothing else has come.
package alerts
