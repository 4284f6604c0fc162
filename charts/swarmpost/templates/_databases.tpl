{{/* Which Postgres server holds which database. */}}

{{- define "swarmpost.databases.secret" -}}
{{ .Values.databases.existingSecret | default (include "swarmpost.name" (list . "databases")) }}
{{- end }}

{{/* The list of ordinals that a text like "0-4,10" names, as JSON {"ordinals": […]}. */}}
{{- define "swarmpost.databases.ordinals" -}}
{{- $all := list -}}
{{- range splitList "," . }}
{{- $ends := splitList "-" . }}
{{- $first := first $ends | int }}
{{- $last := last $ends | int }}
{{- range untilStep $first (add1 $last | int) 1 }}{{ $all = append $all . }}{{ end }}
{{- end }}
{{- dict "ordinals" $all | toJson }}
{{- end }}

{{/* JSON {"server": [ordinals]}; the quickstart server holds every node. */}}
{{- define "swarmpost.databases.map" -}}
{{- $map := dict -}}
{{- if .Values.postgres.enabled }}
{{- $_ := set $map "quickstart" (until (int .Values.nodes.replicas)) }}
{{- else }}
{{- range .Values.databases.servers }}
{{- $_ := set $map .name (fromJson (include "swarmpost.databases.ordinals" .ordinals)).ordinals }}
{{- end }}
{{- end }}
{{- $map | toJson }}
{{- end }}

{{/* Name of the server that holds the other services' databases. */}}
{{- define "swarmpost.databases.servicesServer" -}}
{{ if .Values.postgres.enabled }}quickstart{{ else }}{{ (first .Values.databases.servers).name }}{{ end }}
{{- end }}

{{/* "pod=server,…" of the nodes that run. */}}
{{- define "swarmpost.databases.nodeServers" -}}
{{- $pod := include "swarmpost.name" (list . "node") -}}
{{- $map := fromJson (include "swarmpost.databases.map" .) -}}
{{- $pairs := list -}}
{{- range $ordinal := until (int .Values.nodes.replicas) }}
{{- range $server := keys $map | sortAlpha }}
{{- range index $map $server }}
{{- if eq (int .) $ordinal }}{{ $pairs = append $pairs (printf "%s-%d=%s" $pod $ordinal $server) }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- join "," $pairs }}
{{- end }}

{{/* Volume with a file for each server, its administrator's URL: (list $ "name of the Secret with urls of the values" and
"quickstart" once that server's password was made). */}}
{{- define "swarmpost.volume.servers" -}}
{{- $root := index . 0 -}}
{{- $urls := index . 1 -}}
- name: servers
  projected:
    defaultMode: 0440
    sources:
      {{- range $root.Values.databases.servers }}
      {{- if .url }}
      - secret:
          name: {{ $urls }}
          items: [{key: postgres-{{ .name }}, path: {{ .name }}}]
      {{- else }}
      - secret:
          name: {{ .existingSecret.name }}
          items: [{key: {{ .existingSecret.key | default "url" }}, path: {{ .name }}}]
      {{- end }}
      {{- end }}
      {{- if has "quickstart" . }}
      - secret:
          name: {{ include "swarmpost.name" (list $root "connections") }}
          items: [{key: database-admin-url, path: quickstart}]
      {{- end }}
{{- end }}

{{/* "true" when databases are made by this release. */}}
{{- define "swarmpost.databases.made" -}}
{{- if not .Values.databases.existingSecret }}true{{ end -}}
{{- end }}

{{/* The entries of a Secret with the URLs that values give: (list $ "prepare" or "all"). */}}
{{- define "swarmpost.urls" -}}
{{- $root := index . 0 -}}
{{- with $root.Values }}
{{- if and (eq (index $ 1) "all") .nats.url }}
bus-url: {{ .nats.url | quote }}
{{- end }}
{{- if and (eq (index $ 1) "all") .redis.url }}
redis-url: {{ .redis.url | quote }}
{{- end }}
{{- with .chain.rpcUrls }}
chain-rpc-urls: {{ join "," . | quote }}
{{- end }}
{{- range .databases.servers }}
{{- if .url }}
postgres-{{ .name }}: {{ .url | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
