// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/deliver"
	"github.com/otelcol-usage/otelcol-usage/internal/deliver/mailtest"
	"github.com/otelcol-usage/otelcol-usage/internal/porttest"
	"github.com/otelcol-usage/otelcol-usage/internal/schedule"
)

// mailing lets an office send by a mail server.
func (o *office) mailing(t *testing.T, server string) {
	t.Helper()
	d, err := deliver.New(deliver.Config{Mail: deliver.MailConfig{Server: server, From: "usage@example.com", Encryption: deliver.NoTLS}})
	require.NoError(t, err)
	o.open(t, d)
}

func TestEveryMinuteAMailWithTheReportArrives(t *testing.T) {
	server := mailtest.Start(t, nil)
	o := open(t, &disk{})
	o.mailing(t, server.Address)
	o.create(t, monthly(func(s *schedule.Schedule) { s.Cadence, s.Formats = "cron: * * * * *", []string{"csv", "pdf"} }))
	o.pass(t, noon, noon.Add(3*time.Minute))
	got := server.Mails()
	require.Len(t, got, 3)
	for i, m := range got {
		made := noon.Add(time.Duration(i+1) * time.Minute).Format(time.RFC3339)
		require.Equal(t, map[string]string{"report.csv": made, "report.pdf": made}, m.Files)
		require.Equal(t, "Billing report: Acme GmbH, Period 2026-09", m.Subject)
		require.Contains(t, m.Text, "Transcription: 1,234.5")
	}
	require.NotEqual(t, got[0].Header.Get("Message-Id"), got[1].Header.Get("Message-Id"))
}

func TestAMailServerThatFailsGetsTheSameMailLater(t *testing.T) {
	address := porttest.Free()
	o := open(t, &disk{})
	o.mailing(t, address)
	id := o.create(t, monthly())
	o.step(t.Context(), due)
	require.Contains(t, o.history(t, id)[0].Error, "no connection", "it is absent")

	listener, err := net.Listen("tcp", address)
	require.NoError(t, err)
	server := mailtest.On(t, listener, nil)
	server.Behave(mailtest.Refuse(451))
	o.step(t.Context(), due.Add(time.Minute))
	require.Contains(t, o.history(t, id)[0].Error, "451", "it refuses")

	server.Behave(mailtest.LoseConnection)
	o.step(t.Context(), due.Add(5*time.Minute))
	require.Equal(t, Due, o.history(t, id)[0].State, "it has the mail, and nobody knows")
	require.Len(t, server.Mails(), 1)

	o.mailing(t, address) // the process has crashed, too
	server.Behave(nil)
	o.step(t.Context(), due.Add(15*time.Minute))
	got := o.history(t, id)
	require.Equal(t, Delivered, got[0].State)
	require.Equal(t, 4, got[0].Attempts)
	mails := server.Mails()
	require.Len(t, mails, 2)
	require.Equal(t, "<"+got[0].ID+"@example.com>", mails[0].Header.Get("Message-Id"))
	require.Equal(t, mails[0].Header.Get("Message-Id"), mails[1].Header.Get("Message-Id"))
	require.Equal(t, mails[0].Files, mails[1].Files, "made as of the same instant")
}
