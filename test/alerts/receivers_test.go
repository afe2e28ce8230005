// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// message is a mail or a webhook's call.
type message struct {
	To, Subject string
	Text, HTML  string
}

// receivers take mails for anybody and calls of webhooks.
type receivers struct {
	smtp    string // host:port
	webhook string // base URL

	mu  sync.Mutex
	got []message
}

// openReceivers starts both servers on free ports.
func openReceivers(t *testing.T) *receivers {
	t.Helper()
	r := &receivers{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r.smtp = listener.Addr().String()
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{receivers: r}, nil }))
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		if err := <-ended; !errors.Is(err, smtp.ErrServerClosed) {
			require.NoError(t, err)
		}
	})
	hooks := httptest.NewServer(http.HandlerFunc(r.called))
	t.Cleanup(hooks.Close)
	r.webhook = hooks.URL
	return r
}

// called notes one message for each alert that a webhook is told of.
func (r *receivers) called(w http.ResponseWriter, request *http.Request) {
	var call struct {
		Alerts []struct{ Annotations map[string]string }
	}
	if err := json.NewDecoder(request.Body).Decode(&call); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for _, alert := range call.Alerts {
		r.add(message{To: request.URL.Path, Subject: alert.Annotations["summary"], Text: alert.Annotations["description"]})
	}
}

func (r *receivers) add(m message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, m)
}

// messages are those that have come.
func (r *receivers) messages() []message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// list says who got what, sorted.
func (r *receivers) list() []string {
	var all []string
	for _, m := range r.messages() {
		all = append(all, m.To+" <- "+m.Subject)
	}
	slices.Sort(all)
	return all
}

// session is one SMTP connection.
type session struct {
	receivers *receivers
	to        []string
}

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

// Data takes the mail, or refuses it where it cannot be read.
func (s *session) Data(r io.Reader) error {
	read, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	subject, err := (&mime.WordDecoder{}).DecodeHeader(read.Header.Get("Subject"))
	if err != nil {
		return err
	}
	m := message{Subject: subject}
	_, parameters, err := mime.ParseMediaType(read.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	parts := multipart.NewReader(read.Body, parameters["boundary"])
	for {
		part, err := parts.NextPart() // takes quoted-printable off
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		body, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			m.HTML = string(body)
		} else {
			m.Text = string(body)
		}
	}
	for _, to := range s.to {
		m.To = to
		s.receivers.add(m)
	}
	return nil
}

func (s *session) Reset()        { s.to = nil }
func (s *session) Logout() error { return nil }
