// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Command bench measures the figures of docs/performance.md in one run and
// prints them as Markdown tables: `make bench`.
//
//	what a run is made of
//	  main        flags, and the sizes of a run                    main.go, settings.go
//	  run         the rows, the ledgers they share                 run.go
//	  population  organizations and how many users each has        population.go
//	  traffic     requests as a sender would write them            traffic.go, greetings.go
//	  pool        requests that are made new each time             pool.go
//	  pipeline    extraction in front of a ledger                  pipeline.go
//	  written     a file system that counts what the log takes     written.go
//	  elsewhere   a part that runs in a process of its own         elsewhere.go
//	  cpu, memory what the process has used                        cpu.go, resident.go
//	  report      goals, and tables of what was measured           goals.go, report.go
//
//	the rows, a file each
//	  records     decode, extract, record; uniform and in sessions records.go, log.go, peers.go
//	  flight      1, 16 and 64 requests in flight                  flight.go
//	  collect     all figures, many users and few                  collect.go
//	  checkpoint  how long a checkpoint makes a request wait       checkpoint.go
//	  restart     from opening to the first right answer           restart.go
//	  new-day     a day's first minutes                            newday.go
//	  memory      of a user, in one meter and in all               memory.go
//	  door        the built collector, receiving only and counting  door.go
//	  ten-million memory, restart and stops with ten times the users tenmillion.go
//
// Only the code of the product is measured: no part of it is built anew here.
// Time is simulated, so that days end only where a row wants it.
package main
