{{/* The three services of which one pod leads: chain-watcher, swarm-coordinator, test-suite. */}}

{{/* Their Deployment: (dict "root" $ "name" "chain-watcher" "port" 50051 "values" … "env" (list "map" …) "volumes" "yaml"
"mounts" (list …)). */}}
{{- define "swarmpost.elected.deployment" -}}
{{- $root := .root -}}
{{- $name := .name -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "swarmpost.metadata" (list $root $name $name) | nindent 2 }}
spec:
  replicas: {{ .values.replicas }}
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  selector:
    matchLabels:
      {{- include "swarmpost.selector" (list $root $name) | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "swarmpost.labels" (list $root $name) | nindent 8 }}
      annotations:
        kubectl.kubernetes.io/default-container: {{ $name }}
        {{- include "swarmpost.urlsChecksum" $root | nindent 8 }}
    spec:
      {{- include "swarmpost.podTop" (list $root $name) | nindent 6 }}
      {{- include "swarmpost.spread" (list $root $name) | nindent 6 }}
      terminationGracePeriodSeconds: 30
      containers:
        - name: {{ $name }}
          {{- include "swarmpost.program" (list $root $name) | nindent 10 }}
          {{- include "swarmpost.env" (list $root (concat (list
            (include "swarmpost.env.process" (list $root 9090)) (include "swarmpost.env.pod" $root)
            (include "swarmpost.env.tls" $root) (include "swarmpost.env.bus" $root) (include "swarmpost.env.database" $root)
            (printf "GRPC_HOST: 0.0.0.0\nGRPC_PORT: \"%v\"\nLEASE_NAME: %s" .port (include "swarmpost.name" (list $root $name))))
            .env (list (toYaml .values.settings)))) | nindent 10 }}
          ports:
            - {name: grpc, containerPort: {{ .port }}}
            - {name: admin, containerPort: 9090}
          {{- include "swarmpost.probes" "admin" | nindent 10 }}
          resources:
            {{- toYaml .values.resources | nindent 12 }}
          volumeMounts:
            {{- include "swarmpost.mounts" (concat (list "tls" "bus" "database") .mounts) | nindent 12 }}
      volumes:
        {{- include "swarmpost.volume.tls" (list $root $name) | nindent 8 }}
        {{- include "swarmpost.volume.bus" $root | nindent 8 }}
        {{- include "swarmpost.volume.database" (list $root $name) | nindent 8 }}
        {{- with .volumes }}
        {{- . | nindent 8 }}
        {{- end }}
{{- end }}

{{/* Their Service leads to the pod that leads, ready or not: (list $ "name" port). */}}
{{- define "swarmpost.elected.service" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "swarmpost.metadata" (list $root $name $name) | nindent 2 }}
spec:
  publishNotReadyAddresses: true
  selector:
    {{- include "swarmpost.selector" (list $root $name) | nindent 4 }}
    swarmpost.dev/role: leader
  ports:
    - {name: grpc, port: {{ index . 2 }}, targetPort: grpc}
{{- end }}

{{/* Lease, ServiceAccount, Role and RoleBinding: (list $ "name" "further rules"). */}}
{{- define "swarmpost.elected.identity" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata:
  {{- include "swarmpost.metadata" (list $root $name $name) | nindent 2 }}
---
{{ include "swarmpost.account" (list $root $name) }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- include "swarmpost.metadata" (list $root $name $name) | nindent 2 }}
rules:
  - apiGroups: [coordination.k8s.io]
    resources: [leases]
    resourceNames: [{{ include "swarmpost.name" (list $root $name) }}]
    verbs: [get, update]
  # The pod that leads labels itself, and no other; names of pods are not known before.
  - apiGroups: [""]
    resources: [pods]
    verbs: [get, list, patch]
  {{- with index . 2 }}
  {{- . | nindent 2 }}
  {{- end }}
---
{{ include "swarmpost.roleBinding" (list $root $name) }}
{{- end }}

{{/* (list $ "name") */}}
{{- define "swarmpost.account" -}}
{{- $root := index . 0 -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "swarmpost.metadata" (list $root (index . 1) (index . 1)) | nindent 2 }}
automountServiceAccountToken: false
{{- end }}

{{/* (list $ "name") */}}
{{- define "swarmpost.roleBinding" -}}
{{- $root := index . 0 -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "swarmpost.metadata" (list $root (index . 1) (index . 1)) | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ include "swarmpost.name" . }}
subjects:
  - kind: ServiceAccount
    name: {{ include "swarmpost.name" . }}
    namespace: {{ $root.Release.Namespace }}
{{- end }}

{{/* A budget for drains: (list $ "name"). */}}
{{- define "swarmpost.budget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "swarmpost.metadata" (list (index . 0) (index . 1) (index . 1)) | nindent 2 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "swarmpost.selector" . | nindent 6 }}
{{- end }}
