// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/schedule"
)

// memoryName is the name under which the ledger keeps the rows:
//
//	s id             a schedule and how far it has come, JSON
//	d id delivery    a delivery, JSON
//
// Parts of a key are separated by a zero byte.
const memoryName = "schedules"

// entry is a schedule and what became of it.
type entry struct {
	Schedule schedule.Schedule `json:"schedule"`
	// Seen is up to when runs have become deliveries, Run the key of the last.
	Seen time.Time `json:"seen"`
	Run  string    `json:"run,omitempty"`

	deliveries map[string]*Delivery
	problem    string // why its next run is not known
}

func scheduleKey(id string) string { return "s\x00" + id }

func deliveryKey(d *Delivery) string { return "d\x00" + d.Schedule + "\x00" + d.ID }

// rows gathers what is to be on disk together.
type rows map[string][]byte

func (r rows) put(key string, value any) {
	row, err := json.Marshal(value)
	if err != nil {
		panic(err) // they are structs of texts and times
	}
	r[key] = row
}

func (r rows) schedule(e *entry) { r.put(scheduleKey(e.Schedule.ID), e) }
func (r rows) delivery(list ...*Delivery) {
	for _, d := range list {
		r.put(deliveryKey(d), d)
	}
}

// remember writes rows. They are written wholly whoever waits for it.
func (d *Dispatcher) remember(ctx context.Context, r rows) error {
	if err := d.Memory.Remember(context.WithoutCancel(ctx), memoryName, r); err != nil {
		return fmt.Errorf("keep schedules: %w", err)
	}
	return nil
}

// recall reads what was kept. What cannot be read is left where it is.
func (d *Dispatcher) recall(ctx context.Context) error {
	kept, err := d.Memory.Recall(ctx, memoryName)
	if err != nil {
		return fmt.Errorf("recall schedules: %w", err)
	}
	d.entries = map[string]*entry{}
	var deliveries []*Delivery
	for key, row := range kept {
		var err error
		switch kind, id, _ := strings.Cut(key, "\x00"); kind {
		case "s":
			e := &entry{deliveries: map[string]*Delivery{}}
			if err = json.Unmarshal(row, e); err == nil {
				d.entries[id] = e
			}
		case "d":
			delivery := &Delivery{}
			if err = json.Unmarshal(row, delivery); err == nil {
				deliveries = append(deliveries, delivery)
			}
		}
		if err != nil {
			d.Logger.Error("a row of the schedules cannot be read", zap.String("row", strings.ReplaceAll(key, "\x00", " ")), zap.Error(err))
		}
	}
	for _, delivery := range deliveries {
		if e := d.entries[delivery.Schedule]; e != nil {
			e.deliveries[delivery.ID] = delivery
		}
	}
	return nil
}

// maxHistory bounds the deliveries of a schedule that are over.
const maxHistory = 200

// forget drops the oldest of those that are over.
func (e *entry) forget(r rows) {
	var over []*Delivery
	for _, d := range e.deliveries {
		if d.State != Due {
			over = append(over, d)
		}
	}
	if len(over) <= maxHistory {
		return
	}
	slices.SortFunc(over, func(x, y *Delivery) int { return x.Done.Compare(y.Done) })
	for _, d := range over[:len(over)-maxHistory] {
		r[deliveryKey(d)] = nil
		delete(e.deliveries, d.ID)
	}
}
