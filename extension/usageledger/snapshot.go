// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/extension/extensioncapabilities"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/extension/usageledger/internal/metadata"
	"github.com/otelcol-usage/otelcol-usage/internal/api"
)

// Types of components that the checks know.
const (
	usageType = "usage"      // both our processor and our receiver of figures
	doorType  = "usage_otlp" // our receiver of OTLP, which counts
	batchType = "batch"
	otlpType  = "otlp"
	tsdbType  = "tsdb"
)

// samplers drop items on purpose: before usage, what they drop is not counted.
var samplers = []string{"probabilistic_sampler", "tail_sampling"}

const (
	defaultOTLP = "http://localhost:4318"
	defaultTSDB = "http://localhost:9090"
)

// NotifyConfigSnapshot judges the collector's configuration, of which each
// component sees its own part only. A ledger that does not exist is an error;
// what can lose or repeat counts is a warning, in the log and on the page.
func (e *ledgerExtension) NotifyConfigSnapshot(_ context.Context, snapshot extensioncapabilities.ConfigSnapshot) error {
	found, err := examine(snapshot.Effective(), e.id.String())
	if err != nil {
		return err
	}
	e.collector.Store(found)
	for _, w := range found.Warnings {
		e.logger.Warn("doubtful collector configuration", zap.String("what", w))
	}
	return nil
}

// pipeline is one of service::pipelines.
type pipeline struct {
	id, signal                       string
	receivers, processors, exporters []string
}

// examine judges a configuration from the point of view of the ledger id.
func examine(conf *confmap.Conf, id string) (*api.Collector, error) {
	x := examination{conf: conf, id: id, found: &api.Collector{OTLP: defaultOTLP}}
	if err := x.ledgers(); err != nil {
		return nil, err
	}
	x.endpoints()
	pipelines := x.pipelines()
	x.collected(pipelines)
	for _, p := range pipelines {
		x.order(p)
	}
	x.receiversTwice(pipelines)
	x.alerts(pipelines)
	return x.found, nil
}

type examination struct {
	conf  *confmap.Conf
	id    string
	found *api.Collector
}

func (x *examination) warn(format string, args ...any) {
	x.found.Warnings = append(x.found.Warnings, fmt.Sprintf(format, args...))
}

// section returns a map of the configuration; what is missing is empty.
func (x *examination) section(path string) map[string]any {
	m, _ := x.conf.Get(path).(map[string]any)
	return m
}

// texts returns a list of the configuration.
func (x *examination) texts(path string) (out []string) {
	list, _ := x.conf.Get(path).([]any)
	for _, v := range list {
		if s, isText := v.(string); isText {
			out = append(out, s)
		}
	}
	return out
}

func typeOf(id string) string {
	kind, _, _ := strings.Cut(id, "/")
	return strings.TrimSpace(kind)
}

// ledgers refuses references to ledgers that do not run.
func (x *examination) ledgers() error {
	var running []string
	for _, id := range x.texts("service::extensions") {
		if typeOf(id) == metadata.Type.String() {
			running = append(running, id)
		}
	}
	var errs []error
	for _, section := range []string{"processors", "receivers"} {
		for _, id := range slices.Sorted(maps.Keys(x.section(section))) {
			if typeOf(id) != usageType && typeOf(id) != doorType {
				continue
			}
			if l := x.ledgerOf(section, id); !slices.Contains(running, l) {
				errs = append(errs, fmt.Errorf("%s::%s::ledger: %q: no such ledger runs; use one of service::extensions (%s) or add it there",
					section, id, l, strings.Join(running, ", ")))
			}
		}
	}
	return errors.Join(errs...)
}

// ledgerOf returns the ledger that a usage processor or receiver names.
func (x *examination) ledgerOf(section, id string) string {
	component, _ := x.section(section)[id].(map[string]any)
	if l, named := component["ledger"].(string); named {
		return l
	}
	return metadata.Type.String()
}

// mine reports whether a component of a pipeline works on this ledger.
func (x *examination) mine(section, id string) bool {
	return typeOf(id) == usageType && x.ledgerOf(section, id) == x.id
}

func (x *examination) pipelines() (out []pipeline) {
	for _, id := range slices.Sorted(maps.Keys(x.section("service::pipelines"))) {
		path := "service::pipelines::" + id + "::"
		out = append(out, pipeline{
			id: id, signal: typeOf(id),
			receivers: x.texts(path + "receivers"), processors: x.texts(path + "processors"), exporters: x.texts(path + "exporters"),
		})
	}
	return out
}

