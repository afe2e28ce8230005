// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package compose

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// load reads docker-compose.yml and .env as `docker compose --profile` does.
func load(t *testing.T, profiles ...string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(collector.Root(t), "docker-compose.yml")},
		cli.WithWorkingDirectory(collector.Root(t)), cli.WithEnvFiles(), cli.WithDotEnv, cli.WithInterpolation(true),
		cli.WithDefaultProfiles(profiles...))
	require.NoError(t, err)
	project, err := options.LoadProject(t.Context())
	require.NoError(t, err)
	return project
}

func TestTheFileIsWhatAnOperatorWouldRun(t *testing.T) {
	settings, err := os.ReadFile(filepath.Join(collector.Root(t), ".env"))
	require.NoError(t, err)
	file, err := os.ReadFile(filepath.Join(collector.Root(t), "docker-compose.yml"))
	require.NoError(t, err)
	for _, name := range regexp.MustCompile(`\$\{(\w+)\}`).FindAllSubmatch(file, -1) {
		require.Regexp(t, `(?m)^`+string(name[1])+`=.`, string(settings), ".env sets what the file asks for")
	}
	always := []string{"alertmanager", "grafana", "mail", "victoriametrics", "vmalert"}
	single, scale := load(t), load(t, "scale")
	require.ElementsMatch(t, append([]string{"collector"}, always...), single.ServiceNames())
	require.ElementsMatch(t, append([]string{"gateway", "kafka", "shard-a", "shard-b", "topics"}, always...), scale.ServiceNames())
	for _, project := range []*types.Project{single, scale} {
		published := map[string]string{}
		for name, s := range project.Services {
			t.Run(name, func(t *testing.T) { check(t, project, s) })
			for _, p := range s.Ports {
				require.Empty(t, published[p.Published], "%s and it publish %s", name, p.Published)
				published[p.Published] = name
			}
		}
	}
}

func check(t *testing.T, project *types.Project, s types.ServiceConfig) {
	t.Helper()
	require.Regexp(t, `:(v?\d+\.\d+\.\d+|dev)$`, s.Image, "a pinned version")
	require.Equal(t, []string{"ALL"}, s.CapDrop)
	if s.Name == "topics" { // it ends
		require.Equal(t, "no", s.Restart)
	} else {
		require.Equal(t, "unless-stopped", s.Restart)
		require.NotNil(t, s.HealthCheck)
		require.NotEmpty(t, s.HealthCheck.Test)
	}
	for _, p := range s.Ports {
		require.Equal(t, "127.0.0.1", p.HostIP, "published on this machine only")
	}
	for _, v := range s.Volumes {
		if v.Type == types.VolumeTypeBind {
			require.DirExists(t, v.Source, "comes with the repository")
			require.True(t, v.ReadOnly, v.Source)
		} else {
			require.Contains(t, project.Volumes, v.Source)
		}
	}
}

// stack is the services that run.
type stack struct {
	project    *types.Project
	network    *network
	client     *http.Client
	containers map[string]*container
	processes  map[string]*collector.Process
}

func newStack(t *testing.T, profiles ...string) *stack {
	t.Helper()
	s := &stack{project: load(t, profiles...), network: newNetwork(t), containers: map[string]*container{}, processes: map[string]*collector.Process{}}
	transport := &http.Transport{DialContext: s.network.dial}
	s.client = &http.Client{Transport: transport}
	t.Cleanup(transport.CloseIdleConnections)
	for name, with := range images(t) {
		if _, ok := s.project.Services[name]; ok {
			s.containers[name] = newContainer(t, s.network, s.project, name, with)
		}
	}
	return s
}

// up starts a service behind those that it depends on, and waits until it is
// healthy.
func (s *stack) up(t *testing.T, name string) {
	t.Helper()
	for _, earlier := range slices.Sorted(maps.Keys(s.project.Services[name].DependsOn)) {
		s.up(t, earlier)
	}
	c := s.containers[name]
	if c == nil || s.processes[name] != nil {
		return // the test stands in for it, or it runs
	}
	p := c.start(t)
	s.processes[name] = p
	p.Eventually(t, func() error { return s.healthy(t, c) })
}

// healthy does what the service's health check says: a program of the image, or
// wget, for which the test's own client stands in.
func (s *stack) healthy(t *testing.T, c *container) error {
	t.Helper()
	words := c.service.HealthCheck.Test
	require.Equal(t, "CMD", words[0], "no image has to have a shell")
	if words[1] == "wget" {
		_, err := s.get(words[len(words)-1])
		return err
	}
	said, err := c.command(words[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, said)
	}
	return nil
}

func (s *stack) get(url string) ([]byte, error) {
	response, err := s.client.Get(url)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s: %s", url, response.Status, text)
	}
	return text, nil
}

// send sends events to the collector and says what it answers.
func (s *stack) send(events ...collector.Event) error {
	body, err := collector.Logs(events...)
	if err != nil {
		return err
	}
	response, err := s.client.Post("http://collector:4318/v1/logs", "application/x-protobuf", bytes.NewReader(body))
	if err != nil {
		return err
	}
	if err := response.Body.Close(); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the collector answers %s", response.Status)
	}
	return nil
}

// value asks VictoriaMetrics for the one sample of a query.
func (s *stack) value(query string) (string, error) {
	text, err := s.get("http://victoriametrics:8428/api/v1/query?query=" + url.QueryEscape(query))
	if err != nil {
		return "", err
	}
	var answer struct {
		Data struct {
			Result []struct{ Value [2]any }
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return "", err
	}
	if len(answer.Data.Result) != 1 {
		return "", fmt.Errorf("%s has %d samples", query, len(answer.Data.Result))
	}
	return fmt.Sprint(answer.Data.Result[0].Value[1]), nil
}

func TestTheServicesBringAnEventToAFigureAndAQuotaToAMail(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	mails := catchMail(t, s.network)
	for _, name := range slices.Sorted(maps.Keys(s.containers)) {
		s.up(t, name)
	}

	require.NoError(t, s.send(collector.Event{
		Organization: "acme", User: "ada", Action: "transcription.finished", UID: "1", Time: time.Now(),
		Attributes: map[string]any{"transcription.minutes": 9120, "transcription.language": "en", "transcription.model": "standard"},
	}))
	s.processes["collector"].Eventually(t, func() error {
		value, err := s.value(`usage_consumption{organization="acme",meter="transcription_minutes",window="cycle",period="current"}`)
		if err == nil && value != "9120" {
			err = fmt.Errorf("the store has %s minutes", value)
		}
		return err
	})

	deadline, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	for {
		select {
		case mail := <-mails:
			if !strings.Contains(mail, "Acme GmbH") {
				continue
			}
			require.Contains(t, mail, "9,120 of 10,000 min")
			return
		case <-deadline.Done():
			for _, name := range []string{"vmalert", "alertmanager"} {
				t.Logf("log of %s:\n%s", name, s.processes[name].Log(t))
			}
			t.Fatal("no mail says that Acme GmbH has used 9,120 of 10,000 min")
		}
	}
}
