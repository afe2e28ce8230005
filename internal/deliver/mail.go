// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/mail"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// mailer sends by one mail server.
type mailer struct {
	config     MailConfig
	from       *mail.Address
	host       string
	port       int
	tls        *tls.Config
	encryption string
}

func newMailer(c MailConfig) (*mailer, error) {
	m := &mailer{config: c, encryption: cmp.Or(c.Encryption, StartTLS)}
	var err error
	if m.from, err = mail.ParseAddress(c.From); err != nil {
		return nil, fmt.Errorf("reports::mail::from: %w", err)
	}
	var port string
	if m.host, port, err = net.SplitHostPort(c.Server); err != nil {
		return nil, fmt.Errorf("reports::mail::server: %w", err)
	}
	if m.port, err = strconv.Atoi(port); err != nil {
		return nil, fmt.Errorf("reports::mail::server: %w", err)
	}
	if m.encryption == NoTLS {
		return m, nil
	}
	if m.tls, err = c.TLS.LoadTLSConfig(context.Background()); err != nil {
		return nil, fmt.Errorf("reports::mail::tls: %w", err)
	}
	if m.tls == nil {
		m.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	m.tls.ServerName = cmp.Or(m.tls.ServerName, m.host)
	return m, nil
}

// mechanisms are the ways to log on, the best first. The last two, which tell
// the server the password, are refused without TLS.
var mechanisms = []gomail.SMTPAuthType{
	gomail.SMTPAuthSCRAMSHA256PLUS, gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1PLUS, gomail.SMTPAuthSCRAMSHA1,
	gomail.SMTPAuthPlain, gomail.SMTPAuthLogin,
}

// deliver hands a mail to the server.
func (m *mailer) deliver(ctx context.Context, to string, message *Message) error {
	letter, err := m.letter(to, message)
	if err != nil {
		return err
	}
	var conn net.Conn // go-mail leaves it open when logging on fails
	defer func() {
		if conn != nil {
			_ = conn.Close() // QUIT has closed it, or it is of no use any more
		}
	}()
	dial := func(ctx context.Context, network, address string) (c net.Conn, err error) {
		if m.encryption == TLS {
			c, err = (&tls.Dialer{Config: m.tls}).DialContext(ctx, network, address)
		} else {
			c, err = (&net.Dialer{}).DialContext(ctx, network, address)
		}
		conn = c
		return c, err
	}
	client, err := gomail.NewClient(m.host, m.options(dial)...)
	if err != nil {
		return fmt.Errorf("mail server %s: %w", m.config.Server, err)
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("mail server %s: %w: %s", m.config.Server, ErrUnreachable, line(err.Error()))
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // the conversation itself knows no context
	defer stop()
	if err := client.SendWithSMTPClient(session, letter); err != nil && !letter.IsDelivered() {
		return fmt.Errorf("mail server %s: %s", m.config.Server, line(err.Error()))
	}
	_ = session.Quit() // the mail has been taken, whatever becomes of the connection
	return nil
}

func (m *mailer) options(dial gomail.DialContextFunc) []gomail.Option {
	options := []gomail.Option{gomail.WithPort(m.port), gomail.WithTimeout(timeout), gomail.WithDialContextFunc(dial), gomail.WithoutNoop()}
	if m.encryption == StartTLS {
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithTLSConfig(m.tls))
	} else {
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if m.config.Username != "" {
		options = append(options, gomail.WithOpportunisticSMTPAuth(mechanisms...),
			gomail.WithUsername(m.config.Username), gomail.WithPassword(string(m.config.Password)))
	}
	return options
}

// letter is the mail of a message.
func (m *mailer) letter(to string, message *Message) (*gomail.Msg, error) {
	letter := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	letter.FromMailAddress(m.from)
	if err := letter.To(to); err != nil {
		return nil, fmt.Errorf("recipient: %w", err)
	}
	letter.Subject(line(message.Subject))
	letter.SetDate()
	letter.SetMessageIDWithValue(message.ID + m.from.Address[strings.LastIndex(m.from.Address, "@"):])
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // nobody is out of office for a report
	letter.SetBodyString(gomail.TypeTextPlain, message.Text)
	for _, f := range message.Files {
		name, contentType := line(f.Name), gomail.ContentType(f.Type)
		if err := letter.AttachReader(name, bytes.NewReader(f.Data), gomail.WithFileContentType(contentType)); err != nil {
			return nil, fmt.Errorf("attach %s: %w", name, err)
		}
	}
	return letter, nil
}
