// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"fmt"
	"slices"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	names "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"
)

// objects are the decoded manifests of a release.
type objects struct {
	configMaps      []*core.ConfigMap
	services        []*core.Service
	serviceAccounts []*core.ServiceAccount
	statefulSets    []*apps.StatefulSet
	deployments     []*apps.Deployment
	budgets         []*policy.PodDisruptionBudget
	policies        []*networking.NetworkPolicy
	serviceMonitors []*monitoring.ServiceMonitor
	rules           []*monitoring.PrometheusRule
}

// add decodes a manifest by the type of its kind, as the API server does with
// strict validation: an unknown field, or one twice, is an error.
func (o *objects) add(t *testing.T, text string) {
	t.Helper()
	var kind meta.TypeMeta
	require.NoError(t, yaml.Unmarshal([]byte(text), &kind))
	switch kind.APIVersion + "/" + kind.Kind {
	case "v1/ConfigMap":
		o.configMaps = append(o.configMaps, decode(t, text, &core.ConfigMap{}))
	case "v1/Service":
		o.services = append(o.services, decode(t, text, &core.Service{}))
	case "v1/ServiceAccount":
		o.serviceAccounts = append(o.serviceAccounts, decode(t, text, &core.ServiceAccount{}))
	case "apps/v1/StatefulSet":
		o.statefulSets = append(o.statefulSets, decode(t, text, &apps.StatefulSet{}))
	case "apps/v1/Deployment":
		o.deployments = append(o.deployments, decode(t, text, &apps.Deployment{}))
	case "policy/v1/PodDisruptionBudget":
		o.budgets = append(o.budgets, decode(t, text, &policy.PodDisruptionBudget{}))
	case "networking.k8s.io/v1/NetworkPolicy":
		o.policies = append(o.policies, decode(t, text, &networking.NetworkPolicy{}))
	case "monitoring.coreos.com/v1/ServiceMonitor":
		o.serviceMonitors = append(o.serviceMonitors, decode(t, text, &monitoring.ServiceMonitor{}))
	case "monitoring.coreos.com/v1/PrometheusRule":
		o.rules = append(o.rules, decode(t, text, &monitoring.PrometheusRule{}))
	default:
		t.Fatalf("%s: no type is known for it:\n%s", kind.Kind, text)
	}
}

func decode[T meta.Object](t *testing.T, text string, into T) T {
	t.Helper()
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), into), "%s", text)
	require.Empty(t, names.IsDNS1123Label(into.GetName()), into.GetName())
	require.Empty(t, validation.ValidateLabels(into.GetLabels(), field.NewPath("labels")))
	require.Equal(t, release, into.GetLabels()["app.kubernetes.io/instance"], into.GetName())
	require.Equal(t, directory, into.GetLabels()["app.kubernetes.io/name"], into.GetName())
	return into
}

func (o *objects) configMap(t *testing.T, name string) *core.ConfigMap {
	t.Helper()
	i := slices.IndexFunc(o.configMaps, func(c *core.ConfigMap) bool { return c.Name == name })
	require.NotEqual(t, -1, i, "no ConfigMap is called %s", name)
	return o.configMaps[i]
}

func (o *objects) config(t *testing.T, name, key string) string {
	t.Helper()
	data := o.configMap(t, name).Data
	require.Contains(t, data, key)
	return data[key]
}

// pods are the templates of all workloads, by the workload's name.
func (o *objects) pods() map[string]core.PodTemplateSpec {
	all := map[string]core.PodTemplateSpec{}
	for _, s := range o.statefulSets {
		all[s.Name] = s.Spec.Template
	}
	for _, d := range o.deployments {
		all[d.Name] = d.Spec.Template
	}
	return all
}

// TestTheObjectsFitTogether checks what the schemas do not: that what is referred to
// by name, port or label is there.
func TestTheObjectsFitTogether(t *testing.T) {
	for name, values := range variants(t) {
		t.Run(name, func(t *testing.T) {
			all := manifests(t, values)
			for _, s := range all.services {
				ports := all.portsOf(t, s.Name, s.Spec.Selector)
				for _, p := range s.Spec.Ports {
					require.Contains(t, ports, p.TargetPort.StrVal, s.Name)
				}
			}
			for _, p := range all.policies {
				ports := all.portsOf(t, p.Name, p.Spec.PodSelector.MatchLabels)
				for _, rule := range p.Spec.Ingress {
					for _, port := range rule.Ports {
						require.Contains(t, ports, port.Port.StrVal, p.Name)
					}
					require.NotEmpty(t, rule.From, "an empty list lets everybody in")
				}
			}
			for _, b := range all.budgets {
				all.portsOf(t, b.Name, b.Spec.Selector.MatchLabels)
			}
			for _, m := range all.serviceMonitors {
				all.scraped(t, m)
			}
			for _, s := range all.statefulSets {
				require.True(t, slices.ContainsFunc(all.services, func(x *core.Service) bool { return x.Name == s.Spec.ServiceName }), s.Name)
				require.Len(t, s.Spec.VolumeClaimTemplates, 1)
				require.Subset(t, s.Spec.Template.Labels, s.Spec.Selector.MatchLabels)
			}
			for _, d := range all.deployments {
				require.Subset(t, d.Spec.Template.Labels, d.Spec.Selector.MatchLabels)
			}
			for name, pod := range all.pods() {
				all.volumes(t, name, pod.Spec)
				hardened(t, pod.Spec)
			}
		})
	}
}

