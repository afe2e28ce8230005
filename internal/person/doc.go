// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package person is what is timed about one person: which lifecycle status from when
// on, and when which key of a standing activity was on.
//
//	changes of status   by time                 timeline.go
//	switches of keys    by meter, key, time     timeline.go
//	stretches           by class, from, to      standing.go: of many switches
//
// Few users have any of it, and who has much is asked about it with every event, for
// every period: what is asked is found in log n.
package person
