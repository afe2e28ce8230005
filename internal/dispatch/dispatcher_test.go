// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/deliver"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/schedule"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

var due = time.Date(2026, 11, 4, 5, 0, 0, 0, time.UTC) // 06:00 in Berlin

func TestAReportReachesEachRecipientOnceInEachPeriod(t *testing.T) {
	o := open(t, &disk{})
	id := o.create(t, monthly(func(s *schedule.Schedule) { s.Recipients = []string{"jane@example.com", "joe@example.com"} }))
	require.Equal(t, "acme-monthly-acme", id)
	o.pass(t, noon, due.AddDate(0, 1, 0))
	require.Equal(t, []string{
		"jane@example.com Billing report: Acme GmbH, Period 2026-10", "joe@example.com Billing report: Acme GmbH, Period 2026-10",
		"jane@example.com Billing report: Acme GmbH, Period 2026-11", "joe@example.com Billing report: Acme GmbH, Period 2026-11",
	}, o.postman.list())
	require.Len(t, o.maker.made, 2, "a report is made once for all recipients")
	require.Len(t, o.maker.billed, 4)
	require.Equal(t, due, o.maker.billed[0].At)

	got := o.history(t, id)
	require.Len(t, got, 4)
	require.Equal(t, Delivered, got[0].State)
	require.Equal(t, due, got[0].Due)
	require.Equal(t, due, got[0].Done)
	require.Equal(t, 1, got[0].Attempts)
	require.Empty(t, got[0].Error)

	o.restart(t)
	o.pass(t, due.AddDate(0, 1, 0), due.AddDate(0, 1, 7))
	require.Len(t, o.postman.sent, 4, "what was delivered is known after a restart")
}

func TestWhatFailsStaysDueAndIsTriedForThreeDays(t *testing.T) {
	for name, fail := range map[string]func(o *office){
		"the mail server": func(o *office) { o.postman.fails = func(string) error { return errors.New("451 not today") } },
		"the report":      func(o *office) { o.maker.fails = errors.New("no font") },
		"a panic":         func(o *office) { o.maker.panics = true },
		"what was billed": func(o *office) { o.maker.unbilled = usage.ErrUnavailable },
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t, &disk{})
			id := o.create(t, monthly())
			fail(o)
			o.pass(t, noon, due.Add(71*time.Hour))
			d := o.history(t, id)[0]
			require.Equal(t, Due, d.State)
			require.NotEmpty(t, d.Error)
			require.NotContains(t, d.Error, "canary")
			require.Greater(t, d.Attempts, 70)
			require.Less(t, d.Attempts, 90, "pauses grow to an hour")
			require.Equal(t, []usage.Figure{{Series: usage.DeliveriesDue, Value: 1}, {Series: usage.DeliveriesFailed, Value: 0}}, o.Figures()["acme"])

			o.restart(t)
			o.pass(t, due.Add(71*time.Hour), due.Add(80*time.Hour))
			require.Equal(t, Failed, o.history(t, id)[0].State)
			require.Equal(t, []usage.Figure{{Series: usage.DeliveriesDue, Value: 0}, {Series: usage.DeliveriesFailed, Value: 1}}, o.Figures()["acme"])

			o.postman.fails, o.maker.fails, o.maker.panics, o.maker.unbilled = nil, nil, false, nil
			o.pass(t, due.Add(80*time.Hour), due.Add(90*time.Hour))
			require.Equal(t, Failed, o.history(t, id)[0].State, "nobody asked for another try")
			n, err := o.Retry(t.Context(), id, due.Add(90*time.Hour))
			require.NoError(t, err)
			require.Equal(t, 1, n)
			o.pass(t, due.Add(90*time.Hour), due.Add(91*time.Hour))
			d = o.history(t, id)[0]
			require.Equal(t, Delivered, d.State)
			require.Empty(t, d.Error)
			require.Equal(t, []usage.Figure{{Series: usage.DeliveriesDue, Value: 0}, {Series: usage.DeliveriesFailed, Value: 0}}, o.Figures()["acme"])
			require.NotEmpty(t, o.postman.sent)
			require.NotEmpty(t, o.maker.billed)
		})
	}
}

