// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package otlp bounds requests before anything decodes them, and reads their
// bytes.
//
//	bytes --Check--> Request --> messages, as extract asks for them: Resource, SpanOf, ...
//	                        \--> pdata, where something wants it
//
// A decoder makes of two bytes a record of 200, and of a list in a list in a
// list a stack as deep: 92 kB of gzip end a process that way. [Check] goes
// through the bytes once, by OTLP's schema, and allocates nothing; what it
// lets through is well-formed, as deep and as large as [Limits] say, and tells
// how much memory decoding it would take. [CheckJSON] does the same for JSON as
// far as brackets and commas tell.
//
// What is well-formed is what pdata takes, groups excepted, which protobuf has
// given up and no sender of OTLP writes.
package otlp
