// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// guests is a catalogue whose principals are named by the first two values:
// claims of a CSM of acme and of birch's portal, of an admin of all and of a
// client that is nobody there.
const guests = `
organizations:
  - {id: acme, name: Acme GmbH, csm: [%[2]q]}
  - {id: birch, name: Birch Ltd}
principals:
  - {claim: %[1]s, value: %[2]q, role: csm}
  - {claim: %[1]s, value: %[3]q, role: viewer, organizations: [birch]}
  - {claim: %[1]s, value: %[4]q, role: admin, organizations: ["*"]}
`

// doors are the authenticators of the distribution: each with its
// configuration, the claim that its clients are known by, and how one of a name
// is called by that claim and authenticates.
func doors(t *testing.T) map[string]door {
	t.Helper()
	names := []string{"jane", "birch-portal", "root", "stranger"}
	var tokens, passwords []string
	for _, name := range names {
		tokens = append(tokens, "token of "+name)
		passwords = append(passwords, name+":secret of "+name)
	}
	for i := range tokens {
		tokens[i] = strings.ReplaceAll(tokens[i], " ", "-")
	}
	file := filepath.Join(t.TempDir(), "tokens")
	require.NoError(t, os.WriteFile(file, []byte(strings.Join(tokens, "\n")), 0o600))
	issuer := newIssuer(t)
	return map[string]door{
		"bearertokenauth": {
			config: fmt.Sprintf("bearertokenauth: {filename: %q}", file), claim: "token_sha256", challenge: "Bearer",
			value:  func(name string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte("token-of-"+name))) },
			header: func(name string) string { return "Bearer token-of-" + name },
		},
		"basicauth": {
			config: fmt.Sprintf("basicauth: {htpasswd: {inline: %q}}", strings.Join(passwords, "\n")), claim: "username", challenge: `Basic realm="usage", charset="UTF-8"`,
			value: func(name string) string { return name },
			header: func(name string) string {
				return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":secret of "+name))
			},
		},
		"oidc": {
			config: fmt.Sprintf("oidc: {providers: [{issuer_url: 'https://login.example', audience: usage, public_keys_file: %q}]}", issuer.keys), claim: "email", challenge: "Bearer",
			value:  func(name string) string { return name + "@example.com" },
			header: func(name string) string { return "Bearer " + issuer.token(t, name) },
		},
	}
}

type door struct {
	config, claim, challenge string
	value, header            func(name string) string
}

// issuer signs tokens of OpenID Connect.
type issuer struct {
	keys string // file with the public one
	key  ed25519.PrivateKey
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "jwks.json")
	text := fmt.Sprintf(`{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","x":%q}]}`, base64.RawURLEncoding.EncodeToString(public))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return &issuer{file, private}
}

func (i *issuer) token(t *testing.T, name string) string {
	t.Helper()
	return i.signed(t, i.key, "EdDSA", name, nil)
}

// signed is a token of somebody, with claims that differ from a good one's.
func (i *issuer) signed(t *testing.T, key ed25519.PrivateKey, algorithm, name string, claims map[string]any) string {
	t.Helper()
	encoded := func(v any) string {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	all := map[string]any{
		"iss": "https://login.example", "aud": "usage", "sub": "sub of " + name, "email": name + "@example.com", "email_verified": true,
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}
	maps.Copy(all, claims)
	signed := encoded(map[string]any{"alg": algorithm, "typ": "JWT"}) + "." + encoded(all)
	if algorithm == "none" {
		return signed + "."
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(signed)))
}

