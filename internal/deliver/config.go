// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/config/configtls"
)

// Config says how reports reach their recipients. What is not configured is no
// channel.
type Config struct {
	// Issuer is who sends bills, by the name that files of FOCUS give.
	Issuer  string        `mapstructure:"issuer"`
	Mail    MailConfig    `mapstructure:"mail"`
	Webhook WebhookConfig `mapstructure:"webhook"`
	// Directory is where files are written that are for the recipient
	// directory.
	Directory string `mapstructure:"directory"`
}

// MailConfig is the mail server that takes reports.
type MailConfig struct {
	// Server is its host and port, as smtp.example.com:587.
	Server string `mapstructure:"server"`
	// From is the sender, as "Usage reports <usage@example.com>".
	From string `mapstructure:"from"`
	// Encryption is starttls (default), which has to be offered; tls, from the
	// first byte on; or none.
	Encryption string                 `mapstructure:"encryption"`
	TLS        configtls.ClientConfig `mapstructure:"tls"`
	Username   string                 `mapstructure:"username"`
	Password   configopaque.String    `mapstructure:"password"`
}

// The values of [MailConfig.Encryption].
const (
	StartTLS = "starttls"
	TLS      = "tls"
	NoTLS    = "none"
)

// WebhookConfig is how webhooks are called.
type WebhookConfig struct {
	// Secret signs the calls, by which their receiver knows them: a text, or
	// whsec_ and base64.
	Secret configopaque.String `mapstructure:"secret"`
	// Allow are addresses and networks beside the public ones that may be
	// called, as 10.1.2.0/24.
	Allow []string `mapstructure:"allow"`
	// TLS says whose certificates are trusted beside those of the machine.
	TLS configtls.ClientConfig `mapstructure:"tls"`
}

// minSecret is the shortest secret, in bytes, that is not guessed.
const minSecret = 16

// Check judges the configuration but for what the collector judges itself, and
// returns all errors joined, each with its YAML path, the value and a remedy.
func (c *Config) Check() error {
	var p problems
	c.Mail.check(&p)
	c.Webhook.check(&p)
	return errors.Join(p...)
}

type problems []error

func (p *problems) add(key, value, remedy string, args ...any) {
	*p = append(*p, fmt.Errorf("reports::%s: %q: %s", key, value, fmt.Sprintf(remedy, args...)))
}

func (c *MailConfig) check(p *problems) {
	if c.Server == "" && c.From == "" {
		if c.Username != "" {
			p.add("mail::server", "", "name the server that %q logs on to, as smtp.example.com:587", c.Username)
		}
		return
	}
	host, port, err := net.SplitHostPort(c.Server)
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || host == "" || n == 0 {
		p.add("mail::server", c.Server, "name host and port, as smtp.example.com:587")
	}
	if from, err := mail.ParseAddress(c.From); err != nil || line(c.From) != c.From {
		p.add("mail::from", c.From, "name the sender, as Usage reports <usage@example.com>")
	} else if !strings.Contains(from.Address, "@") {
		p.add("mail::from", c.From, "the address needs a domain")
	}
	switch c.Encryption {
	case "", StartTLS, TLS:
		if c.TLS.Insecure {
			p.add("mail::tls::insecure", "true", "set mail::encryption to none instead")
		}
	case NoTLS:
		if c.Username != "" {
			p.add("mail::encryption", c.Encryption, "the password would be sent in the clear: use starttls or tls, or no username")
		}
	default:
		p.add("mail::encryption", c.Encryption, "use starttls, tls or none")
	}
	if c.Username != "" && c.Password == "" {
		p.add("mail::password", "", "%q needs one", c.Username)
	}
	if c.Username == "" && c.Password != "" {
		p.add("mail::username", "", "name the user that the password is of")
	}
}

func (c *WebhookConfig) check(p *problems) {
	if key, err := c.key(); c.Secret != "" && err != nil {
		p.add("webhook::secret", "[REDACTED]", "after whsec_ comes base64, as openssl rand -base64 32 writes it")
	} else if c.Secret != "" && len(key) < minSecret {
		p.add("webhook::secret", "[REDACTED]", "use at least %d bytes, as openssl rand -base64 32 writes them", minSecret)
	}
	for i, text := range c.Allow {
		key := fmt.Sprintf("webhook::allow[%d]", i)
		network, err := parseNetwork(text)
		switch {
		case err != nil:
			p.add(key, text, "write an address or a network, as 10.1.2.3 or 10.1.2.0/24; a name may be resolved to any")
		case metadata(network):
			p.add(key, text, "contains an address of a cloud's metadata, which gives away its credentials: use a smaller network")
		}
	}
	if c.Secret == "" && len(c.Allow) > 0 {
		p.add("webhook::secret", "", "calls are signed: set one of at least %d bytes", minSecret)
	}
}

// secretPrefix is that of secrets by the Standard Webhooks specification.
const secretPrefix = "whsec_"

// key is what calls are signed with.
func (c *WebhookConfig) key() ([]byte, error) {
	if encoded, is := strings.CutPrefix(string(c.Secret), secretPrefix); is {
		return base64.StdEncoding.DecodeString(encoded)
	}
	return []byte(c.Secret), nil
}

// parseNetwork reads a network, or an address as the network of it alone.
func parseNetwork(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	return network.Masked(), err
}
