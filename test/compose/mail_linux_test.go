// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package compose

import (
	"errors"
	"io"
	"mime/quotedprintable"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"
)

// catchMail stands in for the mail catcher: it takes mails on its port and
// hands out their text.
func catchMail(t *testing.T, n *network) <-chan string {
	t.Helper()
	l, err := n.listen(":1025")
	require.NoError(t, err)
	mails := make(chan string, 100)
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return session(mails), nil }))
	done := make(chan error)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		if err := <-done; !errors.Is(err, smtp.ErrServerClosed) {
			require.NoError(t, err)
		}
	})
	return mails
}

type session chan string

func (session) Mail(string, *smtp.MailOptions) error { return nil }
func (session) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (session) Reset()                               {}
func (session) Logout() error                        { return nil }

func (s session) Data(r io.Reader) error {
	var text strings.Builder
	if _, err := io.Copy(&text, quotedprintable.NewReader(r)); err != nil {
		return err
	}
	s <- text.String()
	return nil
}