// portsOf returns the named ports of the pods that a selector takes, of which each
// has to have all.
func (o *objects) portsOf(t *testing.T, of string, selector map[string]string) map[string]bool {
	t.Helper()
	var ports map[string]bool
	for _, pod := range o.pods() {
		if !labels.SelectorFromSet(selector).Matches(labels.Set(pod.Labels)) {
			continue
		}
		mine := map[string]bool{}
		for _, p := range pod.Spec.Containers[0].Ports {
			mine[p.Name] = true
		}
		require.True(t, ports == nil || fmt.Sprint(ports) == fmt.Sprint(mine), "%s takes pods of different kinds", of)
		ports = mine
	}
	require.NotEmpty(t, ports, "%s takes no pod", of)
	return ports
}

// scraped checks that every workload is scraped, once.
func (o *objects) scraped(t *testing.T, m *monitoring.ServiceMonitor) {
	t.Helper()
	selector, err := meta.LabelSelectorAsSelector(&m.Spec.Selector)
	require.NoError(t, err)
	times := map[string]int{}
	for _, s := range o.services {
		if !selector.Matches(labels.Set(s.Labels)) {
			continue
		}
		require.True(t, slices.ContainsFunc(s.Spec.Ports, func(p core.ServicePort) bool { return p.Name == m.Spec.Endpoints[0].Port }), s.Name)
		for name, pod := range o.pods() {
			if labels.SelectorFromSet(s.Spec.Selector).Matches(labels.Set(pod.Labels)) {
				times[name]++
			}
		}
	}
	for name := range o.pods() {
		require.Equal(t, 1, times[name], name)
	}
}

// volumes checks that what is mounted is a volume, and what a volume is of is there
// or is a name that the values gave.
func (o *objects) volumes(t *testing.T, name string, pod core.PodSpec) {
	t.Helper()
	known := map[string]bool{}
	for _, s := range o.statefulSets {
		if s.Name == name {
			known[s.Spec.VolumeClaimTemplates[0].Name] = true
		}
	}
	for _, v := range pod.Volumes {
		require.False(t, known[v.Name], v.Name)
		known[v.Name] = true
		if v.ConfigMap != nil && v.ConfigMap.Name != "customers" {
			o.configMap(t, v.ConfigMap.Name)
		}
	}
	mounted := map[string]bool{}
	for _, m := range pod.Containers[0].VolumeMounts {
		require.Contains(t, known, m.Name)
		require.Empty(t, m.SubPath, "a file that is mounted by itself does not follow changes")
		mounted[m.Name] = true
	}
	require.Len(t, mounted, len(known), "all volumes are mounted")
	if pod.ServiceAccountName != "default" {
		require.True(t, slices.ContainsFunc(o.serviceAccounts, func(a *core.ServiceAccount) bool { return a.Name == pod.ServiceAccountName }))
	}
}

// hardened checks a pod against the profile "restricted" of the Pod Security
// Standards, and what the chart promises beyond it.
func hardened(t *testing.T, pod core.PodSpec) {
	t.Helper()
	require.True(t, *pod.SecurityContext.RunAsNonRoot)
	require.NotZero(t, *pod.SecurityContext.RunAsUser)
	require.Equal(t, core.SeccompProfileTypeRuntimeDefault, pod.SecurityContext.SeccompProfile.Type)
	require.False(t, *pod.AutomountServiceAccountToken)
	require.Len(t, pod.Containers, 1)
	c := pod.Containers[0]
	require.True(t, *c.SecurityContext.ReadOnlyRootFilesystem)
	require.False(t, *c.SecurityContext.AllowPrivilegeEscalation)
	require.Equal(t, []core.Capability{"ALL"}, c.SecurityContext.Capabilities.Drop)
	require.Equal(t, "/-/ready", c.ReadinessProbe.HTTPGet.Path)
	require.NotNil(t, c.LivenessProbe)
	require.NotEmpty(t, c.Resources.Limits.Memory().String(), "memory_limiter goes by it")
	require.EqualValues(t, 30, *pod.TerminationGracePeriodSeconds, "as docker-compose.yml and the unit of systemd")
}
