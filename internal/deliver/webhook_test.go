// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func calling(t *testing.T, allow ...string) *Deliverer {
	t.Helper()
	c := Config{Webhook: WebhookConfig{Secret: "a secret of many bytes", Allow: allow}}
	require.NoError(t, c.Check())
	d, err := New(c)
	require.NoError(t, err)
	return d
}

func TestACallIsSignedAndHasTheFiles(t *testing.T) {
	var header http.Header
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header, body = r.Header, nil
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	require.NoError(t, calling(t, "127.0.0.0/8").Deliver(t.Context(), server.URL+"/hook?token=t", report()))

	require.Equal(t, "0123abcd", header.Get("Webhook-Id"))
	require.Equal(t, "v1,"+sign([]byte("a secret of many bytes"), "0123abcd", header.Get("Webhook-Timestamp"), body), header.Get("Webhook-Signature"))
	var call struct {
		Type  string
		Data  map[string]string
		Files []struct {
			Name, Type string
			Data       []byte
		}
	}
	require.NoError(t, json.Unmarshal(body, &call))
	require.Equal(t, "usage.report", call.Type)
	require.Equal(t, map[string]string{"period": "2026-10"}, call.Data)
	require.Len(t, call.Files, 2)
	require.Equal(t, "a,b\r\n1,2\r\n", string(call.Files[0].Data))
}

// The vector is the one of the specification's own libraries.
func TestTheSignatureIsThatOfStandardWebhooks(t *testing.T) {
	c := WebhookConfig{Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
	key, err := c.key()
	require.NoError(t, err)
	require.Equal(t, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`)))
}

func TestAnswersOtherThanSuccessAreErrorsWithoutTheirBody(t *testing.T) {
	var calls atomic.Int32
	var status int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "canary")
	}))
	defer server.Close()
	for _, status = range []int{302, 307, 400, 404, 500, 503} {
		calls.Store(0)
		err := calling(t, "127.0.0.1").Deliver(t.Context(), server.URL+"/?token=canary", report())
		require.Error(t, err, status)
		require.NotContains(t, err.Error(), "canary")
		require.EqualValues(t, 1, calls.Load(), "redirects are not followed")
	}
	host, err := url.Parse(server.URL)
	require.NoError(t, err)
	server.Close()
	err = calling(t, "127.0.0.1").Deliver(t.Context(), server.URL+"/?token=canary", report())
	require.ErrorContains(t, err, "webhook of "+host.Host)
	require.NotContains(t, err.Error(), "canary")
}

func TestNoAddressIsCalledThatIsNotPublic(t *testing.T) {
	connected := make(chan struct{}, 100)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { connected <- struct{}{} })}}
	server.Start()
	defer server.Close()
	port := netip.MustParseAddrPort(listener.Addr().String()).Port()
	for _, host := range []string{
		"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1",
		"169.254.169.254", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "[fe80::1]", "[fc00::1]", "224.0.0.1", "255.255.255.255", "[64:ff9b::7f00:1]", "2130706433", "0x7f000001", "127.1",
	} {
		for _, scheme := range []string{"http", "https"} {
			err := calling(t).Deliver(t.Context(), (&url.URL{Scheme: scheme, Host: host + ":" + itoa(port)}).String(), report())
			require.Error(t, err, host)
		}
	}
	err = calling(t).Deliver(t.Context(), server.URL, report())
	require.ErrorContains(t, err, "127.0.0.1 is not called without TLS")
	err = calling(t).Deliver(t.Context(), "https://127.0.0.1:1/", report())
	require.ErrorContains(t, err, "127.0.0.1 is no public address: to call it, add it to reports::webhook::allow")
	require.Empty(t, connected)

	require.NoError(t, calling(t, "127.0.0.1").Deliver(t.Context(), server.URL, report()))
	require.Len(t, connected, 1)
}

func TestMetadataIsNotCalledWhateverIsAllowed(t *testing.T) {
	c := WebhookConfig{Secret: "a secret of many bytes", Allow: []string{"0.0.0.0/0", "::/0"}} // which Check refuses
	caller, err := newCaller(c)
	require.NoError(t, err)
	for _, host := range []string{"169.254.169.254", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "100.100.100.200"} {
		require.ErrorContains(t, caller.deliver(t.Context(), "http://"+host+"/latest/meta-data", report()), "metadata", host)
	}
}

func itoa(port uint16) string {
	return netip.AddrPortFrom(netip.IPv4Unspecified(), port).String()[len("0.0.0.0:"):]
}

func TestACallOverTLSTrustsWhomItIsToldToTrust(t *testing.T) {
	config, trust := certificate(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.TLS, server.Config.ErrorLog = config, log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	require.ErrorContains(t, calling(t, "127.0.0.1").Deliver(t.Context(), server.URL, report()), "certificate")
	c := WebhookConfig{Secret: "a secret of many bytes", Allow: []string{"127.0.0.1"}, TLS: trust}
	caller, err := newCaller(c)
	require.NoError(t, err)
	require.NoError(t, caller.deliver(t.Context(), server.URL, report()))
}
