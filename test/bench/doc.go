// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Command bench measures the six figures of docs/performance.md in one run and
// prints them as a table: `make bench`.
//
//	traffic   requests as a sender would write them, marshaled        traffic.go
//	book      a ledger with the meters of config/default.yaml         book.go
//	cpu       processor time of the process, until it is quiet again  cpu.go
//
//	records   decode, extract, record: CPU and allocations            records.go
//	peers     the same requests through others' components            peers.go
//	memory    live bytes per user                                     memory.go
//	collect   all figures at 10 and at 1,000 users an organization    collect.go
//	flight    durable and volatile throughput                         flight.go
//	restart   from opening a directory to the first right answer,
//	          in a process of its own                      restart.go, reopen.go
//
// Only the code of the product is measured: no part of it is built anew here.
// Time is simulated, so that days do not end in the middle of a measurement.
package main
