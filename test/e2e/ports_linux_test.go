// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/otelcol-usage/otelcol-usage/internal/admission/admissiontest"
	"github.com/otelcol-usage/otelcol-usage/internal/porttest"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// everyPort is a collector that listens wherever one of its kind does, with the
// Collector's own receiver beside ours. Senders authenticate, where auth is so.
const everyPort = `
extensions:
  basicauth: {htpasswd: {inline: "acme:secret"}}
  health_check: {endpoint: %[1]q}
receivers:
  usage_otlp: {protocols: {grpc: {%[5]s}, http: {%[5]s}}}
  otlp: {protocols: {grpc: {endpoint: %[2]q, %[5]s}, http: {endpoint: %[3]q, %[5]s}}}
service:
  extensions: [usage_ledger, basicauth, health_check]
  pipelines:
    logs: {receivers: [usage_otlp, otlp]}
    traces: {receivers: [usage_otlp, otlp]}
    metrics: {receivers: [usage_otlp, otlp]}
  telemetry: {metrics: {level: detailed, readers: [{pull: {exporter: {prometheus: {host: localhost, port: %[4]s}}}}]}}
`

// TestTheMatrixOfTheOtherPorts asks what no principal is asked for, on every port on
// which the process listens. One that is not in docs/security.md fails it.
func TestTheMatrixOfTheOtherPorts(t *testing.T) {
	t.Parallel()
	clients, rows := admissiontest.Matrix(t, "The matrix of the other ports")
	credentials := map[string]string{"without `auth`": "", "no credentials": "", "wrong credentials": basic("acme:wrong"), "a sender": basic("acme:secret")}
	for name, auth := range map[string]string{"without": "", "with": "auth: {authenticator: basicauth}"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			health, otlpGRPC, otlpHTTP, telemetry := porttest.Free(), porttest.Free(), porttest.Free(), porttest.Free()
			_, port, err := net.SplitHostPort(telemetry)
			require.NoError(t, err)
			c := collector.Start(t, collector.Settings{Overlay: fmt.Sprintf(everyPort, health, otlpGRPC, otlpHTTP, port, auth)})
			addresses := map[string][]string{"4317": {c.GRPC, otlpGRPC}, "4318": {c.HTTP, otlpHTTP}, "13133": {health}, "8888": {telemetry}, "8320": {c.API}, "9090": {c.Store}}
			require.ElementsMatch(t, ports(t, slices.Concat(slices.Collect(maps.Values(addresses))...)), listening(t, c.Pid()), "a port that is not in docs/security.md")

			c.HTTP = "acme:secret@" + c.HTTP
			require.Equal(t, http.StatusOK, c.Send(t, collector.Event{Organization: "acme", User: "user-17-of-acme", Action: "document.created"}))
			for row, cells := range rows {
				require.Len(t, cells, len(clients), row)
				port, route, _ := strings.Cut(row, " ")
				require.NotEmpty(t, addresses[port], row)
				for i, client := range clients {
					if (client == "without `auth`") != (auth == "") {
						continue
					}
					for _, address := range addresses[port] {
						if port == "4317" {
							require.Equal(t, cells[i], export(t, address, route, credentials[client]), "%s of %s at %s", row, client, address)
							continue
						}
						code, body := reach(t, address, route, credentials[client])
						require.Equal(t, cells[i], strconv.Itoa(code), "%s of %s at %s: %s", row, client, address, body)
						require.NotContains(t, body, "acme", row)
					}
				}
			}
		})
	}
}

func basic(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }

// ports are those of addresses.
func ports(t *testing.T, addresses []string) (all []int) {
	t.Helper()
	for _, address := range addresses {
		_, port, err := net.SplitHostPort(address)
		require.NoError(t, err)
		n, err := strconv.Atoi(port)
		require.NoError(t, err)
		all = append(all, n)
	}
	return all
}

// listening are the ports on which a process takes connections.
func listening(t *testing.T, pid int) (all []int) {
	t.Helper()
	socket := regexp.MustCompile(`^socket:\[(\d+)\]$`)
	own := map[string]bool{}
	fds, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	require.NoError(t, err)
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err == nil && socket.MatchString(to) { // else it is closed meanwhile
			own[socket.FindStringSubmatch(to)[1]] = true
		}
	}
	for _, table := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		require.NoError(t, err)
		for _, line := range bytes.Split(text, []byte("\n")) {
			// sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode
			f := strings.Fields(string(line))
			if len(f) < 10 || f[3] != "0A" || !own[f[9]] {
				continue
			}
			_, port, _ := strings.Cut(f[1], ":")
			number, err := hex.DecodeString(port)
			require.NoError(t, err)
			all = append(all, int(number[0])<<8|int(number[1]))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// reach asks an address for a route, with a body that is a request of OTLP without
// records.
func reach(t *testing.T, address, route, authorization string) (code int, body string) {
	t.Helper()
	method, path, _ := strings.Cut(route, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path, strings.NewReader(map[string]string{http.MethodPost: "{}"}[method]))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	var text bytes.Buffer
	_, err = text.ReadFrom(response.Body)
	require.NoError(t, err)
	return response.StatusCode, text.String()
}

// export calls a method of gRPC with an empty message, and returns the code.
func export(t *testing.T, address, method, authorization string) string {
	t.Helper()
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer func() { require.NoError(t, connection.Close()) }()
	ctx := t.Context()
	if authorization != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", authorization)
	}
	return status.Code(connection.Invoke(ctx, "/opentelemetry.proto.collector."+method, &emptypb.Empty{}, &emptypb.Empty{})).String()
}