func TestTheBillIsSentOnceAlsoWhereTheLedgerIsToldLater(t *testing.T) {
	o := open(t, &disk{})
	o.create(t, monthly())
	o.maker.unbilled = usage.ErrUnavailable
	o.pass(t, noon, due.Add(time.Hour))
	require.Len(t, o.postman.sent, 1)
	o.maker.unbilled = nil
	o.pass(t, due.Add(time.Hour), due.Add(3*time.Hour))
	require.Len(t, o.postman.sent, 1)
	require.Equal(t, due, o.maker.billed[len(o.maker.billed)-1].At, "as of when the report was made that was sent")
}

func TestACrashBetweenSendingAndWritingItDownSendsTheSameMessage(t *testing.T) {
	o := open(t, &disk{})
	id := o.create(t, monthly())
	o.postman.after = func() { o.disk.full = usage.ErrUnavailable } // nothing more reaches the disk
	o.step(t.Context(), due)
	require.Len(t, o.postman.sent, 1)

	o.disk.full, o.postman.after = nil, nil
	o.restart(t)
	o.pass(t, due.Add(time.Minute), due.Add(time.Hour))
	require.Len(t, o.postman.sent, 2)
	first, second := o.postman.sent[0], o.postman.sent[1]
	require.Equal(t, first.ID, second.ID)
	require.Equal(t, first.Files, second.Files, "made as of the same instant")
	require.Equal(t, Delivered, o.history(t, id)[0].State)
}

func TestADiskThatIsFullSendsNothingTwice(t *testing.T) {
	o := open(t, &disk{})
	o.create(t, monthly())
	o.postman.after = func() { o.disk.full = usage.ErrUnavailable }
	o.pass(t, noon, due.Add(10*time.Minute))
	require.Len(t, o.postman.sent, 1)
	o.disk.full = nil
	o.pass(t, due.Add(10*time.Minute), due.Add(20*time.Minute))
	require.Len(t, o.postman.sent, 1, "the process knows that it was sent")

	o = open(t, &disk{})
	o.create(t, monthly())
	o.disk.full = usage.ErrUnavailable
	o.pass(t, noon, due.Add(10*time.Minute))
	require.Empty(t, o.postman.sent, "what is not on disk is not begun")
	o.disk.full = nil
	o.pass(t, due.Add(10*time.Minute), due.Add(20*time.Minute))
	require.Len(t, o.postman.sent, 1)
}

func TestRunsThatWereMissedAreMadeUpForOnce(t *testing.T) {
	o := open(t, &disk{})
	id := o.create(t, monthly(func(s *schedule.Schedule) { s.Report, s.Cadence = report.UsageSummary, "daily" }))
	o.pass(t, noon, noon.AddDate(0, 0, 2))
	require.Len(t, o.postman.sent, 2)
	o.restart(t)
	o.pass(t, noon.AddDate(0, 0, 10), noon.AddDate(0, 0, 11))
	require.Len(t, o.postman.sent, 4)
	got := o.history(t, id)
	require.Equal(t, "2026-11-08", got[2].Period.Name, "the latest of those that were due")
	require.Equal(t, 7, got[2].Missed)
	require.Equal(t, "2026-11-09", got[3].Period.Name)
	require.Zero(t, got[3].Missed)
}

func TestCronDoesNotPileUpWhatDoesNotArrive(t *testing.T) {
	o := open(t, &disk{})
	id := o.create(t, monthly(func(s *schedule.Schedule) { s.Cadence = "cron: * * * * *" }))
	o.pass(t, noon, noon.Add(3*time.Minute))
	require.Len(t, o.postman.sent, 3)
	require.NotEqual(t, o.postman.sent[0].ID, o.postman.sent[1].ID)
	o.postman.fails = func(string) error { return errors.New("absent") }
	o.pass(t, noon.Add(3*time.Minute), noon.Add(time.Hour))
	require.Len(t, o.history(t, id), 4, "one waits, about the same month")
}

func TestTheHistoryIsBounded(t *testing.T) {
	o := open(t, &disk{})
	id := o.create(t, monthly(func(s *schedule.Schedule) { s.Cadence = "cron: * * * * *" }))
	o.pass(t, noon, noon.Add(5*time.Hour))
	require.Len(t, o.postman.sent, 300)
	got := o.history(t, id)
	require.Len(t, got, maxHistory)
	require.Equal(t, noon.Add(101*time.Minute), got[0].Due, "the oldest are gone")
	require.Len(t, o.disk.rows, maxHistory+1)
}