// TestForgedTokensOpenNothing asks both ports, with tokens that are nearly good.
func TestForgedTokensOpenNothing(t *testing.T) {
	t.Parallel()
	d, i := doors(t)["oidc"], newIssuer(t)
	d.config = fmt.Sprintf("oidc: {providers: [{issuer_url: 'https://login.example', audience: usage, public_keys_file: %q}]}", i.keys)
	file := filepath.Join(t.TempDir(), "organizations.yaml")
	require.NoError(t, os.WriteFile(file, []byte(fmt.Sprintf(guests, d.claim, d.value("jane"), d.value("birch-portal"), d.value("root"))), 0o600))
	c := collector.Start(t, collector.Settings{Overlay: fmt.Sprintf(behind, d.config, file, "oidc")})
	_, other, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	good := i.token(t, "root")
	for name, token := range map[string]string{
		"no algorithm":      i.signed(t, i.key, "none", "root", nil),
		"another algorithm": i.signed(t, i.key, "HS256", "root", nil),
		"another key":       i.signed(t, other, "EdDSA", "root", nil),
		"another audience":  i.signed(t, i.key, "EdDSA", "root", map[string]any{"aud": "grafana"}),
		"another issuer":    i.signed(t, i.key, "EdDSA", "root", map[string]any{"iss": "https://login.evil"}),
		"expired":           i.signed(t, i.key, "EdDSA", "root", map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}),
		"other claims":      strings.Join([]string{segments(good)[0], segments(i.token(t, "jane"))[1], segments(good)[2]}, "."),
		"no signature":      good[:strings.LastIndex(good, ".")+1],
	} {
		for address, path := range map[string]string{c.API: "/api/v1/organizations", c.Store: "/api/v1/labels"} {
			status, body := callAt(t, address, path, "Bearer "+token)
			require.Equal(t, http.StatusUnauthorized, status, "%s at %s: %s", name, path, body)
			require.Contains(t, body, "not authenticated: send the credentials that ", name)
			require.NotContains(t, body, "acme", name)
			require.NotContains(t, body, token, name)
		}
	}
	for address, path := range map[string]string{c.API: "/api/v1/organizations", c.Store: "/api/v1/labels"} {
		status, body := callAt(t, address, path, "Bearer "+good)
		require.Equal(t, http.StatusOK, status, body)
		status, body = callAt(t, address, path, "Bearer "+i.signed(t, i.key, "EdDSA", "root", map[string]any{"email_verified": false}))
		require.Equal(t, http.StatusForbidden, status, body)
	}
}

func segments(token string) []string { return strings.Split(token, ".") }

// behind is a collector both of whose ports have an authenticator.
const behind = `
extensions:
  %[1]s
  usage_ledger: {catalogue: %[2]q, api: {auth: {authenticator: %[3]s}}}
exporters:
  tsdb: {auth: {authenticator: %[3]s}}
service: {extensions: [%[3]s, usage_ledger]}
`

// callAt asks a port with credentials.
func callAt(t *testing.T, address, path, authorization string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, http.NoBody)
	require.NoError(t, err)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

// call asks the usage API with credentials, "" for none.
func call(t *testing.T, c *collector.Collector, method, path, authorization string) (status int, body string, header http.Header) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://"+c.API+path, http.NoBody)
	require.NoError(t, err)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text), response.Header
}

