{{/* Settings of programs. Each define gives YAML of a map; swarmpost.env makes the list of them, settings of the user last. */}}

{{/* (list $ (list "map" "map" …)): later maps win; a value is a text or {from: field path}. */}}
{{- define "swarmpost.env" -}}
{{- $all := dict -}}
{{- range index . 1 }}{{ $all = mergeOverwrite $all (fromYaml .) }}{{ end -}}
env:
  {{- /* POD_NAME first: others may refer to it. */}}
  {{- range $key := keys $all | sortAlpha }}
  {{- $value := index $all $key }}
  - name: {{ $key }}
    {{- if kindIs "map" $value }}
    valueFrom:
      fieldRef: {fieldPath: {{ $value.from }}}
    {{- else }}
    value: {{ $value | toString | quote }}
    {{- end }}
  {{- end }}
{{- end }}

{{/* What every program of ours takes: (list $ admin port). */}}
{{- define "swarmpost.env.process" -}}
LOG_LEVEL: {{ (index . 0).Values.logLevel }}
ADMIN_HOST: 0.0.0.0
ADMIN_PORT: {{ index . 1 | quote }}
{{- end }}

{{- define "swarmpost.env.pod" -}}
POD_NAME: {from: metadata.name}
POD_NAMESPACE: {from: metadata.namespace}
{{- end }}

{{- define "swarmpost.env.tls" -}}
CLUSTER_CA_FILE: /etc/swarmpost/tls/ca.crt
CLUSTER_CERT_FILE: /etc/swarmpost/tls/tls.crt
CLUSTER_KEY_FILE: /etc/swarmpost/tls/tls.key
{{- end }}

{{- define "swarmpost.env.bus" -}}
BUS_URL_FILE: /etc/swarmpost/bus/url
{{- if .Values.nats.ca.existingSecret }}
BUS_CA_FILE: /etc/swarmpost/bus/ca.crt
{{- end }}
{{- end }}

{{- define "swarmpost.env.redis" -}}
REDIS_URL_FILE: /etc/swarmpost/redis/url
{{- end }}

{{- define "swarmpost.env.database" -}}
DATABASE_URL_FILE: /etc/swarmpost/database/url
{{- end }}

{{- define "swarmpost.env.chain" -}}
CHAIN_CONTRACT: {{ include "swarmpost.contract" . | quote }}
{{- if .Values.chain.enabled }}
CHAIN_RPC_URLS: http://{{ include "swarmpost.host" (list . "chain") }}:8545
{{- else }}
CHAIN_RPC_URLS_FILE: /etc/swarmpost/chain/urls
{{- end }}
{{- end }}

{{/* Where the cluster's services are: (list $ "chain-watcher" …). */}}
{{- define "swarmpost.env.services" -}}
{{- $root := index . 0 -}}
{{- $known := dict "chain-watcher" (list "CHAIN_WATCHER" 50051) "swarm-coordinator" (list "COORDINATOR" 50052) "test-suite" (list "TEST_SUITE" 50053) -}}
{{- range rest . }}
{{- $entry := index $known . }}
{{ index $entry 0 }}: {{ include "swarmpost.host" (list $root .) }}:{{ index $entry 1 }}
{{- end }}
{{- end }}

{{/* Volumes and mounts of what the settings above name. */}}

{{/* One file of a Secret: (list "volume" "secret" "entry" "file"). */}}
{{- define "swarmpost.secretFile" -}}
- name: {{ index . 0 }}
  secret:
    secretName: {{ index . 1 }}
    defaultMode: 0440
    items:
      - {key: {{ index . 2 }}, path: {{ index . 3 }}}
{{- end }}

{{/* Volume of a component's certificate: (list $ "component"). */}}
{{- define "swarmpost.volume.tls" -}}
- name: tls
  secret:
    secretName: {{ include "swarmpost.name" (list (index . 0) (printf "tls-%s" (index . 1))) }}
    defaultMode: 0440
{{- end }}

{{- define "swarmpost.volume.bus" -}}
{{- $nats := .Values.nats -}}
{{- $secret := include "swarmpost.name" (list . (ternary "connections" "urls" $nats.enabled)) -}}
{{- $key := "bus-url" -}}
{{- if $nats.existingSecret.name -}}
{{- $secret = $nats.existingSecret.name -}}
{{- $key = $nats.existingSecret.key -}}
{{- end -}}
{{- if $nats.ca.existingSecret -}}
- name: bus
  projected:
    defaultMode: 0440
    sources:
      - secret:
          name: {{ $secret }}
          items: [{key: {{ $key }}, path: url}]
      - secret:
          name: {{ $nats.ca.existingSecret }}
          items: [{key: {{ $nats.ca.key }}, path: ca.crt}]
{{- else -}}
{{ include "swarmpost.secretFile" (list "bus" $secret $key "url") }}
{{- end }}
{{- end }}

{{- define "swarmpost.volume.redis" -}}
{{- $made := include "swarmpost.name" (list . "connections") -}}
{{- $redis := .Values.redis -}}
{{- if $redis.enabled -}}
{{ include "swarmpost.secretFile" (list "redis" $made "redis-url" "url") }}
{{- else if $redis.existingSecret.name -}}
{{ include "swarmpost.secretFile" (list "redis" $redis.existingSecret.name $redis.existingSecret.key "url") }}
{{- else -}}
{{ include "swarmpost.secretFile" (list "redis" (include "swarmpost.name" (list . "urls")) "redis-url" "url") }}
{{- end }}
{{- end }}

{{/* Nothing for the development chain, whose address is no secret: (list $ "name of the Secret with urls of the values"). */}}
{{- define "swarmpost.volume.chain" -}}
{{- $chain := (index . 0).Values.chain -}}
{{- if not $chain.enabled }}
{{- if $chain.existingSecret.name -}}
{{ include "swarmpost.secretFile" (list "chain" $chain.existingSecret.name $chain.existingSecret.key "urls") }}
{{- else -}}
{{ include "swarmpost.secretFile" (list "chain" (index . 1) "chain-rpc-urls" "urls") }}
{{- end }}
{{- end }}
{{- end }}

{{/* The URL of one service's database: (list $ "chain-watcher"). */}}
{{- define "swarmpost.volume.database" -}}
{{- $root := index . 0 -}}
{{ include "swarmpost.secretFile" (list "database" (include "swarmpost.databases.secret" $root) (index . 1) "url") }}
{{- end }}

{{/* Mounts of volumes under /etc/swarmpost, read-only: a list of their names. */}}
{{- define "swarmpost.mounts" -}}
{{- range . }}
- {name: {{ . }}, mountPath: /etc/swarmpost/{{ . }}, readOnly: true}
{{- end }}
{{- end }}

{{/* Rolls pods when URLs given in values change. */}}
{{- define "swarmpost.urlsChecksum" -}}
swarmpost.dev/urls: {{ list .Values.nats.url .Values.redis.url .Values.chain.rpcUrls | toJson | sha256sum }}
{{- end }}
