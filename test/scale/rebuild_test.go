// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-usage/otelcol-usage/internal/backup"
	"github.com/otelcol-usage/otelcol-usage/test/campaign"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// usagectl runs the built program with the environment of a shard.
func (y *topology) usagectl(t *testing.T, shard string, args ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), filepath.Join(collector.Root(t), "bin", "usagectl"), args...)
	command.Dir = collector.Root(t)
	command.Env = append(os.Environ(), "USAGE_SHARD="+shard, "USAGE_MAP="+y.mapFile, "USAGE_KEY="+key, "USAGE_DATA="+y.directory)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	if err := command.Run(); err != nil {
		return out.String(), fmt.Errorf("usagectl %s: %w: %s", args[0], err, errs.String())
	}
	return out.String(), nil
}

// rebuild makes a ledger directory of a shard, with further flags.
func (y *topology) rebuild(t *testing.T, shard, to string, flags ...string) (string, error) {
	t.Helper()
	overlay := file(t, settings(y.catalogue, openPeriods))
	return y.usagectl(t, shard, append([]string{
		"rebuild", "--from-kafka", y.broker, "--to", to,
		"--config", "config/victoriametrics.yaml", "--config", "config/scale/shard.yaml", "--config", overlay,
	}, flags...)...)
}

// TestALostShardIsRebuiltFromItsBackupAndTheLog backs a shard up while events come in,
// loses its disk, and makes its ledger anew of the backup and of the topics, and of the
// topics alone: both show what it showed, and what a single node shows.
func TestALostShardIsRebuiltFromItsBackupAndTheLog(t *testing.T) {
	t.Parallel()
	random := campaign.Random(t)
	ids := organizations(8)
	events := makeEvents(random, campaign.Pick(2_000, 200_000), ids, time.Now())
	y := newTopology(t, "a", "b")
	y.catalogue = customers(t, ids)
	whole := startNode(t, "", y.catalogue)
	y.startGateway(t)
	a, b := y.startShard(t, "a", ""), y.startShard(t, "b", "")
	sendAll(t, whole.http, requests(t, random, events, 25, 0), nil)
	all := requests(t, random, events, 25, 0.1)
	tar := filepath.Join(y.directory, "a.tar")
	sendAll(t, y.gatewayAddress, all, func(i int) {
		if i == len(all)/2 {
			_, err := y.usagectl(t, "a", "backup", tar, "--api", "http://"+a.api)
			require.NoError(t, err)
		}
	})
	becomeSame(t, whole, a, b)

	// It ends in order, so that its directory can be compared with, and is lost.
	a.Terminate(t)
	require.Zero(t, a.End(t, limit))
	lost, here := filepath.Join(y.directory, "lost"), filepath.Join(y.directory, "a", "ledger")
	require.NoError(t, os.Rename(here, lost))
	began := time.Now()
	said, err := y.rebuild(t, "a", here, "--from", tar, "--check", lost)
	require.NoError(t, err)
	require.Regexp(t, `[1-9]\d* figures and [1-9]\d* statements are equal to those of`, said)
	t.Logf("%s(%s)", said, time.Since(began).Round(time.Millisecond))

	alone := filepath.Join(y.directory, "alone")
	said, err = y.rebuild(t, "a", alone, "--check", lost)
	require.NoError(t, err, "from the topics alone")
	require.Regexp(t, `[1-9]\d* figures and [1-9]\d* statements are equal to those of`, said)
	t.Log(said)

	a.restart(t)
	a.Eventually(t, a.ready)
	becomeSame(t, whole, a, b)
	t.Logf("%d statements and all bills are equal", billSame(t, y.catalogue, whole, a, b))

	// Nothing that is there is overwritten, and a directory with less is told from it.
	_, err = y.rebuild(t, "a", here)
	require.ErrorContains(t, err, "the directory is not empty")
	_, err = y.rebuild(t, "a", filepath.Join(y.directory, "less"), "--since", time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "--check", lost)
	require.ErrorContains(t, err, "differ; the first:")
	_, err = y.rebuild(t, "a", filepath.Join(y.directory, "none"), "--topic", "usage-z")
	require.ErrorContains(t, err, "usage-z-logs")
	require.NoDirExists(t, filepath.Join(y.directory, "none"))
}