func TestOneRecipientDoesNotHinderAnother(t *testing.T) {
	o := open(t, &disk{})
	id := o.create(t, monthly(func(s *schedule.Schedule) {
		s.Recipients = []string{"bad@example.com", "directory", "jane@example.com"}
	}))
	tries := 0
	o.postman.fails = func(to string) error {
		if to == "bad@example.com" {
			tries++
			return errors.New("550 no such user")
		}
		return nil
	}
	o.pass(t, noon, due)
	require.Len(t, o.postman.sent, 2)
	require.Equal(t, 1, tries)

	o.postman.fails = func(string) error {
		tries++
		return fmt.Errorf("mail server: %w", deliver.ErrUnreachable)
	}
	tries = 0
	id2 := o.create(t, monthly(func(s *schedule.Schedule) { s.Recipients = []string{"a@example.com", "b@example.com", "directory"} }))
	o.step(t.Context(), due)
	require.Equal(t, "acme-monthly-acme-2", id2)
	require.Equal(t, 2, tries, "a server that is not there is asked once, and the directory is another matter")
	require.Len(t, o.history(t, id), 3)
	for _, d := range o.history(t, id2) {
		require.Equal(t, 1, d.Attempts)
		require.ErrorContains(t, errors.New(d.Error), "no connection")
	}
}

func TestWhatIsSwitchedOffOrTakenBackIsNotSent(t *testing.T) {
	o := open(t, &disk{})
	id := o.create(t, monthly(func(s *schedule.Schedule) { s.Recipients = []string{"jane@example.com", "joe@example.com"} }))
	o.postman.fails = func(string) error { return errors.New("absent") }
	o.pass(t, noon, due.Add(time.Minute))
	status, err := o.Change(t.Context(), id, monthly(), "bob", due.Add(2*time.Minute))
	require.NoError(t, err)
	require.Equal(t, 1, status.Due)
	require.Equal(t, "ada", status.CreatedBy)
	require.Equal(t, "bob", status.ChangedBy)
	o.postman.fails = nil
	o.pass(t, due.Add(3*time.Minute), due.Add(time.Hour))
	require.Equal(t, []string{"jane@example.com Billing report: Acme GmbH, Period 2026-10"}, o.postman.list())
	require.Equal(t, []State{Delivered, Cancelled}, []State{o.history(t, id)[1].State, o.history(t, id)[0].State})

	_, err = o.Change(t.Context(), id, monthly(func(s *schedule.Schedule) { s.Enabled = false }), "bob", due.AddDate(0, 0, 1))
	require.NoError(t, err)
	o.pass(t, due.AddDate(0, 0, 1), due.AddDate(0, 0, 1).Add(time.Hour))
	_, err = o.Change(t.Context(), id, monthly(), "bob", due.AddDate(0, 3, 0))
	require.NoError(t, err)
	o.step(t.Context(), due.AddDate(0, 3, 0))
	require.Len(t, o.postman.sent, 1, "what was due while it was off is not made up for")

	require.NoError(t, o.Delete(t.Context(), id))
	require.Empty(t, o.disk.rows)
	_, err = o.Get(id)
	require.ErrorIs(t, err, ErrNoSchedule)
}

func TestAScheduleThatIsChangedSendsNoPeriodTwice(t *testing.T) {
	o := open(t, &disk{})
	id := o.create(t, monthly())
	o.pass(t, noon, due.Add(time.Minute))
	require.Len(t, o.postman.sent, 1)
	status, err := o.Change(t.Context(), id, monthly(func(s *schedule.Schedule) { s.Time = "18:00" }), "bob", due.Add(time.Hour))
	require.NoError(t, err)
	o.pass(t, due.Add(time.Hour), due.AddDate(0, 0, 2))
	require.Len(t, o.postman.sent, 1)
	require.Equal(t, id, status.ID)
}

