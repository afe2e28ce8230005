{{/* Configurations. Files of config/ are taken as they are; what values say is laid
     over them, as one more --config. */}}

{{- define "usage.base" -}}
{{- if .Values.configFile -}}
{{ .Values.configFile }}
{{- else -}}
{{- $file := ternary "default.yaml" "victoriametrics.yaml" (eq (include "usage.embedded" .) "true") -}}
{{- $text := .Files.Get (printf "files/config/%s" $file) -}}
{{- if .Values.meters -}}
{{- $config := fromYaml $text -}}
{{- if hasKey $config "Error" }}{{ fail $config.Error }}{{ end -}}
{{- $_ := set $config.extensions.usage_ledger "meters" .Values.meters -}}
{{- toYaml $config -}}
{{- else -}}
{{ $text }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The collector's own metrics, which it shows on localhost by default. */}}
{{- define "usage.telemetry" -}}
telemetry:
  metrics:
    readers:
      - pull: {exporter: {prometheus: {host: 0.0.0.0, port: 8888, without_type_suffix: true, without_units: true, without_scope_info: true}}}
{{- end -}}

{{/* The names by which a service is reached within the cluster. */}}
{{- define "usage.hosts" -}}
{{- $name := include "usage.ledgerName" . -}}
{{- $root := .root -}}
- {{ $name }}.{{ $root.Release.Namespace }}
- {{ $name }}.{{ $root.Release.Namespace }}.svc
- {{ $name }}.{{ $root.Release.Namespace }}.svc.{{ $root.Values.clusterDomain }}
{{- range $root.Values.allowedHosts }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{/* What waits for the store may take a fifth of the volume: the rest is the ledger's,
     and room for the next checkpoint. */}}
{{- define "usage.queueBytes" -}}
{{- $number := regexFind "^[0-9.]+" . -}}
{{- $unit := trimPrefix $number . -}}
{{- $bytes := dict "" 1 "K" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "P" 1000000000000000 "E" 1000000000000000000
    "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "Pi" 1125899906842624 "Ei" 1152921504606846976 -}}
{{- divf (mulf (float64 $number) (get $bytes $unit)) 5 | int64 -}}
{{- end -}}

{{- define "usage.ledgerValues" -}}
{{- $root := .root -}}
{{- $v := $root.Values -}}
extensions:
  usage_ledger:
    catalogue: /etc/otelcol-usage/catalogue/organizations.yaml
    {{- with $v.identity }}
    {{- $identity := deepCopy . }}
    {{- if and $.shard .bind_organization }}
    {{- /* The gateway has asked the sender, and writes it to this header. */}}
    {{- $_ := set $identity "bind_organization" "metadata.usage-organization" }}
    {{- end }}
    identity: {{- toYaml $identity | nindent 6 }}
    {{- end }}
    api:
      allowed_hosts: {{- include "usage.hosts" . | nindent 8 }}
      {{- if .shard }}
      {{- $peers := list }}
      {{- range $v.scale.shards }}
      {{- if ne .name $.shard }}
      {{- $at := printf "%s://%s:8320" (lower $v.ledger.probeScheme) (include "usage.ledgerName" (dict "root" $root "shard" .name)) }}
      {{- $peers = append $peers (mergeOverwrite (dict "name" .name "endpoint" $at) (deepCopy $v.scale.peer)) }}
      {{- end }}
      {{- end }}
      peers: {{ toJson $peers }}
      {{- end }}
    reports:
      {{- /* In place of the mail catcher of docker-compose.yml, which container.yaml names. */}}
      mail: {{ if $v.mail }}{{ toJson (merge (deepCopy $v.mail) (dict "encryption" "starttls")) }}{{ else }}null{{ end }}
{{- if include "usage.embedded" $root }}
exporters:
  tsdb:
    retention: {{ $v.store.retention }}
    alertmanagers: {{ toJson $v.store.alertmanagers }}
    allowed_hosts: {{- include "usage.hosts" . | nindent 6 }}
{{- end }}
{{- if .shard }}
receivers:
  {{- $kafka := merge (dict "brokers" $v.kafka.brokers) (deepCopy $v.kafka.client) | toJson }}
  kafka/logs: {{ $kafka }}
  kafka/traces: {{ $kafka }}
  kafka/metrics: {{ $kafka }}
{{- end }}
{{- if $v.remoteWrite.endpoint }}
connectors:
  usage_queue: {max_bytes: {{ include "usage.queueBytes" $v.ledger.persistence.size }}}
{{- end }}
service:
  {{- include "usage.telemetry" $root | nindent 2 }}
{{- end -}}

{{- define "usage.gatewayValues" -}}
processors:
  usage_route:
    map: /etc/otelcol-usage/map/shards.yaml
    {{- with .Values.identity }}
    identity: {{- toYaml . | nindent 6 }}
    {{- end }}
exporters:
  kafka: {{ merge (dict "brokers" .Values.kafka.brokers) (deepCopy .Values.kafka.client) | toJson }}
service:
  {{- include "usage.telemetry" . | nindent 2 }}
{{- end -}}

{{/* values.yaml of a collector: what the chart sets, and over it what the operator
     does. Maps are merged and lists replaced, as the Collector does it. */}}
{{- define "usage.overlay" -}}
{{- $set := fromYaml .set -}}
{{- if hasKey $set "Error" }}{{ fail $set.Error }}{{ end -}}
{{- toYaml (mergeOverwrite $set (deepCopy .over)) -}}
{{- end -}}
