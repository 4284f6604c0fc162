{{/* Who may speak with whom. */}}

{{/* A peer: this release's pods of some components: (list $ "node" …). */}}
{{- define "swarmpost.policy.pods" -}}
{{- $root := index . 0 -}}
{{- $names := rest . -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/name: swarmpost
      app.kubernetes.io/instance: {{ $root.Release.Name }}
    matchExpressions:
      - {key: app.kubernetes.io/component, operator: In, values: [{{ join ", " $names }}]}
{{- end }}

{{/* Peers that are address ranges: (list $ (list "cidr")). */}}
{{- define "swarmpost.policy.cidrs" -}}
{{- $root := index . 0 -}}
{{- range $cidr := index . 1 }}
- ipBlock:
    cidr: {{ $cidr }}
    {{- /* Only what lies in a range can be cut out of it. */}}
    {{- if and (eq $cidr "0.0.0.0/0") $root.Values.networkPolicy.exceptCidrs }}
    except: [{{ join ", " $root.Values.networkPolicy.exceptCidrs }}]
    {{- end }}
{{- end }}
{{- end }}

{{/* "- to: pods; ports": (list $ port "component" …). */}}
{{- define "swarmpost.policy.to" -}}
- to:
    {{- include "swarmpost.policy.pods" (concat (list (index . 0)) (slice . 2)) | nindent 4 }}
  ports: [{protocol: TCP, port: {{ index . 1 }}}]
{{- end }}

{{/* "- from: pods; ports": (list $ port "component" …). */}}
{{- define "swarmpost.policy.from" -}}
- from:
    {{- include "swarmpost.policy.pods" (concat (list (index . 0)) (slice . 2)) | nindent 4 }}
  ports: [{protocol: TCP, port: {{ index . 1 }}}]
{{- end }}

{{/* Metrics for Prometheus: (list $ port …). */}}
{{- define "swarmpost.policy.monitoring" -}}
{{- $root := index . 0 -}}
{{- with $root.Values.networkPolicy.monitoringNamespaceSelector }}
- from:
    - namespaceSelector:
        matchLabels:
          {{- toYaml . | nindent 10 }}
  ports:
    {{- range rest $ }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end }}
{{- end }}

{{/* Names are looked up by every pod that speaks with another. */}}
{{- define "swarmpost.policy.dns" -}}
- ports:
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
{{- end }}

{{- define "swarmpost.policy.kubernetesApi" -}}
{{- with .Values.networkPolicy.kubernetesApi }}
- to:
    {{- range .cidrs }}
    - ipBlock: {cidr: {{ . }}}
    {{- end }}
  ports:
    {{- range .ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end }}
{{- end }}

{{/* The store that a component uses, here or outside: (list $ "postgres" 5432). */}}
{{- define "swarmpost.policy.store" -}}
{{- $root := index . 0 -}}
{{- if (index $root.Values (index . 1)).enabled }}
{{- include "swarmpost.policy.to" (list $root (index . 2) (index . 1)) }}
{{- else }}
{{- $outside := $root.Values.networkPolicy.external }}
- to:
    {{- include "swarmpost.policy.cidrs" (list $root $outside.cidrs) | trim | nindent 4 }}
  ports:
    {{- range index $outside.ports (index . 1) }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end }}
{{- end }}

{{/* Addresses that nodes publish: own ones are pods of this release once their Service is resolved. */}}
{{- define "swarmpost.policy.nodes" -}}
- to:
    {{- include "swarmpost.policy.pods" (list . "node") | nindent 4 }}
  ports:
    - {protocol: TCP, port: 22020}
    - {protocol: TCP, port: 22021}
    - {protocol: TCP, port: 22022}
- to:
    {{- include "swarmpost.policy.cidrs" (list . .Values.networkPolicy.peers.cidrs) | trim | nindent 4 }}
  ports:
    {{- range .Values.networkPolicy.peers.ports }}
    {{- $ends := splitList "-" . }}
    - {protocol: TCP, port: {{ first $ends }}, endPort: {{ last $ends }}}
    {{- end }}
{{- end }}

{{/* A NetworkPolicy: (dict "root" $ "name" "node" "ingress" (list …) "egress" (list …)), each the YAML of rules. */}}
{{- define "swarmpost.policy" -}}
{{- if .root.Values.networkPolicy.enabled -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "swarmpost.metadata" (list .root .name .name) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "swarmpost.selector" (list .root .name) | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- range $direction, $rules := dict "ingress" .ingress "egress" .egress }}
  {{- $text := "" }}
  {{- range $rules }}{{ with trim . }}{{ $text = printf "%s\n%s" $text . }}{{ end }}{{ end }}
  {{- with trim $text }}
  {{ $direction }}:
    {{- . | nindent 4 }}
  {{- end }}
  {{- end }}
{{- end }}
{{- end }}
