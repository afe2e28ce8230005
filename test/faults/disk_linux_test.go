// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/campaign"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

const mebibyte = 1 << 20

// disk is a small file system in memory.
type disk struct{ path string }

func mount(t *testing.T, size int) disk {
	t.Helper()
	d := disk{t.TempDir()}
	require.NoError(t, syscall.Mount("tmpfs", d.path, "tmpfs", 0, fmt.Sprintf("size=%d", size)), "this test mounts a file system: run it as root")
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(d.path, syscall.MNT_DETACH)) })
	return d
}

func (d disk) free(t *testing.T) int64 {
	t.Helper()
	var s syscall.Statfs_t
	require.NoError(t, syscall.Statfs(d.path, &s))
	return int64(s.Bavail) * s.Bsize
}

// fill takes what is free but for a rest.
func (d disk) fill(t *testing.T, name string, rest int64) {
	t.Helper()
	f, err := os.Create(filepath.Join(d.path, name))
	require.NoError(t, err)
	err = syscall.Fallocate(int(f.Fd()), 0, 0, max(1, d.free(t)-rest))
	if !errors.Is(err, syscall.ENOSPC) { // somebody else was faster
		require.NoError(t, err)
	}
	require.NoError(t, f.Close())
}

func (d disk) empty(t *testing.T, name string) {
	t.Helper()
	require.NoError(t, os.Remove(filepath.Join(d.path, name)))
}

// TestAFullDiskRefusesUntilThereIsRoom fills the ledger's disk, first so that
// the ledger sees it coming, then at once and to the last byte.
func TestAFullDiskRefusesUntilThereIsRoom(t *testing.T) {
	t.Parallel()
	line := campaign.Line{What: "full disk, by steps and at once"}
	for range campaign.Rounds(t, 1, 50) {
		line.Peak = max(line.Peak, fullDisk(t))
		line.Tried += 2
	}
	campaign.Report(t, line)
}

// fullDisk fills a disk twice, and returns the peak of the process's memory.
func fullDisk(t *testing.T) (peak int) {
	t.Helper()
	d := mount(t, 256*mebibyte)
	settings := on(d.path)
	c := collector.Start(t, settings)
	s := &sender{c: c, at: time.Now().Add(-2 * time.Minute)}
	s.acknowledged(t)

	d.fill(t, "ballast", 20*mebibyte)
	s.refused(t)
	d.fill(t, "more ballast", 0) // and what the ledger gave back
	s.refused(t)
	d.empty(t, "ballast")
	d.empty(t, "more ballast")
	s.acknowledged(t)
	s.holds(t)

	s.flood(t, func() { d.fill(t, "ballast", 0) })
	s.refused(t)
	hold := time.NewTimer(5 * time.Second) // attempts to go on in vain
	<-hold.C
	s.refused(t)
	d.empty(t, "ballast")
	s.acknowledged(t)
	s.holds(t)

	peak = c.Memory(t).Peak
	c.Kill()
	s.c = collector.Start(t, settings)
	s.holds(t)
	s.acknowledged(t)
	s.c.Eventually(t, func() error {
		figures, err := s.c.Figures("acme")
		if got := figures[`usage_consumption_total{meter="documents",unit="documents"}`]; err == nil && got != s.counted {
			err = fmt.Errorf("%v documents, not %v", got, s.counted)
		}
		return err
	})
	s.c.Kill()
	return peak
}

// sender sends one document after the other, each until it is acknowledged.
type sender struct {
	c       *collector.Collector
	at      time.Time
	counted float64 // acknowledged documents
}

// once sends the next document, with others beside it, and returns the status
// of the answer.
func (s *sender) once(ctx context.Context, beside ...collector.Event) (int, error) {
	body, err := collector.Logs(append(beside, collector.Event{
		Organization: "acme", Action: "document.created", Time: s.at, UID: fmt.Sprint(s.counted),
	})...)
	if err != nil {
		return 0, err
	}
	status, err := s.c.Post(ctx, "/v1/logs", "application/x-protobuf", body)
	if status == http.StatusOK {
		s.counted++
	}
	return status, err
}

// soon is how long the ledger may take to notice that the disk is full, or no
// longer.
const soon = 10 * time.Second

// acknowledged sends ten documents, of which the first is taken in soon.
func (s *sender) acknowledged(t *testing.T) {
	t.Helper()
	for range 10 {
		s.c.Within(t, soon, func() error {
			status, err := s.once(t.Context())
			if err == nil && status != http.StatusOK {
				err = fmt.Errorf("answered %d", status)
			}
			return err
		})
	}
	s.c.Within(t, soon, func() error {
		if status, body := s.c.Get(t, "/-/ready"); status != http.StatusOK {
			return fmt.Errorf("not ready: %s", body)
		}
		return nil
	})
}

// refused waits until documents are refused, with an answer after which clients
// send again, and looks at what has to work all the same.
func (s *sender) refused(t *testing.T) {
	t.Helper()
	s.c.Within(t, soon, func() error {
		status, err := s.once(t.Context())
		if err == nil && status != http.StatusServiceUnavailable {
			err = fmt.Errorf("answered %d", status)
		}
		return err
	})
	status, why := s.c.Get(t, "/-/ready")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Regexp(t, "disk is full|no space left", why)
	for _, path := range []string{"/", "/-/healthy", "/api/v1/organizations", "/api/v1/status"} {
		status, body := s.c.Get(t, path)
		require.Equal(t, http.StatusOK, status, "%s: %s", path, body)
	}
	require.True(t, s.c.Alive())
}

// crowd is some 100 kB for the ledger to write: users whom it has not seen.
func (s *sender) crowd() []collector.Event {
	users := make([]collector.Event, 400)
	for i := range users {
		users[i] = collector.Event{
			Organization: "crowd", User: fmt.Sprintf("%0200f-%d", s.counted, i), Action: "course.accessed", Time: s.at,
			Attributes: map[string]any{"user.status": "active"},
		}
	}
	return users
}

// flood sends without a pause while something happens, until it is refused: the
// ledger meets the full disk in the middle of its writes.
func (s *sender) flood(t *testing.T, happens func()) {
	t.Helper()
	for n := range 1000 {
		if n == 20 {
			happens()
		}
		status, err := s.once(t.Context(), s.crowd()...)
		require.NoError(t, err)
		if status == http.StatusServiceUnavailable {
			return
		}
		require.Equal(t, http.StatusOK, status)
	}
	require.Fail(t, "a full disk takes everything in")
}

// holds requires that what was acknowledged is counted, once.
func (s *sender) holds(t *testing.T) {
	t.Helper()
	items, err := s.c.Items()
	require.NoError(t, err)
	require.EqualValues(t, s.counted, items["acme"]["counted"])
}
