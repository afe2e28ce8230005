// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configtls"

	"github.com/otelcol-usage/otelcol-usage/internal/deliver/mailtest"
	"github.com/otelcol-usage/otelcol-usage/internal/porttest"
)

func report() *Message {
	return &Message{
		ID: "0123abcd", Folder: "monthly-bill", Subject: "Bill of Acme", Text: "Acme GmbH\nOctober 2026\n",
		About: map[string]string{"period": "2026-10"},
		Files: []File{{"bill.csv", "text/csv", []byte("a,b\r\n1,2\r\n")}, {"bill.pdf", "application/pdf", []byte("%PDF-1.7\n\x00\xff")}},
	}
}

// certificate is one of 127.0.0.1, and the file that trusts it.
func certificate(t *testing.T) (*tls.Config, configtls.ClientConfig) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600))
	trust := configtls.NewDefaultClientConfig()
	trust.CAFile = file
	return &tls.Config{Certificates: s.TLS.Certificates}, trust
}

func mailing(t *testing.T, server string, change func(*MailConfig)) *Deliverer {
	t.Helper()
	c := Config{Mail: MailConfig{Server: server, From: "Usage reports <usage@example.com>", Encryption: NoTLS}}
	if change != nil {
		change(&c.Mail)
	}
	require.NoError(t, c.Check())
	d, err := New(c)
	require.NoError(t, err)
	return d
}

func TestAMailHasItsTextAndFiles(t *testing.T) {
	server := mailtest.Start(t, nil)
	m := report()
	require.NoError(t, mailing(t, server.Address, nil).Deliver(t.Context(), "jane@example.com", m))
	got := server.Mails()
	require.Len(t, got, 1)
	require.Equal(t, "usage@example.com", got[0].From)
	require.Equal(t, "jane@example.com", got[0].To)
	require.Equal(t, `"Usage reports" <usage@example.com>`, got[0].Header.Get("From"))
	require.Equal(t, "<jane@example.com>", got[0].Header.Get("To"))
	require.Equal(t, "<0123abcd@example.com>", got[0].Header.Get("Message-Id"))
	require.Equal(t, "auto-generated", got[0].Header.Get("Auto-Submitted"))
	require.Equal(t, "Bill of Acme", got[0].Subject)
	require.Equal(t, "Acme GmbH\r\nOctober 2026\r\n", got[0].Text)
	require.Equal(t, map[string]string{"bill.csv": "a,b\r\n1,2\r\n", "bill.pdf": "%PDF-1.7\n\x00\xff"}, got[0].Files)
}

func TestEncryptionIsAsConfigured(t *testing.T) {
	server, trust := certificate(t)
	user := func(s *mailtest.Server) { s.Username, s.Password = "u", "p" }
	starttls := mailtest.Start(t, server, user)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", server)
	require.NoError(t, err)
	implicit := mailtest.On(t, listener, nil, user)
	plain := mailtest.Start(t, nil)

	for _, tt := range []struct {
		name   string
		server *mailtest.Server
		change func(*MailConfig)
		fails  string
	}{
		{"STARTTLS is the default", starttls, func(m *MailConfig) { m.Encryption, m.TLS, m.Username, m.Password = "", trust, "u", "p" }, ""},
		{"TLS from the first byte on", implicit, func(m *MailConfig) { m.Encryption, m.TLS, m.Username, m.Password = TLS, trust, "u", "p" }, ""},
		{"a wrong password", starttls, func(m *MailConfig) { m.Encryption, m.TLS, m.Username, m.Password = "", trust, "u", "q" }, "SMTP AUTH failed"},
		{"an unknown certificate", starttls, func(m *MailConfig) { m.Encryption, m.Username, m.Password = "", "u", "p" }, "certificate"},
		{"a server without STARTTLS", plain, func(m *MailConfig) { m.Encryption = StartTLS }, "STARTTLS"},
		{"a server that wants a user", starttls, func(m *MailConfig) { m.Encryption, m.TLS = "", trust }, "502"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := len(tt.server.Mails())
			err := mailing(t, tt.server.Address, tt.change).Deliver(t.Context(), "jane@example.com", report())
			if tt.fails != "" {
				require.ErrorContains(t, err, tt.fails)
				require.Len(t, tt.server.Mails(), before)
				return
			}
			require.NoError(t, err)
			require.Len(t, tt.server.Mails(), before+1)
			require.True(t, tt.server.Mails()[before].Encrypted)
		})
	}
}

func TestWhatAMailServerDoesIsTold(t *testing.T) {
	absent := porttest.Free()
	require.ErrorContains(t, mailing(t, absent, nil).Deliver(t.Context(), "jane@example.com", report()), "mail server "+absent)

	server := mailtest.Start(t, nil)
	d := mailing(t, server.Address, nil)
	server.Behave(mailtest.Refuse(451))
	require.ErrorContains(t, d.Deliver(t.Context(), "jane@example.com", report()), "451")
	server.Behave(mailtest.Refuse(554))
	require.ErrorContains(t, d.Deliver(t.Context(), "jane@example.com", report()), "554")
	require.ErrorContains(t, d.Deliver(t.Context(), "nobody@example.com", report()), "550")
	require.Empty(t, server.Mails())

	server.Behave(mailtest.LoseConnection)
	require.Error(t, d.Deliver(t.Context(), "jane@example.com", report()))
	server.Behave(nil)
	require.NoError(t, d.Deliver(t.Context(), "jane@example.com", report()))
	got := server.Mails()
	require.Len(t, got, 2, "the first was taken, but nobody said so")
	require.Equal(t, got[0].Header.Get("Message-Id"), got[1].Header.Get("Message-Id"), "so that it is seen to be one")
}

func TestASlowServerIsLeftWhenTheProcessEnds(t *testing.T) {
	server := mailtest.Start(t, nil)
	reached, ended := make(chan struct{}), make(chan struct{})
	server.Behave(func(mailtest.Mail) error {
		close(reached)
		<-ended
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-reached
		cancel()
	}()
	require.Error(t, mailing(t, server.Address, nil).Deliver(ctx, "jane@example.com", report()))
	close(ended)
}

func TestNothingInAMessageBecomesAHeader(t *testing.T) {
	server := mailtest.Start(t, nil)
	d := mailing(t, server.Address, nil)
	for _, text := range []string{
		"x\r\nBcc: eve@example.com", "x\nBcc: eve@example.com", "x\rBcc: eve@example.com", "x\r\n\r\nbody", "x\x00y", "=?utf-8?q?x=0D=0ABcc:_eve@example.com?=",
		"Ünïcode \u202egnp.exe", "فاتورة", "\xff\xfe", "x\u2028Bcc: eve@example.com", "x\u0085Bcc: eve@example.com",
	} {
		m := report()
		m.Subject, m.Files[0].Name = text, text+".csv"
		require.NoError(t, d.Deliver(t.Context(), "jane@example.com", m), "%q", text)
		mails := server.Mails()
		got := mails[len(mails)-1]
		require.Equal(t, "jane@example.com", got.To)
		require.Empty(t, got.Header.Get("Bcc"), "%q", text)
		require.Len(t, got.Header, 8, "%q: %v", text, got.Header)
		require.Equal(t, "Acme GmbH\r\nOctober 2026\r\n", got.Text, "%q", text)
		require.Len(t, got.Files, 2)
		require.NotContains(t, got.Subject, "\n")
	}
	require.Error(t, d.Deliver(t.Context(), "jane@example.com\r\nBcc: eve@example.com", report()))
}
