// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package compose

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// image is what stands in for an image: the programs that it holds, by their
// paths, the first of them its entrypoint; and its user.
type image struct {
	entrypoint string
	programs   map[string]string // path in the image: program of this machine
	user       int
}

const (
	root    = 0
	nonroot = 65532 // of distroless images
	nobody  = 65534
)

// images are those that can be had here, by service.
func images(t *testing.T) map[string]image {
	t.Helper()
	victoria := func(command string) string {
		return collector.ThirdParty(t, "victoriametrics", "github.com/VictoriaMetrics/VictoriaMetrics/app/"+command)
	}
	bin := filepath.Join(collector.Root(t), "bin")
	ours := image{
		"/otelcol-usage", map[string]string{
			"/otelcol-usage": filepath.Join(bin, "otelcol-usage"), "/usagectl": filepath.Join(bin, "usagectl"),
		}, nonroot,
	}
	return map[string]image{
		"collector": ours, "gateway": ours, "shard-a": ours, "shard-b": ours,
		"victoriametrics": {"/victoria-metrics-prod", map[string]string{"/victoria-metrics-prod": victoria("victoria-metrics")}, root},
		"vmalert":         {"/vmalert-prod", map[string]string{"/vmalert-prod": victoria("vmalert")}, root},
		"alertmanager": {
			"/bin/alertmanager", map[string]string{
				"/bin/alertmanager": collector.ThirdParty(t, "alertmanager", "github.com/prometheus/alertmanager/cmd/alertmanager"),
			}, nobody,
		},
	}
}

// container is a service's root directory and how programs are run in it.
type container struct {
	service types.ServiceConfig
	image   image
	root    string
	mounts  []string // commands of a shell
	network *network
}

func newContainer(t *testing.T, n *network, project *types.Project, name string, with image) *container {
	t.Helper()
	c := &container{service: project.Services[name], image: with, root: t.TempDir(), network: n}
	hosts := "127.0.0.1 localhost " + strings.Join(slices.Sorted(maps.Keys(project.Services)), " ") + "\n"
	c.file(t, "/etc/hosts", hosts)
	c.directory(t, "/proc")
	c.mounts = append(c.mounts, "mount -t proc proc "+c.inside("/proc"))
	for _, shared := range []string{"/dev", "/lib", "/lib64", "/usr/lib"} { // the programs are linked with the machine's libraries
		if _, err := os.Stat(shared); err == nil {
			c.directory(t, shared)
			c.bind(shared, shared, false)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(with.programs)) {
		c.file(t, path, "")
		c.bind(with.programs[path], path, true)
	}
	for _, v := range c.service.Volumes {
		c.volume(t, v)
	}
	if c.service.ReadOnly {
		c.mounts = append([]string{"mount --bind " + c.root + " " + c.root}, c.mounts...)
		c.mounts = append(c.mounts, "mount -o remount,bind,ro "+c.root)
	} else {
		c.directory(t, "/tmp")
		require.NoError(t, os.Chmod(c.inside("/tmp"), 0o777|os.ModeSticky))
	}
	return c
}

func (c *container) inside(path string) string { return filepath.Join(c.root, path) }

func (c *container) directory(t *testing.T, path string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(c.inside(path), 0o755))
}

func (c *container) file(t *testing.T, path, text string) {
	t.Helper()
	c.directory(t, filepath.Dir(path))
	require.NoError(t, os.WriteFile(c.inside(path), []byte(text), 0o644))
}

func (c *container) bind(source, target string, readOnly bool) {
	c.mounts = append(c.mounts, "mount --bind "+source+" "+c.inside(target))
	if readOnly {
		c.mounts = append(c.mounts, "mount -o remount,bind,ro "+c.inside(target))
	}
}

// volume mounts a directory of the repository, or a new one that belongs to the
// image's user as a named volume does.
func (c *container) volume(t *testing.T, v types.ServiceVolumeConfig) {
	t.Helper()
	c.directory(t, v.Target)
	if v.Type == types.VolumeTypeBind {
		c.bind(v.Source, v.Target, v.ReadOnly)
		return
	}
	require.NoError(t, os.Chown(c.inside(v.Target), c.image.user, c.image.user))
	if c.service.ReadOnly { // the root's own mount is not
		c.bind(c.inside(v.Target), v.Target, false)
	}
}

// command returns a program to be run in the container.
func (c *container) command(words ...string) *exec.Cmd {
	script := slices.Concat(c.mounts, []string{`exec chroot "$@"`})
	command := exec.Command("nsenter", "--net="+c.network.path(), "unshare", "--mount", "sh", "-ec", strings.Join(script, "\n"), "sh",
		fmt.Sprintf("--userspec=%d:%d", c.image.user, c.image.user), c.root)
	command.Args = append(command.Args, words...)
	command.Env = []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range c.service.Environment {
		if value != nil {
			command.Env = append(command.Env, name+"="+*value)
		}
	}
	return command
}

// start starts the service.
func (c *container) start(t *testing.T) *collector.Process {
	t.Helper()
	return collector.Run(t, c.command(append([]string{c.image.entrypoint}, c.service.Command...)...))
}
