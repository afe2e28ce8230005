// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"context"
	"fmt"
	"maps"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottldatapoint"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottllog"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspan"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspanevent"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/ottlfuncs"
	"go.opentelemetry.io/collector/component"
	"go.uber.org/zap"
)

// condition is one OTTL condition in each of the contexts in which an item can
// stand. Where it means nothing (a span has no severity) it is nil, and its
// evaluation fails.
type condition struct {
	comparison *comparison // set where the condition is no more than that

	log       *ottl.Condition[*ottllog.TransformContext]
	span      *ottl.Condition[*ottlspan.TransformContext]
	spanEvent *ottl.Condition[*ottlspanevent.TransformContext]
	dataPoint *ottl.Condition[*ottldatapoint.TransformContext]
}

// conditions compiles conditions, each text once.
type conditions struct {
	compiled  map[string]*condition
	log       ottl.Parser[*ottllog.TransformContext]
	span      ottl.Parser[*ottlspan.TransformContext]
	spanEvent ottl.Parser[*ottlspanevent.TransformContext]
	dataPoint ottl.Parser[*ottldatapoint.TransformContext]
}

func newConditions() (*conditions, error) {
	settings := component.TelemetrySettings{Logger: zap.NewNop()}
	c := &conditions{compiled: map[string]*condition{"": nil}}
	var err error
	if c.log, err = ottllog.NewParser(functions[*ottllog.TransformContext](), settings); err != nil {
		return nil, fmt.Errorf("prepare conditions on logs: %w", err)
	}
	if c.span, err = ottlspan.NewParser(functions[*ottlspan.TransformContext](), settings); err != nil {
		return nil, fmt.Errorf("prepare conditions on spans: %w", err)
	}
	if c.spanEvent, err = ottlspanevent.NewParser(functions[*ottlspanevent.TransformContext](), settings); err != nil {
		return nil, fmt.Errorf("prepare conditions on span events: %w", err)
	}
	if c.dataPoint, err = ottldatapoint.NewParser(functions[*ottldatapoint.TransformContext](), settings); err != nil {
		return nil, fmt.Errorf("prepare conditions on data points: %w", err)
	}
	return c, nil
}

// functions are OTTL's converters without the clock and chance: a condition
// must say the same of a resent or replayed item.
func functions[K any]() map[string]ottl.Factory[K] {
	f := ottlfuncs.StandardConverters[K]()
	maps.DeleteFunc(f, func(name string, _ ottl.Factory[K]) bool {
		return name == "Now" || name == "UUID" || name == "UUIDv7"
	})
	return f
}

// compile returns nil for the empty condition, which always holds.
func (c *conditions) compile(text string) (*condition, error) {
	if known, ok := c.compiled[text]; ok {
		return known, nil
	}
	log, err := c.log.ParseCondition(text)
	if err != nil {
		return nil, err
	}
	compiled := &condition{log: log, comparison: comparisonOf(text)}
	// Which of the other contexts know its paths is decided here, once; an
	// error leaves nil, of which evaluation tells.
	compiled.span, _ = c.span.ParseCondition(text)
	compiled.spanEvent, _ = c.spanEvent.ParseCondition(text)
	compiled.dataPoint, _ = c.dataPoint.ParseCondition(text)
	c.compiled[text] = compiled
	return compiled, nil
}

// holds evaluates one compiled condition; ok is false where it does not exist
// in this context or fails.
func holds[K any](c *ottl.Condition[K], item K) (holds, ok bool) {
	if c == nil {
		return false, false
	}
	holds, err := c.Eval(context.Background(), item)
	return holds, err == nil
}
