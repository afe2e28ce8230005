// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/schedule"
)

// Delivery is a report on its way to one recipient.
type Delivery struct {
	// ID is that of the message, the same at each try.
	ID       string `json:"id"`
	Schedule string `json:"schedule"`
	// Run is the key of the run that it is of.
	Run       string          `json:"run"`
	Period    schedule.Period `json:"period"`
	Recipient string          `json:"recipient"`
	Test      bool            `json:"test,omitempty"`
	// Missed is how many runs before this one were due as well, while nothing
	// was sent: they are not made up for one by one.
	Missed int `json:"missed,omitempty"`

	State State `json:"state"`
	// Due is when the report was due, Created when that was seen.
	Due     time.Time `json:"due"`
	Created time.Time `json:"created"`
	// Made is when the report was made for the first recipient of the run: all
	// of them get what was known then.
	Made     time.Time `json:"made,omitzero"`
	Attempts int       `json:"attempts"`
	// Error is that of the last try; "": there was none.
	Error string `json:"error,omitempty"`
	// Next is the time of the next try of one that is due.
	Next time.Time `json:"next,omitzero"`
	// Sent is when it arrived, Done when it was through: in between, the ledger
	// is told what has been billed.
	Sent time.Time `json:"sent,omitzero"`
	Done time.Time `json:"done,omitzero"`
}

// State is what has become of a delivery.
type State string

// The states.
const (
	Due       State = "due"
	Delivered State = "delivered"
	// Failed ones have been tried for as long as tries go on. They stay so until
	// somebody tries them again.
	Failed State = "failed"
	// Cancelled ones were due when their recipient was taken from the schedule,
	// or when it was switched off.
	Cancelled State = "cancelled"
)

// Tries go on for tryFor, the first after firstPause, then after twice as long
// as before, but never more than maxPause.
const (
	tryFor     = 72 * time.Hour
	firstPause = time.Minute
	maxPause   = time.Hour
)

// fail notes a try that failed, and when the next one is.
func (d *Delivery) fail(now time.Time, err error) {
	d.Error = err.Error()
	if pause := min(firstPause<<min(d.Attempts-1, 10), maxPause); now.Add(pause).Before(d.Created.Add(tryFor)) {
		d.Next = now.Add(pause)
		return
	}
	d.end(Failed, now)
}

// end takes a delivery out of those that are due.
func (d *Delivery) end(s State, now time.Time) {
	d.State, d.Done, d.Next = s, now, time.Time{}
}

// again makes one that has failed due.
func (d *Delivery) again(now time.Time) {
	d.State, d.Created, d.Next, d.Done, d.Attempts = Due, now, now, time.Time{}, 0
}

// inOrder sorts deliveries so that those of one run are beside one another.
func inOrder(x, y *Delivery) int {
	return cmp.Or(x.Due.Compare(y.Due), strings.Compare(x.Schedule, y.Schedule), strings.Compare(x.Run, y.Run), strings.Compare(x.Recipient, y.Recipient))
}

// messageID tells the delivery of a run to a recipient from all others. A
// schedule that is made anew under an old id has others.
func messageID(s *schedule.Schedule, run, recipient string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{s.ID, s.Created.UTC().Format(time.RFC3339Nano), run, recipient}, "\x00")))
	return hex.EncodeToString(sum[:16])
}
