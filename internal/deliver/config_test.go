// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestConfigurationsThatAreGood(t *testing.T) {
	for name, c := range map[string]Config{
		"none":                          {},
		"mail":                          {Mail: MailConfig{Server: "smtp.example.com:587", From: "Usage reports <usage@example.com>", Username: "u", Password: "p"}},
		"a catcher":                     {Mail: MailConfig{Server: "mail:1025", From: "usage@example.com", Encryption: NoTLS}},
		"webhook":                       {Webhook: WebhookConfig{Secret: "sixteen bytes or more", Allow: []string{"10.1.2.0/24", "127.0.0.1", "fd12::/64"}}},
		"a secret of the specification": {Webhook: WebhookConfig{Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}},
		"directory":                     {Directory: "./data/reports"},
	} {
		require.NoError(t, c.Check(), name)
		_, err := New(c)
		require.NoError(t, err, name)
	}
}

func TestConfigurationsThatAreBadNameKeyValueAndRemedy(t *testing.T) {
	good := MailConfig{Server: "smtp.example.com:587", From: "usage@example.com"}
	with := func(change func(*MailConfig)) Config {
		m := good
		change(&m)
		return Config{Mail: m}
	}
	for want, c := range map[string]Config{
		`reports::mail::server: "smtp": name host and port`:                            with(func(m *MailConfig) { m.Server = "smtp" }),
		`reports::mail::server: "smtp:0": name host and port`:                          with(func(m *MailConfig) { m.Server = "smtp:0" }),
		`reports::mail::server: "": name host and port`:                                with(func(m *MailConfig) { m.Server = "" }),
		`reports::mail::from: "": name the sender`:                                     with(func(m *MailConfig) { m.From = "" }),
		`reports::mail::from: "usage": name the sender`:                                with(func(m *MailConfig) { m.From = "usage" }),
		`reports::mail::from: "usage@example.com\nBcc: x@y.example": name the sender`:  with(func(m *MailConfig) { m.From += "\nBcc: x@y.example" }),
		`reports::mail::encryption: "ssl": use starttls, tls or none`:                  with(func(m *MailConfig) { m.Encryption = "ssl" }),
		`reports::mail::encryption: "none": the password would be sent in the clear`:   with(func(m *MailConfig) { m.Encryption, m.Username, m.Password = NoTLS, "u", "p" }),
		`reports::mail::password: "": "u" needs one`:                                   with(func(m *MailConfig) { m.Username = "u" }),
		`reports::mail::username: "": name the user`:                                   with(func(m *MailConfig) { m.Password = "p" }),
		`reports::mail::tls::insecure: "true": set mail::encryption`:                   with(func(m *MailConfig) { m.TLS.Insecure = true }),
		`reports::mail::server: "": name the server that "u" logs on to`:               {Mail: MailConfig{Username: "u", Password: "p"}},
		`reports::webhook::secret: "[REDACTED]": use at least 16 bytes`:                {Webhook: WebhookConfig{Secret: "short"}},
		`reports::webhook::secret: "[REDACTED]": after whsec_ comes base64`:            {Webhook: WebhookConfig{Secret: "whsec_%%%"}},
		`reports::webhook::secret: "": calls are signed`:                               {Webhook: WebhookConfig{Allow: []string{"10.0.0.1"}}},
		`reports::webhook::allow[0]: "hooks.internal": write an address or a network`:  {Webhook: WebhookConfig{Secret: "sixteen bytes or more", Allow: []string{"hooks.internal"}}},
		`reports::webhook::allow[0]: "169.254.169.254": contains an address of a`:      {Webhook: WebhookConfig{Secret: "sixteen bytes or more", Allow: []string{"169.254.169.254"}}},
		`reports::webhook::allow[0]: "0.0.0.0/0": contains an address of a cloud's`:    {Webhook: WebhookConfig{Secret: "sixteen bytes or more", Allow: []string{"0.0.0.0/0"}}},
		`reports::webhook::allow[0]: "::ffff:169.254.169.254": contains an address of`: {Webhook: WebhookConfig{Secret: "sixteen bytes or more", Allow: []string{"::ffff:169.254.169.254"}}},
	} {
		require.ErrorContains(t, c.Check(), want)
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	c := Config{Mail: MailConfig{Server: "x", From: "y", Username: "u", Password: "canary-password"}, Webhook: WebhookConfig{Secret: "canary"}}
	require.NotContains(t, fmt.Sprintf("%v %+v %s", c, c, c.Check()), "canary")
}

func TestAChannelThatIsNotConfiguredSaysWhichKeyIsMissing(t *testing.T) {
	d, err := New(Config{})
	require.NoError(t, err)
	for to, want := range map[string]string{
		"jane@example.com": "set reports::mail::server", "https://x.example": "set reports::webhook::secret", "directory": "set reports::directory",
	} {
		require.ErrorContains(t, d.Takes(to), want)
		require.ErrorContains(t, d.Deliver(t.Context(), to, &Message{}), want)
	}
}
