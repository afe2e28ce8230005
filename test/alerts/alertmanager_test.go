// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/porttest"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// alertmanager is a real one with the shipped configuration. It keeps its
// address and its directory when it is started again.
type alertmanager struct {
	*collector.Process
	program, config, directory, address string
	delay                               time.Duration // after a start, until it tells anybody
}

// changes are what a test needs of the shipped configuration: addresses, and
// seconds where an operator has minutes.
func changes(r *receivers, root string, wait time.Duration) *strings.Replacer {
	return strings.NewReplacer(
		"smtp_smarthost: mail:1025 ", "smtp_smarthost: "+r.smtp+" ",
		"group_wait: 1m", "group_wait: "+wait.String(),
		"group_interval: 1m", "group_interval: 2s",
		"receiver: organization-sms ", "receiver: organization-sms-gateway ",
		"url: http://sms-gateway:8080/alertmanager", "url: "+r.webhook+"/sms",
		"templates: [templates/*.tmpl]", "templates: ["+root+"/rules/templates/*.tmpl]",
	)
}

// newAlertmanager builds and starts it. It waits for what belongs together with
// an alert until that is wait old, and as long after its start.
func newAlertmanager(t *testing.T, r *receivers, wait time.Duration) *alertmanager {
	t.Helper()
	root := collector.Root(t)
	text, err := os.ReadFile(filepath.Join(root, "rules", "alertmanager.yml"))
	require.NoError(t, err)
	config := filepath.Join(t.TempDir(), "alertmanager.yml")
	require.NoError(t, os.WriteFile(config, []byte(changes(r, root, wait).Replace(string(text))), 0o600))
	a := &alertmanager{
		program: collector.ThirdParty(t, "alertmanager", "github.com/prometheus/alertmanager/cmd/alertmanager"),
		config:  config, directory: t.TempDir(), address: porttest.Free(), delay: wait,
	}
	a.start(t)
	return a
}

func (a *alertmanager) start(t *testing.T) {
	t.Helper()
	a.Process = collector.Run(t, exec.Command(a.program,
		"--config.file="+a.config, "--storage.path="+a.directory, "--web.listen-address="+a.address,
		"--cluster.listen-address=", "--data.retention=9600h", "--data.maintenance-interval=1m", "--dispatch.start-delay="+a.delay.String()))
	a.Eventually(t, func() error { return ready("http://" + a.address + "/-/ready") })
}

func ready(address string) error {
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(address)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", address, answer.Status)
	}
	return errors.Join(err, answer.Body.Close())
}