// doors reports whether a pipeline has a receiver that counts into this ledger.
func (x *examination) doors(p pipeline) bool {
	return slices.ContainsFunc(p.receivers, func(id string) bool {
		return typeOf(id) == doorType && x.ledgerOf("receivers", id) == x.id
	})
}

// counts returns the place of this ledger's processor in a pipeline, or -1.
func (x *examination) counts(p pipeline) int {
	return slices.IndexFunc(p.processors, func(id string) bool { return x.mine("processors", id) })
}

// collected warns of a ledger that nobody writes or nobody reads.
func (x *examination) collected(pipelines []pipeline) {
	written := slices.ContainsFunc(pipelines, func(p pipeline) bool { return x.counts(p) >= 0 || x.doors(p) })
	read := slices.ContainsFunc(pipelines, func(p pipeline) bool {
		return slices.ContainsFunc(p.receivers, func(id string) bool { return x.mine("receivers", id) })
	})
	if !written {
		x.warn("no pipeline counts into %s: receive it by a usage_otlp receiver, or add a usage processor to the pipelines that carry usage, with ledger: %s", x.id, x.id)
	}
	if !read {
		x.warn("no pipeline reads the figures of %s: add a usage receiver with ledger: %s to a metrics pipeline", x.id, x.id)
	}
}

// order warns of processors that stand before usage and must not.
func (x *examination) order(p pipeline) {
	at := x.counts(p)
	if at >= 0 && x.doors(p) {
		x.warn("pipeline %s: usage_otlp has counted what %s counts again: every item is offered twice; take the processor out, or receive by otlp", p.id, p.processors[at])
	}
	for i, id := range p.processors {
		switch {
		case i >= at:
		case typeOf(id) == batchType:
			x.warn("pipeline %s: %s stands before usage, so senders are told that items are safe before they are counted: put it after usage", p.id, id)
		case slices.Contains(samplers, typeOf(id)):
			x.warn("pipeline %s: %s stands before usage, so what it drops is not counted: put it after usage", p.id, id)
		}
	}
}

// receiversTwice warns of a receiver that feeds two pipelines that count.
func (x *examination) receiversTwice(pipelines []pipeline) {
	first := map[string]string{} // signal and receiver -> pipeline
	for _, p := range pipelines {
		if x.counts(p) < 0 {
			continue
		}
		for _, r := range p.receivers {
			key := p.signal + " " + r
			if other, taken := first[key]; taken {
				x.warn("pipelines %s and %s both count what receiver %s takes: every item is offered twice and an error of one pipeline hides the other's; count in one of them", other, p.id, r)
				continue
			}
			first[key] = p.id
		}
	}
}

// alerts warns of rules whose alerts nobody receives.
func (x *examination) alerts(pipelines []pipeline) {
	for _, id := range slices.Sorted(maps.Keys(x.section("exporters"))) {
		path := "exporters::" + id + "::"
		runs := slices.ContainsFunc(pipelines, func(p pipeline) bool { return slices.Contains(p.exporters, id) })
		if typeOf(id) == tsdbType && runs && len(x.texts(path+"rule_files")) > 0 && len(x.texts(path+"alertmanagers")) == 0 {
			x.warn("alerts reach nobody: exporters::%s evaluates rules and names no Alertmanager; name one as %salertmanagers: [host:9093]", id, path)
		}
	}
}

// endpoints finds where the page's example is sent and asked for.
func (x *examination) endpoints() {
	for _, id := range slices.Sorted(maps.Keys(x.section("receivers"))) {
		path := "receivers::" + id + "::protocols::http"
		if (typeOf(id) == otlpType || typeOf(id) == doorType) && x.conf.IsSet(path) {
			x.found.OTLP = x.baseURL(path, defaultOTLP)
			break
		}
	}
	for _, id := range slices.Sorted(maps.Keys(x.section("exporters"))) {
		if typeOf(id) == tsdbType {
			x.found.Store = x.baseURL("exporters::"+id, defaultTSDB)
			break
		}
	}
}

// baseURL is how a client on this machine reaches an endpoint.
func (x *examination) baseURL(path, otherwise string) string {
	endpoint, _ := x.conf.Get(path + "::endpoint").(string)
	host, port, err := net.SplitHostPort(endpoint)
	if err != nil {
		return otherwise
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	scheme := "http://"
	if x.conf.Get(path+"::tls") != nil {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port)
}
