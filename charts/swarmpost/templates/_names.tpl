{{/* Names, labels and images. */}}

{{- define "swarmpost.fullname" -}}
{{- $name := .Release.Name -}}
{{- if not (contains "swarmpost" $name) }}{{ $name = printf "%s-swarmpost" $name }}{{ end -}}
{{- $name | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{/* The name of an object: (list $ "node"). */}}
{{- define "swarmpost.name" -}}
{{ include "swarmpost.fullname" (index . 0) }}-{{ index . 1 }}
{{- end }}

{{/* DNS name of a Service of this release: (list $ "nodes"). */}}
{{- define "swarmpost.host" -}}
{{- $root := index . 0 -}}
{{ include "swarmpost.name" . }}.{{ $root.Release.Namespace }}.svc.{{ $root.Values.clusterDomain }}
{{- end }}

{{/* Labels by which a component's pods are selected; they never change: (list $ "node"). */}}
{{- define "swarmpost.selector" -}}
app.kubernetes.io/name: swarmpost
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Labels of every object of a component: (list $ "node"). */}}
{{- define "swarmpost.labels" -}}
{{- $root := index . 0 -}}
{{ include "swarmpost.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/part-of: swarmpost
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Name, namespace and labels of an object: (list $ "component" "suffix of its name"). */}}
{{- define "swarmpost.metadata" -}}
{{- $root := index . 0 -}}
name: {{ include "swarmpost.name" (list $root (index . 2)) }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "swarmpost.labels" (list $root (index . 1)) | nindent 2 }}
{{- end }}

{{/* Annotation of what must not be used in production. */}}
{{- define "swarmpost.notForProduction" -}}
swarmpost.dev/not-for-production: "A single instance for evaluation. Use an existing server in production."
{{- end }}

{{- define "swarmpost.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* The address of the staking contract. The development chain's is that of account 0's second transaction. */}}
{{- define "swarmpost.contract" -}}
{{ .Values.chain.contract | default "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512" }}
{{- end }}

{{/* "true" when a kind that may be missing is wanted: (list $ "auto|true|false" "api/version"). */}}
{{- define "swarmpost.wanted" -}}
{{- $choice := toString (index . 1) -}}
{{- if or (eq $choice "true") (and (eq $choice "auto") ((index . 0).Capabilities.APIVersions.Has (index . 2))) }}true{{ end -}}
{{- end }}
