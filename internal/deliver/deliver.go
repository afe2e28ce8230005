// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/otelcol-usage/otelcol-usage/internal/schedule"
)

// Message is what one recipient gets.
type Message struct {
	// ID tells messages apart, and is the same at each try. It consists of
	// letters, digits, - and _.
	ID string
	// Folder is that of the files in the directory. It is such a name, too.
	Folder  string
	Subject string
	Text    string
	// About is what the call of a webhook says beside the files: an object of
	// JSON.
	About any
	Files []File
}

// File is a report in one of its formats.
type File struct {
	Name string
	Type string // media type
	Data []byte
}

// timeout bounds one try, in which a large file may go over a slow line.
const timeout = 2 * time.Minute

// Deliverer reaches recipients by the channels that are configured.
type Deliverer struct {
	mail      *mailer
	webhook   *caller
	directory string
}

// New returns the deliverer of a configuration that has been checked.
func New(c Config) (*Deliverer, error) {
	d := &Deliverer{directory: c.Directory}
	var err error
	if c.Mail.Server != "" {
		if d.mail, err = newMailer(c.Mail); err != nil {
			return nil, err
		}
	}
	if c.Webhook.Secret != "" {
		d.webhook, err = newCaller(c.Webhook)
	}
	return d, err
}

// Takes says why a recipient cannot be reached whatever the message, with the
// key that is missing.
func (d *Deliverer) Takes(to string) error {
	switch schedule.ChannelOf(to) {
	case schedule.ByMail:
		if d.mail == nil {
			return errors.New("no mail server is configured: set reports::mail::server and reports::mail::from")
		}
	case schedule.ByWebhook:
		if d.webhook == nil {
			return errors.New("calls of webhooks are signed: set reports::webhook::secret")
		}
	case schedule.ByDirectory:
		if d.directory == "" {
			return errors.New("no directory is configured: set reports::directory")
		}
	}
	return nil
}

// ErrUnreachable says that the mail server could not be spoken to, whoever the
// recipient.
var ErrUnreachable = errors.New("no connection")

// Deliver tries once. A nil error means: the recipient, or the mail server,
// has it.
func (d *Deliverer) Deliver(ctx context.Context, to string, m *Message) error {
	if err := d.Takes(to); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	switch schedule.ChannelOf(to) {
	case schedule.ByWebhook:
		return d.webhook.deliver(ctx, to, m)
	case schedule.ByDirectory:
		return writeFiles(d.directory, m)
	default:
		return d.mail.deliver(ctx, to, m)
	}
}

// line makes a text one line, also where it has a line break in the encoding of
// headers: in a header that begins another one.
func line(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "=?", "= ?")
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }), " ")
}