func TestATestIsSentNowAndIsNoBill(t *testing.T) {
	o := open(t, &disk{})
	id := o.create(t, monthly())
	got, err := o.Test(t.Context(), id, "", noon)
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, Delivered, got[0].State)
	require.Equal(t, "2026-09", got[0].Period.Name, "October is not closed")
	got, err = o.Test(t.Context(), id, "else@example.com", noon.Add(time.Second))
	require.NoError(t, err)
	require.Equal(t, "else@example.com", got[0].Recipient)
	require.Equal(t, []string{"jane@example.com [Test] Billing report: Acme GmbH, Period 2026-09", "else@example.com [Test] Billing report: Acme GmbH, Period 2026-09"}, o.postman.list())
	require.Contains(t, o.postman.sent[0].Text, "This is a test")
	require.Empty(t, o.maker.billed)

	o.postman.fails = func(string) error { return errors.New("absent") }
	got, err = o.Test(t.Context(), id, "", noon.Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, Failed, got[0].State)
	require.Equal(t, "absent", got[0].Error)
	require.Equal(t, []usage.Figure{{Series: usage.DeliveriesDue, Value: 0}, {Series: usage.DeliveriesFailed, Value: 0}}, o.Figures()["acme"], "a test is nobody's report")
	o.restart(t)
	require.Len(t, o.history(t, id), 3)

	_, err = o.Test(t.Context(), id, "nobody", noon)
	require.ErrorContains(t, err, `to: "nobody": no e-mail address`)
	_, err = o.Test(t.Context(), id, "https://x.example", noon)
	require.ErrorContains(t, err, "reports::webhook::secret")
	_, err = o.Test(t.Context(), "none", "", noon)
	require.ErrorIs(t, err, ErrNoSchedule)
}

func TestPeriodsBeforeTheLedgerBeganAreNotSent(t *testing.T) {
	o := open(t, &disk{})
	o.since = noon.AddDate(0, 0, -1)
	id := o.create(t, monthly())
	got, err := o.Test(t.Context(), id, "", noon)
	require.NoError(t, err)
	require.Equal(t, "2026-11", got[0].Period.Name, "a test is of the running one")
	o.pass(t, noon, due.AddDate(0, 1, 0))
	require.Equal(t, []string{"jane@example.com [Test] Billing report: Acme GmbH, Period 2026-11", "jane@example.com Billing report: Acme GmbH, Period 2026-11"}, o.postman.list())
}

func TestBadSchedulesAreRefused(t *testing.T) {
	o := open(t, &disk{})
	for want, s := range map[string]schedule.Schedule{
		`name: ""`:                    monthly(func(s *schedule.Schedule) { s.Name = "" }),
		`formats[0]: "xlsx"`:          monthly(func(s *schedule.Schedule) { s.Formats = []string{"xlsx"} }),
		`recipients[0]: "https://x`:   monthly(func(s *schedule.Schedule) { s.Recipients = []string{"https://x.example"} }),
		`organization: "nobody": not`: monthly(func(s *schedule.Schedule) { s.Organization = "nobody" }),
	} {
		_, err := o.Create(t.Context(), s, "", noon)
		var invalid Invalid
		require.ErrorAs(t, err, &invalid)
		require.ErrorContains(t, err, want)
	}
	require.Empty(t, o.List())
}

func TestTheSchedulesOfAnErasedOrganizationAreForgotten(t *testing.T) {
	o := open(t, &disk{})
	o.create(t, monthly())
	all := o.create(t, monthly(func(s *schedule.Schedule) { s.Scope, s.Name = schedule.Scope{}, "All" }))
	o.pass(t, noon, due)
	require.NoError(t, o.Forget(t.Context(), "acme"))
	require.Len(t, o.List(), 1)
	require.Equal(t, all, o.List()[0].ID)
	require.Len(t, o.disk.rows, 2)
	require.Contains(t, o.Figures(), usage.NoOrganization)
	require.NotContains(t, o.Figures(), "acme")
}

func TestARowThatCannotBeReadHarmsNoOther(t *testing.T) {
	o := open(t, &disk{})
	id := o.create(t, monthly())
	o.disk.rows["s\x00broken"] = []byte("{")
	o.disk.rows["d\x00"+id+"\x00x"] = []byte("[]")
	o.disk.rows["d\x00gone\x00x"] = []byte("{}")
	o.restart(t)
	require.Len(t, o.List(), 1)
	require.Empty(t, o.history(t, id))
}

func TestRunSleepsUntilSomethingIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t, &disk{})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			o.Run(ctx)
			close(ended)
		}()
		synctest.Wait()
		_, err := o.Create(ctx, monthly(func(s *schedule.Schedule) { s.Cadence = "cron: */10 * * * *" }), "", time.Now())
		require.NoError(t, err)
		time.Sleep(35 * time.Minute)
		synctest.Wait()
		require.Len(t, o.postman.sent, 3)
		require.Equal(t, "2000-01-01T00:10:00Z", string(o.postman.sent[0].Files[0].Data), "on the minute")
		cancel()
		<-ended
	})
}
