{{/* Jobs: small programs that run once. */}}

{{/* Top of a Job's pod template: (list $ "component" "service account's suffix or empty"). */}}
{{- define "swarmpost.job.template" -}}
metadata:
  labels:
    {{- include "swarmpost.labels" (list (index . 0) (index . 1)) | nindent 4 }}
spec:
  {{- include "swarmpost.podTop" (list (index . 0) (index . 2)) | nindent 2 }}
{{- end }}

{{/* Labels of the objects that `prepare` makes, in one line. */}}
{{- define "swarmpost.objectLabels" -}}
{{- $labels := dict "app.kubernetes.io/name" "swarmpost" "app.kubernetes.io/instance" .Release.Name "app.kubernetes.io/part-of" "swarmpost" -}}
{{- $pairs := list -}}
{{- range $key, $value := mergeOverwrite (deepCopy .Values.commonLabels) $labels }}{{ $pairs = append $pairs (printf "%s=%s" $key $value) }}{{ end -}}
{{- join "," $pairs }}
{{- end }}

{{/* "pod=host:22023,…" of every node: (list $ "prefix" port). */}}
{{- define "swarmpost.nodeAddresses" -}}
{{- $root := index . 0 -}}
{{- $pairs := list -}}
{{- range $ordinal := until (int (index . 3)) }}
{{- $pod := include "swarmpost.name" (list $root (printf "node-%d" $ordinal)) }}
{{- $pairs = append $pairs (printf "%s=%s%s.%s:%v" $pod (index $ 1) $pod (include "swarmpost.host" (list $root "nodes")) (index $ 2)) }}
{{- end }}
{{- join "," $pairs }}
{{- end }}

{{/* Where clients begin: the first nodes, at most three, and what they are called. */}}
{{- define "swarmpost.env.seeds" -}}
SEEDS: {{ include "swarmpost.nodeAddresses" (list . "https://" 22021 (min 3 (int .Values.nodes.replicas))) | quote }}
NODE_KEYS_DIR: /etc/swarmpost/node-keys
NETWORK_NAME: {{ .Values.network.name | quote }}
NETWORK_DIVERSITY: {{ .Values.network.diversity | quote }}
{{- end }}

{{- define "swarmpost.volume.publicKeys" -}}
- name: node-keys
  configMap:
    name: {{ include "swarmpost.name" (list . "node-keys") }}
{{- end }}
