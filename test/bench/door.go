// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"

	"github.com/otelcol-usage/otelcol-usage/internal/porttest"
)

// The built collector is started three times: with the receiver that everybody
// has and nothing behind it, and with the door, its ledger in memory and on disk.
const (
	received = iota
	countedInMemory
	countedOnDisk
	numDoors
)

var doorNames = [numDoors]string{"otlp receiver into nop", "usage_otlp, ledger in memory (tmpfs)", "usage_otlp, ledger on disk"}

// The ways in.
const (
	byGRPC = iota
	byHTTP
	numWays
)

const (
	doorInFlight = 16
	doorUsers    = 10_000
	// doorWarm is how many requests tell a ledger of most users before anything
	// is measured.
	doorWarm = 1200
)

// door measures what receiving costs elsewhere and what receiving and counting
// costs here, as processor time of the whole process.
func (b *bench) door(ctx context.Context) (err error) {
	var doors [numDoors]*collector
	defer func() {
		for _, c := range doors {
			if c != nil {
				err = errors.Join(err, c.stop())
			}
		}
	}()
	for i := range doors {
		if doors[i], err = b.startCollector(ctx, i); err != nil {
			return err
		}
	}
	t := newTraffic(evenly(b.organizations, min(doorUsers, b.users)))
	// lately has the traffic end now: what is late costs more, and what is ahead
	// waits.
	lately := func() { t.now = time.Now().Add(-step * time.Duration(b.requests)) }
	for range doorWarm / b.requests {
		lately()
		bodies, err := t.encoded(b.requests)
		if err != nil {
			return err
		}
		if _, err := throughAll(ctx, doors, byGRPC, bodies); err != nil {
			return err
		}
	}
	var got [numDoors][numWays]spread
	for round := range b.rounds {
		for way := range numWays {
			lately()
			bodies, err := t.encoded(b.requests)
			if err != nil {
				return err
			}
			ns, err := throughAll(ctx, doors, way, bodies)
			if err != nil {
				return err
			}
			for i := range got {
				got[i][way] = append(got[i][way], ns[i])
			}
		}
		b.say("  round %d: by gRPC %.0f ns to receive, %.0f to receive and count on disk", round+1, got[received][byGRPC][round], got[countedOnDisk][byGRPC][round])
	}
	s := b.report.section("The door: CPU of the whole process a record", "", "gRPC", "x receiving", "HTTP", "x receiving")
	for i, name := range doorNames {
		line := []string{name}
		for way := range numWays {
			line = append(line, got[i][way].show(nanoseconds), got[i][way].over(got[received][way]).show(ratio))
		}
		s.line(line...)
	}
	s.note("%d requests of %d records in flight, uncompressed, of %d users who are known; the collector as built, with config/default.yaml.", doorInFlight, recordsPerRequest, min(doorUsers, b.users))
	return nil
}

// throughAll sends bodies through each door, and returns what a record took there.
func throughAll(ctx context.Context, doors [numDoors]*collector, way int, bodies [][]byte) (ns [numDoors]float64, err error) {
	for i, c := range doors {
		if ns[i], err = c.measure(ctx, way, bodies); err != nil {
			return ns, err
		}
	}
	return ns, nil
}

// collector is a process of the built distribution.
type collector struct {
	command *exec.Cmd
	conn    *grpc.ClientConn
	client  *http.Client
	url     string
	remove  []string
}

// stock is a collector without a ledger.
const stock = `
receivers: {otlp: {protocols: {grpc: {endpoint: %q}, http: {endpoint: %q}}}}
exporters: {nop: {}}
service: {telemetry: {logs: {level: error}, metrics: {level: none}}, pipelines: {logs: {receivers: [otlp], exporters: [nop]}}}
`

// ours is what a door that is measured changes of the default configuration.
const ours = `
extensions: {usage_ledger: {directory: %[3]q, catalogue: "", api: {endpoint: "localhost:0"}}}
receivers: {usage_otlp: {protocols: {grpc: {endpoint: %[1]q}, http: {endpoint: %[2]q}}}, usage: {interval: 24h}}
exporters: {tsdb: {directory: %[4]q, endpoint: "localhost:0", rule_files: []}}
service: {extensions: [usage_ledger], telemetry: {logs: {level: error}, metrics: {level: none}}}
`

