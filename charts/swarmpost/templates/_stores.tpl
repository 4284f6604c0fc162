{{/* Single instances for evaluation. */}}

{{/* Top of a store's StatefulSet: (list $ "name" "text whose change restarts it"). */}}
{{- define "swarmpost.store.top" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "swarmpost.metadata" (list $root $name $name) | nindent 2 }}
  annotations:
    {{- include "swarmpost.notForProduction" $root | nindent 4 }}
spec:
  replicas: 1
  serviceName: {{ include "swarmpost.name" (list $root $name) }}
  selector:
    matchLabels:
      {{- include "swarmpost.selector" (list $root $name) | nindent 6 }}
  template:
    metadata:
      labels:
        {{- /* Not the version: another one of ours does not restart the store. */}}
        {{- include "swarmpost.selector" (list $root $name) | nindent 8 }}
        app.kubernetes.io/part-of: swarmpost
      annotations:
        swarmpost.dev/configuration: {{ index . 2 | sha256sum }}
        {{- include "swarmpost.notForProduction" $root | nindent 8 }}
    spec:
      {{- include "swarmpost.podTop" (list $root "") | nindent 6 }}
{{- end }}

{{/* Service of a store: (list $ "name" "port's name" port). */}}
{{- define "swarmpost.store.service" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "swarmpost.metadata" (list $root $name $name) | nindent 2 }}
  annotations:
    {{- include "swarmpost.notForProduction" $root | nindent 4 }}
spec:
  selector:
    {{- include "swarmpost.selector" (list $root $name) | nindent 4 }}
  ports:
    - {name: {{ index . 2 }}, port: {{ index . 3 }}, targetPort: {{ index . 2 }}}
{{- end }}

{{/* Metadata of a store's ConfigMap: (list $ "name"). */}}
{{- define "swarmpost.store.configuration" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "swarmpost.metadata" (list (index . 0) (index . 1) (index . 1)) | nindent 2 }}
  annotations:
    {{- include "swarmpost.notForProduction" (index . 0) | nindent 4 }}
{{- end }}
