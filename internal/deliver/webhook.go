// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"
)

// caller calls webhooks, signed as the Standard Webhooks specification has it.
type caller struct {
	key         []byte
	https, http *http.Client // by the scheme of the URL
}

func newCaller(c WebhookConfig) (*caller, error) {
	key, err := c.key()
	if err != nil {
		return nil, fmt.Errorf("reports::webhook::secret: %w", err)
	}
	var allowed []netip.Prefix
	for i, text := range c.Allow {
		network, err := parseNetwork(text)
		if err != nil {
			return nil, fmt.Errorf("reports::webhook::allow[%d]: %w", i, err)
		}
		allowed = append(allowed, network)
	}
	trusted, err := c.TLS.LoadTLSConfig(context.Background())
	if err != nil {
		return nil, fmt.Errorf("reports::webhook::tls: %w", err)
	}
	return &caller{key: key, https: guarded(allowed, true, trusted), http: guarded(allowed, false, nil)}, nil
}

// callJSON is the body of a call.
type callJSON struct {
	Type      string     `json:"type"`
	Timestamp time.Time  `json:"timestamp"`
	Data      any        `json:"data"`
	Files     []fileJSON `json:"files"`
}

type fileJSON struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Data []byte `json:"data"` // base64
}

// deliver calls a webhook. Redirects are not followed, and nothing of the answer
// but its status is told, so that a call tells nothing of what it reached.
func (c *caller) deliver(ctx context.Context, to string, m *Message) error {
	u, err := url.Parse(to)
	if err != nil {
		return errors.New("no URL of a webhook")
	}
	now := time.Now().UTC()
	call := callJSON{Type: "usage.report", Timestamp: now.Truncate(time.Second), Data: m.About, Files: []fileJSON{}}
	for _, f := range m.Files {
		call.Files = append(call.Files, fileJSON(f))
	}
	body, err := json.Marshal(call)
	if err != nil {
		return fmt.Errorf("body of the call: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return errors.New("no URL of a webhook")
	}
	timestamp := strconv.FormatInt(now.Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "otelcol-usage")
	request.Header.Set("Webhook-Id", m.ID)
	request.Header.Set("Webhook-Timestamp", timestamp)
	request.Header.Set("Webhook-Signature", "v1,"+sign(c.key, m.ID, timestamp, body))
	client := c.http
	if u.Scheme == "https" {
		client = c.https
	}
	answer, err := client.Do(request)
	if err != nil {
		if wrapped, is := errors.AsType[*url.Error](err); is {
			err = wrapped.Err // without the URL, whose query may hold a token
		}
		return fmt.Errorf("webhook of %s: %w", u.Host, err)
	}
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10) // so that the connection can be used again
	_ = answer.Body.Close()
	switch {
	case answer.StatusCode >= 200 && answer.StatusCode < 300:
		return nil
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		return fmt.Errorf("webhook of %s: it answers %s: redirects are not followed, use the URL that it leads to", u.Host, answer.Status[:3])
	default:
		return fmt.Errorf("webhook of %s: it answers %d", u.Host, answer.StatusCode)
	}
}

// sign returns the signature of a call.
func sign(key []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