// TestAnOldLogCountsNothingTwice rebuilds from a topic that reaches back behind the
// acceptance span, twice: what is in the ledger already, and older than what it
// remembers by key, is late.
func TestAnOldLogCountsNothingTwice(t *testing.T) {
	t.Parallel()
	y := newTopology(t, "a")
	now := time.Now()
	day := func(ago int) time.Time { return now.Add(-time.Duration(ago) * 24 * time.Hour) }
	produced := 0
	produce := func(at time.Time, organization, uid string, minutes float64) {
		t.Helper()
		logs := plog.NewLogs()
		r := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
		r.SetEventName("transcription.finished")
		r.SetTimestamp(pcommon.NewTimestampFromTime(at.Add(-time.Second)))
		r.Attributes().PutStr("organization.id", organization)
		r.Attributes().PutStr("log.record.uid", uid)
		r.Attributes().PutDouble("transcription.minutes", minutes)
		body, err := (&plog.ProtoMarshaler{}).MarshalLogs(logs)
		require.NoError(t, err)
		client, err := kgo.NewClient(kgo.SeedBrokers(y.broker), kgo.RecordPartitioner(kgo.ManualPartitioner()))
		require.NoError(t, err)
		defer client.Close()
		result := client.ProduceSync(t.Context(), &kgo.Record{Topic: "usage-a-logs", Partition: int32(produced % 3), Value: body, Timestamp: at})
		require.NoError(t, result.FirstErr())
		produced++
	}
	// Every four days from day 80 on, in three partitions; each is sent once more a day later.
	for n, ago := 0, 80; ago > 0; n, ago = n+1, ago-4 {
		produce(day(ago), "acme", fmt.Sprintf("uid-%d", n), 1)
		produce(day(ago-1), "acme", fmt.Sprintf("uid-%d", n), 1)
	}
	first := filepath.Join(y.directory, "first")
	said, err := y.rebuild(t, "a", first)
	require.NoError(t, err)
	require.Contains(t, said, "40 messages of 9 partitions with 40 items")

	// All of it once more, on top of a backup that has it.
	tar := filepath.Join(y.directory, "first.tar")
	f, err := os.Create(tar)
	require.NoError(t, err)
	require.NoError(t, backup.Write(t.Context(), vfs.Default, first, f))
	require.NoError(t, f.Close())
	_, err = y.rebuild(t, "a", filepath.Join(y.directory, "a", "ledger"), "--from", tar, "--check", first)
	require.NoError(t, err)

	// And once more by the shard, whose group has no offsets.
	a := y.startShard(t, "a", "")
	a.Within(t, limit, eachSecond(func() error {
		var items []struct {
			ID    string
			Items map[string]map[string]int
		}
		if err := collector.Ask("http://"+a.api+"/api/v1/organizations", &items); err != nil {
			return err
		}
		received := map[string]int{}
		for _, o := range items {
			for outcome, n := range o.Items["logs"] {
				received[outcome] += n
			}
		}
		if received["counted"] != 20 || received["counted"]+received["duplicate"]+received["late"] != 3*40 {
			return fmt.Errorf("items: %v", received)
		}
		now, err := show(a.api, "acme")
		if total := now.figures[`usage_consumption_total{meter="transcription_minutes",unit="min"}`]; err == nil && total != 20 {
			err = fmt.Errorf("%v minutes", total)
		}
		return err
	}))
}

// TestAShardOfAMillionUsersIsRebuilt measures: a million users whose backup is a day old,
// and a day of messages in which each does something.
func TestAShardOfAMillionUsersIsRebuilt(t *testing.T) {
	if !campaign.Long() {
		campaign.NotRun(t, "a shard of a million users, rebuilt", "takes minutes; make crash runs it")
	}
	t.Parallel()
	const users, together, customers = 1_000_000, 200, 50
	y := newTopology(t, "a")
	client, err := kgo.NewClient(kgo.SeedBrokers(y.broker), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	require.NoError(t, err)
	defer client.Close()
	produce := func(begin time.Time) {
		t.Helper()
		for n := 0; n < users; n += together {
			at := begin.Add(time.Duration(float64(24*time.Hour) * float64(n) / users))
			logs := plog.NewLogs()
			records := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
			for i := n; i < n+together; i++ {
				r := records.AppendEmpty()
				r.SetEventName("course.accessed")
				r.SetTimestamp(pcommon.NewTimestampFromTime(at.Add(-time.Second)))
				r.Attributes().PutStr("organization.id", fmt.Sprintf("customer-%02d", (n/together)%customers))
				r.Attributes().PutStr("user.id", fmt.Sprintf("user-%07d", i))
				r.Attributes().PutStr("user.status", "active")
			}
			body, err := (&plog.ProtoMarshaler{}).MarshalLogs(logs)
			require.NoError(t, err)
			client.Produce(t.Context(), &kgo.Record{Topic: "usage-a-logs", Partition: int32(n / together % 3), Value: body, Timestamp: at}, func(_ *kgo.Record, err error) {
				if err != nil {
					t.Error(err)
				}
			})
		}
		require.NoError(t, client.Flush(t.Context()))
	}
	begin := time.Now().Add(-48 * time.Hour)
	produce(begin)
	before := filepath.Join(y.directory, "before")
	began := time.Now()
	said, err := y.rebuild(t, "a", before)
	require.NoError(t, err)
	t.Logf("%s without a backup, %s", time.Since(began).Round(time.Second), said)
	tar := filepath.Join(y.directory, "before.tar")
	f, err := os.Create(tar)
	require.NoError(t, err)
	require.NoError(t, backup.Write(t.Context(), vfs.Default, before, f))
	require.NoError(t, f.Close())

	produce(begin.Add(24 * time.Hour))
	began = time.Now()
	said, err = y.rebuild(t, "a", filepath.Join(y.directory, "after"), "--from", tar, "--since", begin.Add(24*time.Hour).UTC().Format(time.RFC3339))
	require.NoError(t, err)
	took := time.Since(began)
	t.Logf("%s with a backup, %s", took.Round(time.Second), said)
	require.Contains(t, said, "1000000 items")
	campaign.Report(t, campaign.Line{What: "a shard of 1 M users, rebuilt of a backup and a day of messages", Tried: 1, Longest: took})
}
