// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
)

// seconds writes an instant as Prometheus reads it.
func seconds(t time.Time) string {
	return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', -1, 64)
}

// readAnswer reads the data of an answer. A scalar is one series without labels.
func readAnswer(data []byte, a *answer) error {
	var raw struct {
		Type   model.ValueType `json:"resultType"`
		Result json.RawMessage `json:"result"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	a.Type = raw.Type
	switch raw.Type {
	case model.ValScalar:
		var pair model.SamplePair
		if err := json.Unmarshal(raw.Result, &pair); err != nil {
			return err
		}
		a.Result = samples{{Metric: model.Metric{}, Value: &pair}}
		return nil
	case model.ValVector, model.ValMatrix:
		return json.Unmarshal(raw.Result, &a.Result)
	}
	return fmt.Errorf("the result is a %s: ask for numbers", raw.Type)
}