func TestClientsOfEachAuthenticatorSeeTheirOrganizations(t *testing.T) {
	t.Parallel()
	for name, d := range doors(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "organizations.yaml")
			catalogue := fmt.Sprintf(guests, d.claim, d.value("jane"), d.value("birch-portal"), d.value("root"))
			require.NoError(t, os.WriteFile(file, []byte(catalogue), 0o600))
			c := collector.Start(t, collector.Settings{Overlay: fmt.Sprintf(behind, d.config, file, name)})
			require.Equal(t, http.StatusOK, c.Send(t, document("acme"), document("birch"), document("unlisted")))

			const acme = "/api/v1/organizations/acme/statements"
			for client, want := range map[string]struct {
				acme, erase   int // status
				organizations string
			}{
				"jane":         {http.StatusOK, http.StatusNotFound, "acme"},
				"birch-portal": {http.StatusNotFound, http.StatusNotFound, "birch"},
				"stranger":     {http.StatusForbidden, http.StatusForbidden, ""},
				"root":         {http.StatusOK, http.StatusOK, "acme birch unlisted"}, // erases it last
			} {
				status, body, _ := call(t, c, http.MethodGet, acme, d.header(client))
				require.Equal(t, want.acme, status, "%s: %s", client, body)
				if client == "birch-portal" {
					_, nowhere, _ := call(t, c, http.MethodGet, strings.Replace(acme, "acme", "nowhere", 1), d.header(client))
					require.Equal(t, strings.ReplaceAll(nowhere, "nowhere", "acme"), body)
				}
				if client == "root" {
					continue
				}
				_, body, _ = call(t, c, http.MethodGet, "/api/v1/organizations", d.header(client))
				require.Equal(t, want.organizations, strings.Join(idsOf(t, body), " "), client)
				_, body, _ = call(t, c, http.MethodGet, "/", d.header(client))
				require.Equal(t, strings.Contains(want.organizations, "birch"), strings.Contains(body, "Birch Ltd"), client)
				status, body, _ = call(t, c, http.MethodDelete, "/api/v1/organizations/unlisted", d.header(client))
				require.Equal(t, want.erase, status, "%s: %s", client, body)
			}
			_, body, _ := call(t, c, http.MethodGet, "/api/v1/organizations", d.header("root"))
			require.Equal(t, []string{"acme", "birch", "unlisted"}, idsOf(t, body))
			status, body, _ := call(t, c, http.MethodDelete, "/api/v1/organizations/unlisted", d.header("root"))
			require.Equal(t, http.StatusOK, status, body)

			// The store shows each client the series of the same organizations.
			const values = "/api/v1/label/organization/values"
			c.Eventually(t, func() error {
				if _, body := callAt(t, c.Store, values, d.header("root")); !strings.Contains(body, "birch") || !strings.Contains(body, "acme") {
					return fmt.Errorf("the store has nothing yet: %s", body)
				}
				return nil
			})
			for client, want := range map[string]string{"jane": `"data":["acme"]`, "birch-portal": `"data":["birch"]`, "stranger": `"errorType":"forbidden"`, "root": `"acme","birch"`} {
				_, body := callAt(t, c.Store, values, d.header(client))
				require.Contains(t, body, want, client)
			}
			for path, want := range map[string]int{values: http.StatusUnauthorized, "/": http.StatusUnauthorized, "/-/ready": http.StatusOK, "/federate": http.StatusNotFound} {
				status, _ := callAt(t, c.Store, path, "")
				require.Equal(t, want, status, path)
			}

			for _, nobody := range []string{"", "Bearer token-of-jane2", "Basic " + base64.StdEncoding.EncodeToString([]byte("root:wrong")), d.header("root") + "x", "Bearer"} {
				for _, path := range []string{acme, "/", "/api/v1/status"} {
					status, body, header := call(t, c, http.MethodGet, path, nobody)
					require.Equal(t, http.StatusUnauthorized, status, "%s %q", path, nobody)
					require.Equal(t, d.challenge, header.Get("WWW-Authenticate"))
					require.NotContains(t, body, "acme")
				}
			}
			for _, path := range []string{"/-/healthy", "/-/ready", "/api/v1/openapi.yaml"} {
				status, _, _ := call(t, c, http.MethodGet, path, "")
				require.Equal(t, http.StatusOK, status, path)
			}

			// What is taken away in the file is gone when it is in force.
			require.NoError(t, os.WriteFile(file, []byte(strings.Replace(catalogue, fmt.Sprintf("csm: [%q]", d.value("jane")), "csm: [another]", 1)), 0o600))
			c.Eventually(t, func() error {
				if status, body, _ := call(t, c, http.MethodGet, acme, d.header("jane")); status != http.StatusNotFound {
					return fmt.Errorf("jane is still answered %d: %s", status, body)
				}
				return nil
			})
			_, body = callAt(t, c.Store, values, d.header("jane"))
			require.Contains(t, body, `"data":[]`, "the store asks the same catalogue")
			require.NotContains(t, c.Log(t), "token-of-")
			require.NotContains(t, c.Log(t), "secret of")
		})
	}
}

// idsOf are the ids of a list of organizations; none where it is refused.
func idsOf(t *testing.T, body string) (ids []string) {
	t.Helper()
	var list struct{ Data []struct{ ID string } }
	require.NoError(t, json.Unmarshal([]byte(body), &list))
	for _, o := range list.Data {
		ids = append(ids, o.ID)
	}
	return ids
}
