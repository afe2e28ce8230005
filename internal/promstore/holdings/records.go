// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package holdings

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/prometheus/prometheus/tsdb/record"
	"github.com/prometheus/prometheus/tsdb/wlog"
)

// passedOver finds records that the TSDB takes for those of a newer version, and says
// nothing of. The checksum of a record leaves out its first byte, with the bit for
// compression: where that is damaged the record is read as what it is not. It costs a
// second reading of the logs, without what is made of them.
func passedOver(dir string, is, was Holdings) (lost []Loss, err error) {
	for _, name := range Logs {
		of, log := is.Logs[name], filepath.Join(dir, name)
		if of.Checkpoint >= 0 {
			checkpoint := fmt.Sprintf("checkpoint.%08d", of.Checkpoint)
			more, failed := passedOverIn(wlog.SegmentRange{Dir: filepath.Join(log, checkpoint), First: -1, Last: -1}, name+"/"+checkpoint, is, was)
			lost, err = append(lost, more...), errors.Join(err, failed)
		}
		if len(of.Segments) > 0 {
			more, failed := passedOverIn(wlog.SegmentRange{Dir: log, First: of.Checkpoint + 1, Last: -1}, name, is, was)
			lost, err = append(lost, more...), errors.Join(err, failed)
		}
	}
	return lost, err
}

func passedOverIn(segments wlog.SegmentRange, name string, is, was Holdings) (lost []Loss, err error) {
	read, err := wlog.NewSegmentsRangeReader(segments)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, read.Close()) }()
	decoder := record.NewDecoder(nil, nil)
	r := wlog.NewReader(read)
	for r.Next() { // what ends it before the end the TSDB meets as well
		if decoder.Type(r.Record()) == record.Unknown {
			lost = append(lost, Loss{
				Path: fmt.Sprintf("%s/%08d", name, r.Segment()), What: fmt.Sprintf("a record that ends at byte %d is damaged: it is passed over", r.Offset()),
				From: was.At, To: is.At, Found: is.At,
			})
		}
	}
	return lost, nil
}
