{{/* How nodes are reached. */}}

{{/* The ports of a node's Service: (list $ ordinal). */}}
{{- define "swarmpost.node.ports" -}}
{{- $address := (index . 0).Values.nodes.address -}}
{{- $first := add (int $address.firstNodePort) (mul 3 (index . 1)) -}}
{{- range $index, $port := list (list "https" 22021) (list "peer" 22020) (list "replica" 22022) }}
- name: {{ index $port 0 }}
  port: {{ index $port 1 }}
  targetPort: {{ index $port 0 }}
  {{- if eq $address.type "NodePort" }}
  nodePort: {{ add $first $index }}
  {{- end }}
{{- end }}
{{- end }}

{{/* What a node publishes as its IPv4 address: "ip", "host", "service" or "machine": (list $ ordinal). */}}
{{- define "swarmpost.node.publishes" -}}
{{- $address := (index . 0).Values.nodes.address -}}
{{- if gt (len $address.ips) (int (index . 1)) }}ip
{{- else if $address.host }}host
{{- else if eq $address.type "LoadBalancer" }}service
{{- else if eq $address.type "ClusterIP" }}cluster
{{- else }}machine
{{- end }}
{{- end }}

{{/* "true" when relays read their Service through the Kubernetes API. */}}
{{- define "swarmpost.node.readsService" -}}
{{- $last := sub (int .Values.nodes.replicas) 1 -}}
{{- if eq (include "swarmpost.node.publishes" (list . $last)) "service" }}true{{ end -}}
{{- end }}

{{/* The settings file of one node: (list $ ordinal). */}}
{{- define "swarmpost.node.settings" -}}
{{- $root := index . 0 -}}
{{- $ordinal := index . 1 -}}
{{- $address := $root.Values.nodes.address -}}
{{- $service := printf "node-%d" $ordinal -}}
{{- $kind := include "swarmpost.node.publishes" . -}}
{{- if eq $kind "ip" }}
PUBLIC_IP={{ index $address.ips $ordinal }}
{{- else if eq $kind "host" }}
PUBLIC_HOST={{ $address.host | replace "{ordinal}" (toString $ordinal) }}
{{- else if eq $kind "service" }}
PUBLIC_SERVICE={{ include "swarmpost.name" (list $root $service) }}
{{- else if eq $kind "cluster" }}
PUBLIC_HOST={{ include "swarmpost.host" (list $root $service) }}
{{- end }}
{{- if eq $address.type "NodePort" }}
{{- $first := add (int $address.firstNodePort) (mul 3 $ordinal) }}
PUBLIC_HTTPS_PORT={{ $first }}
PUBLIC_PEER_PORT={{ add $first 1 }}
PUBLIC_REPLICA_PORT={{ add $first 2 }}
{{- else if eq $address.type "HostPort" }}
PUBLIC_HTTPS_PORT={{ $address.hostPorts.https }}
PUBLIC_PEER_PORT={{ $address.hostPorts.peer }}
PUBLIC_REPLICA_PORT={{ $address.hostPorts.replica }}
{{- end }}
{{- end }}
