// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package mailtest is a mail server for tests, on a free port, that can be
// absent, slow, refusing, or lose the connection before its 250.
package mailtest

import (
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"
)

// Server takes mails.
type Server struct {
	Address string // host:port

	// Username and Password are needed where they are set.
	Username, Password string

	mu    sync.Mutex
	mood  func(Mail) error
	mails []Mail
}

// Mail is one that was taken.
type Mail struct {
	From, To  string // of the envelope
	Header    mail.Header
	Subject   string
	Text      string
	Files     map[string]string
	Encrypted bool
}

// Start starts a server. With a configuration of TLS it offers STARTTLS.
func Start(t *testing.T, encryption *tls.Config, options ...func(*Server)) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return On(t, listener, encryption, options...)
}

// On starts a server on a listener.
func On(t *testing.T, listener net.Listener, encryption *tls.Config, options ...func(*Server)) *Server {
	t.Helper()
	s := &Server{Address: listener.Addr().String()}
	for _, option := range options {
		option(s)
	}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{server: s, conn: c}, nil }))
	server.TLSConfig = encryption
	server.ErrorLog = silent{}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-ended; !errors.Is(err, smtp.ErrServerClosed) {
			require.NoError(t, err)
		}
	})
	return s
}

// Behave sets what becomes of mails that have come wholly: an error is answered
// in place of 250. nil takes them.
func (s *Server) Behave(mood func(Mail) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mood = mood
}

var errLost = errors.New("the connection is lost")

// LoseConnection takes mails and never says so.
func LoseConnection(Mail) error { return errLost }

// Refuse answers with a code.
func Refuse(code int) func(Mail) error {
	return func(Mail) error { return &smtp.SMTPError{Code: code, Message: "not today"} }
}

// Mails are those that have come, also such as were lost before the 250.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

type session struct {
	server   *Server
	conn     *smtp.Conn
	from, to string
	known    bool
}

// AuthMechanisms are those that tell a password.
func (s *session) AuthMechanisms() []string {
	if s.server.Username == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth checks a password.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != s.server.Username || password != s.server.Password {
			return smtp.ErrAuthFailed
		}
		s.known = true
		return nil
	}), nil
}

// Mail begins one.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.Username != "" && !s.known {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return nil
}

// Rcpt takes a recipient; nobody is known whose name begins with nobody.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasPrefix(to, "nobody") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	}
	s.to += to
	return nil
}

// Data reads a mail.
func (s *session) Data(r io.Reader) error {
	m, err := read(r)
	if err != nil {
		return err
	}
	_, m.Encrypted = s.conn.TLSConnectionState()
	m.From, m.To = s.from, s.to
	s.server.mu.Lock()
	mood := s.server.mood
	s.server.mu.Unlock()
	if mood != nil {
		err = mood(m)
	}
	if err != nil && !errors.Is(err, errLost) {
		return err
	}
	s.server.mu.Lock()
	s.server.mails = append(s.server.mails, m)
	s.server.mu.Unlock()
	if err != nil {
		return s.conn.Close()
	}
	return nil
}

// Reset begins anew.
func (s *session) Reset() { s.from, s.to = "", "" }

// Logout ends.
func (s *session) Logout() error { return nil }

func read(r io.Reader) (Mail, error) {
	message, err := mail.ReadMessage(r)
	if err != nil {
		return Mail{}, err
	}
	m := Mail{Header: message.Header, Files: map[string]string{}}
	words := &mime.WordDecoder{}
	if m.Subject, err = words.DecodeHeader(message.Header.Get("Subject")); err != nil {
		return Mail{}, err
	}
	kind, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil {
		return Mail{}, err
	}
	if !strings.HasPrefix(kind, "multipart/") {
		text, err := io.ReadAll(message.Body)
		m.Text = string(text)
		return m, err
	}
	parts := multipart.NewReader(message.Body, parameters["boundary"])
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return m, nil
		}
		if err != nil {
			return Mail{}, err
		}
		content, err := io.ReadAll(decoded(part))
		if err != nil {
			return Mail{}, err
		}
		if name := part.FileName(); name != "" {
			if name, err = words.DecodeHeader(name); err != nil {
				return Mail{}, err
			}
			m.Files[name] = string(content)
		} else {
			m.Text = string(content)
		}
	}
}

// WaitFor ends when the server has as many mails, or fails.
func (s *Server) WaitFor(t *testing.T, mails int, patience time.Duration) []Mail {
	t.Helper()
	require.Eventually(t, func() bool { return len(s.Mails()) >= mails }, patience, 10*time.Millisecond)
	return s.Mails()
}