func (b *bench) startCollector(ctx context.Context, which int) (*collector, error) {
	grpcAt, httpAt := porttest.Free(), porttest.Free()
	directory, err := filepath.Abs(b.directory)
	if err != nil {
		return nil, err
	}
	c := &collector{url: "http://" + httpAt + "/v1/logs", client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: doorInFlight}}}
	text, configs := fmt.Sprintf(stock, grpcAt, httpAt), []string{}
	if which != received {
		ledger := filepath.Join(directory, fmt.Sprint("door", which))
		if which == countedInMemory {
			if ledger, err = os.MkdirTemp(b.tmpfs, "door-*"); err != nil {
				return nil, err
			}
			c.remove = append(c.remove, ledger)
		}
		text = fmt.Sprintf(ours, grpcAt, httpAt, ledger, filepath.Join(directory, fmt.Sprint("tsdb", which)))
		configs = append(configs, b.config)
	}
	overlay := filepath.Join(directory, fmt.Sprintf("door%d.yaml", which))
	if err := os.WriteFile(overlay, []byte(text), 0o600); err != nil {
		return nil, err
	}
	c.command = exec.CommandContext(ctx, b.program)
	for _, config := range append(configs, overlay) {
		c.command.Args = append(c.command.Args, "--config", config)
	}
	c.command.Stderr = os.Stderr
	if err := c.command.Start(); err != nil {
		return nil, fmt.Errorf("run `make build` first: %w", err)
	}
	c.conn, err = grpc.NewClient(grpcAt, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return c, err
	}
	_, err = c.byGRPC(ctx, nil, grpc.WaitForReady(true))
	return c, err
}

// measure sends requests, so many in flight, and returns what a record cost.
func (c *collector) measure(ctx context.Context, way int, bodies [][]byte) (ns float64, err error) {
	before, err := c.cpu()
	if err != nil {
		return 0, err
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	failures := make([]error, doorInFlight)
	for i := range failures {
		wg.Go(func() {
			for failures[i] == nil {
				n := int(next.Add(1)) - 1
				if n >= len(bodies) {
					return
				}
				failures[i] = c.send(ctx, way, bodies[n])
			}
		})
	}
	wg.Wait()
	if err := errors.Join(failures...); err != nil {
		return 0, err
	}
	after, err := c.cpu()
	return perRecord(after-before, len(bodies)*recordsPerRequest), err
}

func (c *collector) send(ctx context.Context, way int, body []byte) error {
	var answer []byte
	var err error
	if way == byGRPC {
		answer, err = c.byGRPC(ctx, body)
	} else {
		answer, err = c.byHTTP(ctx, body)
	}
	if err == nil && bytes.Contains(answer, []byte("not counted")) {
		err = fmt.Errorf("the door answers: %s", answer)
	}
	return err
}

func (c *collector) byGRPC(ctx context.Context, body []byte, options ...grpc.CallOption) (answer []byte, err error) {
	err = c.conn.Invoke(ctx, "/opentelemetry.proto.collector.logs.v1.LogsService/Export", body, &answer, append(options, grpc.ForceCodecV2(asIs{}))...)
	return answer, err
}

func (c *collector) byHTTP(ctx context.Context, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-protobuf")
	response, err := c.client.Do(request)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("the collector answers %s: %s", response.Status, answer)
	}
	return answer, errors.Join(err, response.Body.Close())
}

// tick is the unit of processor time in /proc.
const tick = 10 * time.Millisecond

// cpu is what the process has used, once it is quiet.
func (c *collector) cpu() (time.Duration, error) {
	ticker := time.NewTicker(10 * quietSpan)
	defer ticker.Stop()
	last := time.Duration(-1)
	for ; ; <-ticker.C {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.command.Process.Pid))
		if err != nil {
			return 0, err
		}
		_, after, _ := strings.Cut(string(text), ") ") // the name may hold anything
		fields := strings.Fields(after)
		var used time.Duration
		for _, f := range fields[11:13] {
			n, err := strconv.ParseInt(f, 10, 64)
			if err != nil {
				return 0, err
			}
			used += time.Duration(n) * tick
		}
		if used == last {
			return used, nil
		}
		last = used
	}
}

func (c *collector) stop() error {
	err := c.command.Process.Signal(os.Interrupt)
	if c.conn != nil {
		err = errors.Join(err, c.conn.Close())
	}
	err = errors.Join(err, c.command.Wait())
	for _, directory := range c.remove {
		err = errors.Join(err, os.RemoveAll(directory))
	}
	return err
}

// asIs is a codec for bytes as they are.
type asIs struct{}

// Name implements encoding.CodecV2.
func (asIs) Name() string { return "proto" }

// Marshal implements encoding.CodecV2.
func (asIs) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}

// Unmarshal implements encoding.CodecV2.
func (asIs) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}
