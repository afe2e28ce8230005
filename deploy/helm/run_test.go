// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	core "k8s.io/api/core/v1"
)

// pod is a rendered container on this machine: the built program with the pod's
// arguments and environment, in a file system that is read-only except for the
// state, where only what is mounted is below /etc and /var/lib, as the pod's user, in
// a network of its own.
type pod struct {
	container core.Container
	script    string // of a shell that sets this up and runs its arguments
	state     string
}

func newPod(t *testing.T, all *objects, name string) *pod {
	t.Helper()
	spec := all.pods()[name].Spec
	require.Len(t, spec.Containers, 1, name)
	p := &pod{container: spec.Containers[0]}
	volumes := map[string]core.Volume{}
	for _, v := range spec.Volumes {
		volumes[v.Name] = v
	}
	script := []string{"ip link set lo up", "mount -t tmpfs tmpfs /etc", "mount -t tmpfs tmpfs /var/lib", "echo 127.0.0.1 localhost >/etc/hosts"}
	for _, m := range p.container.VolumeMounts {
		source := t.TempDir()
		// Directories of this test are for its user only, and the pod's is another one.
		require.NoError(t, os.Chmod(source, 0o755))
		switch v := volumes[m.Name]; {
		case m.Name == "state":
			p.state = source
			require.NoError(t, os.Chown(source, int(*spec.SecurityContext.RunAsUser), int(*spec.SecurityContext.FSGroup)))
		case v.ConfigMap != nil:
			for key, text := range all.data(t, v.ConfigMap.Name) {
				require.NoError(t, os.WriteFile(filepath.Join(source, key), []byte(text), 0o644))
			}
		}
		script = append(script, "mkdir -p "+m.MountPath, fmt.Sprintf("mount --bind %s %s", source, m.MountPath))
	}
	script = append(script, "mount -o remount,bind,ro /etc", "mount -o remount,bind,ro /var/lib", "mount -o remount,bind,ro /",
		fmt.Sprintf(`exec setpriv --reuid=%d --regid=%d --clear-groups --no-new-privs -- "$@"`, *spec.SecurityContext.RunAsUser, *spec.SecurityContext.RunAsGroup))
	p.script = strings.Join(script, "\n")
	return p
}

// data is what a ConfigMap has, or what one has that only its name is known of.
func (o *objects) data(t *testing.T, name string) map[string]string {
	t.Helper()
	if name == "customers" {
		return map[string]string{"organizations.yaml": "organizations: []\n"}
	}
	return o.configMap(t, name).Data
}

// command returns the program with the pod's arguments and others before them.
func (p *pod) command(ctx context.Context, program string, before ...string) *exec.Cmd {
	words := append([]string{"--net", "--mount", "sh", "-ec", p.script, "sh", program}, before...)
	c := exec.CommandContext(ctx, "unshare", append(words, p.container.Args...)...)
	c.Env = []string{"PATH=" + os.Getenv("PATH")}
	known := map[string]string{}
	for _, e := range p.container.Env {
		value := e.Value
		switch from := e.ValueFrom; {
		case from == nil:
		case from.SecretKeyRef != nil:
			value = "a secret of many characters"
		case from.FieldRef != nil: // of the first pod of a StatefulSet
			value = "0"
		}
		for name, earlier := range known {
			value = strings.ReplaceAll(value, "$("+name+")", earlier)
		}
		known[e.Name] = value
		c.Env = append(c.Env, e.Name+"="+value)
	}
	return c
}

// program is where a built program is.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "bin", name))
	require.NoError(t, err)
	require.FileExists(t, path, "make build")
	return path
}

// TestTheCollectorTakesEachConfiguration lets the built program judge what each pod
// is started with.
func TestTheCollectorTakesEachConfiguration(t *testing.T) {
	for name, values := range variants(t) {
		all := manifests(t, values)
		for workload := range all.pods() {
			t.Run(name+"/"+workload, func(t *testing.T) {
				t.Parallel()
				said, err := newPod(t, all, workload).command(t.Context(), program(t, "otelcol-usage"), "validate").CombinedOutput()
				require.NoError(t, err, "%s", said)
			})
		}
	}
	t.Run("a bad one is refused", func(t *testing.T) {
		all := manifests(t, map[string]any{"meters": map[string]any{"x": map[string]any{"type": "nothing"}}})
		said, err := newPod(t, all, "usage-otelcol-usage-ledger").command(t.Context(), program(t, "otelcol-usage"), "validate").CombinedOutput()
		require.Error(t, err)
		require.Contains(t, string(said), `meters::x::type: "nothing"`)
	})
}

// TestASingleNodeStarts starts the pod of the default values, waits until it is what
// its probe calls ready, has it count an event, and ends it within its grace period.
func TestASingleNodeStarts(t *testing.T) {
	all := manifests(t, map[string]any{})
	p := newPod(t, all, "usage-otelcol-usage-ledger")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	collector := p.command(ctx, program(t, "otelcol-usage"))
	var log bytes.Buffer
	collector.Stdout, collector.Stderr = &log, &log
	require.NoError(t, collector.Start())
	ended := make(chan error, 1)
	go func() { ended <- collector.Wait() }()
	// eventually runs a program in the pod's network until it succeeds.
	eventually := func(words ...string) {
		for {
			inside := fmt.Sprintf("--net=/proc/%d/ns/net", collector.Process.Pid) // unshare becomes the program
			said, err := exec.CommandContext(ctx, "nsenter", append([]string{inside}, words...)...).CombinedOutput()
			if err == nil {
				return
			}
			select {
			case err := <-ended:
				t.Fatalf("the collector has ended: %v\n%s", err, log.String())
			case <-ctx.Done():
				t.Fatalf("after a minute still: %s", said)
			default:
			}
		}
	}
	eventually(program(t, "usagectl"), "ready", "--api", p.address(t, p.container.ReadinessProbe.HTTPGet.Port.StrVal))
	eventually("curl", "-sS", "--fail", p.address(t, "otlp-http")+"/v1/logs", "-H", "Content-Type: application/json", "-d",
		fmt.Sprintf(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"%d","eventName":"api.called","attributes":[{"key":"organization.id","value":{"stringValue":"acme"}}]}]}]}]}`, time.Now().UnixNano()))
	require.FileExists(t, filepath.Join(p.state, "ledger", "FORMAT"))

	begun := time.Now()
	require.NoError(t, collector.Process.Signal(syscall.SIGTERM))
	require.NoError(t, <-ended, "%s", log.String())
	require.Less(t, time.Since(begun), 30*time.Second)
}

// address returns that of a named port within the pod.
func (p *pod) address(t *testing.T, port string) string {
	t.Helper()
	i := slices.IndexFunc(p.container.Ports, func(c core.ContainerPort) bool { return c.Name == port })
	require.NotEqual(t, -1, i, port)
	return fmt.Sprintf("http://127.0.0.1:%d", p.container.Ports[i].ContainerPort)
}
