{{/* What pods and containers have in common. */}}

{{/* Security context of every pod: the restricted Pod Security Standard. */}}
{{- define "swarmpost.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* Names of Services are whole, so they are asked for as they are before any search domain is tried. */}}
{{- define "swarmpost.dns" -}}
dnsConfig:
  options: [{name: ndots, value: "2"}]
{{- end }}

{{/* Security context of every container. */}}
{{- define "swarmpost.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  capabilities: {drop: [ALL]}
{{- end }}

{{/* The top of a pod that is no node: (list $ "service account's suffix or empty"). */}}
{{- define "swarmpost.podTop" -}}
{{- $root := index . 0 -}}
{{- $account := index . 1 -}}
{{- if $account }}
serviceAccountName: {{ include "swarmpost.name" (list $root $account) }}
{{- end }}
automountServiceAccountToken: {{ ne $account "" }}
enableServiceLinks: false
{{ include "swarmpost.dns" $root }}
{{ include "swarmpost.podSecurity" $root }}
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with $root.Values.scheduling }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{/* Spread of a service's replicas over machines: (list $ "component"). */}}
{{- define "swarmpost.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "swarmpost.selector" . | nindent 8 }}
{{- end }}

{{/* Image and program of a container of ours: (list $ "program"). */}}
{{- define "swarmpost.program" -}}
{{- $root := index . 0 -}}
image: {{ include "swarmpost.image" $root }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
args: [{{ index . 1 }}]
{{ include "swarmpost.containerSecurity" $root }}
{{- end }}

{{/* Probes of a program of ours: the name of its admin port. A start may wait for its stores as long as they take.
The periods are short because an update of the nodes waits for them ten times over. */}}
{{- define "swarmpost.probes" -}}
startupProbe:
  httpGet: {path: /livez, port: {{ . }}}
  periodSeconds: 1
  timeoutSeconds: 5
  failureThreshold: 300
livenessProbe:
  httpGet: {path: /livez, port: {{ . }}}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: {{ . }}}
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 3
{{- end }}

{{/* Probes of a store: the handler, as a dict. */}}
{{- define "swarmpost.storeProbes" -}}
startupProbe:
  {{- toYaml . | nindent 2 }}
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 150
livenessProbe:
  {{- toYaml . | nindent 2 }}
  periodSeconds: 20
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  {{- toYaml . | nindent 2 }}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end }}

{{/* The volume of a store: (list "name" persistence). Without persistence it goes with its pod. */}}
{{- define "swarmpost.claims" -}}
{{- $persistence := index . 1 -}}
{{- if $persistence.enabled }}
volumeClaimTemplates:
  - apiVersion: v1
    kind: PersistentVolumeClaim
    metadata:
      name: {{ index . 0 }}
    spec:
      accessModes: [ReadWriteOnce]
      {{- with $persistence.storageClass }}
      storageClassName: {{ . }}
      {{- end }}
      resources:
        requests:
          storage: {{ $persistence.size }}
{{- end }}
{{- end }}
