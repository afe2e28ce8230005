// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package sealed carries an OTLP request through a pipeline as the bytes that it
// came as. To all components between it is telemetry with one empty record, which is
// what their own metrics count.
//
// The bytes are an attribute of the one resource that it has. Its name is made anew by
// each process, so that no sender can write one: what is sealed has been checked.
package sealed
