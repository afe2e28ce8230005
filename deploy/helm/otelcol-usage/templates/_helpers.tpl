{{- define "usage.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Room for -shard-NAME and the suffixes of pods. */}}
{{- define "usage.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "usage.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "usage.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "usage.selector" -}}
app.kubernetes.io/name: {{ include "usage.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "usage.labels" -}}
{{ include "usage.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "usage.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "usage.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "usage.fullname" .) }}
{{- else -}}
{{ .Values.serviceAccount.name | default "default" }}
{{- end -}}
{{- end -}}

{{/* The embedded store is there where no other one is named. */}}
{{- define "usage.embedded" -}}
{{- if not .Values.remoteWrite.endpoint -}}true{{- end -}}
{{- end -}}

{{/* Ledgers by name: one without, or the shards. What a template gets of each:
     root, name of its objects, shard, replicas. */}}
{{- define "usage.shards" -}}
{{- if eq .Values.mode "scale" -}}
{{- toYaml .Values.scale.shards -}}
{{- else -}}
- {name: "", replicas: 1}
{{- end -}}
{{- end -}}

{{- define "usage.ledgerName" -}}
{{- if .shard -}}
{{ include "usage.fullname" .root }}-shard-{{ .shard }}
{{- else -}}
{{ include "usage.fullname" .root }}-ledger
{{- end -}}
{{- end -}}

{{/* What no combination of values may leave open, beyond values.schema.json. */}}
{{- define "usage.check" -}}
{{- $v := .Values -}}
{{- if eq $v.mode "scale" -}}
{{- if not $v.remoteWrite.endpoint }}{{ fail "remoteWrite.endpoint: \"\": shards write to one store: name its remote write endpoint, as http://victoria-metrics:8428/api/v1/write" }}{{ end -}}
{{- if not $v.kafka.brokers }}{{ fail "kafka.brokers: []: name the brokers, as [kafka:9092]" }}{{ end -}}
{{- if not $v.scale.key.existingSecret }}{{ fail "scale.key.existingSecret: \"\": name a Secret with the key that all shards share: kubectl create secret generic usage --from-literal=usage-key=$(openssl rand -hex 32)" }}{{ end -}}
{{- $seen := dict -}}
{{- range $v.scale.shards -}}
{{- if hasKey $seen .name }}{{ fail (printf "scale.shards: %q: two shards have this name: give each its own" .name) }}{{ end -}}
{{- $_ := set $seen .name true -}}
{{- end -}}
{{- range $organization, $shard := $v.scale.pins -}}
{{- if not (hasKey $seen $shard) }}{{ fail (printf "scale.pins.%s: %q: no shard has this name: use one of scale.shards" $organization $shard) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- if and $v.catalogue.existingConfigMap $v.catalogue.existingSecret }}{{ fail (printf "catalogue.existingSecret: %q: there is an existingConfigMap as well: name one of them" $v.catalogue.existingSecret) }}{{ end -}}
{{- if and $v.meters $v.configFile }}{{ fail "meters: there is a configFile as well, which has meters of its own: use one of them" }}{{ end -}}
{{- if and $v.prometheusRule.enabled (include "usage.embedded" .) }}{{ fail "prometheusRule.enabled: true: the embedded store evaluates the rules already, and each would tell Alertmanager of its own alerts: write to a store of your own (remoteWrite.endpoint), or leave it false" }}{{ end -}}
{{- end -}}

{{- define "usage.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
# The volume's own directory is enough: a ledger of millions of users is not gone
# through at each start.
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "usage.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Where pods go, of ledger and gateway. */}}
{{- define "usage.scheduling" -}}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .topologySpreadConstraints }}
topologySpreadConstraints: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{- define "usage.secretMounts" -}}
{{- range .Values.secrets }}
- {name: secret-{{ . }}, mountPath: /etc/otelcol-usage/secrets/{{ . }}, readOnly: true}
{{- end }}
{{- end -}}

{{- define "usage.secretVolumes" -}}
{{- range .Values.secrets }}
- name: secret-{{ . }}
  secret: {secretName: {{ . }}}
{{- end }}
{{- end -}}
