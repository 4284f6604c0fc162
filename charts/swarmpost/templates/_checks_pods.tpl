{{/* More values that contradict each other: about labels, a node's stop, and who stakes. */}}

{{/* What pods are selected by, and what the services write themselves. */}}
{{- define "swarmpost.check.labels" -}}
{{- range $key, $value := .Values.commonLabels }}
{{- if regexMatch "^(app\\.kubernetes\\.io|helm\\.sh|swarmpost\\.dev|statefulset\\.kubernetes\\.io)/" $key }}
{{- fail (printf "commonLabels names %s, which the chart sets itself: pods are selected by such labels." $key) }}
{{- end }}
{{- if not (regexMatch "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$" $value) }}
{{- fail (printf "commonLabels.%s is no label's value: at most 63 letters, digits, dashes, dots and underscores." $key) }}
{{- end }}
{{- end }}
{{- end }}

{{/* The storage drains 2 s longer than the relay, and then has 10 s to bring members what it keeps for them and to commit. */}}
{{- define "swarmpost.check.stop" -}}
{{- with .Values.nodes }}
{{- $needed := add (div (add (int64 .drainMs) 999) 1000) 12 }}
{{- if lt (int64 .terminationGracePeriodSeconds) $needed }}
{{- fail (printf "nodes.terminationGracePeriodSeconds is %d, but a drain of nodes.drainMs (%d) and what follows it take up to %d seconds: Kubernetes would kill the node before." (int64 .terminationGracePeriodSeconds) (int64 .drainMs) $needed) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "swarmpost.check.operator" -}}
{{- $development := "0xe7f1725e7734ce288f8367e1bb143e90bb3f0512" -}}
{{- with .Values }}
{{- if and .operator.register (not .operator.existingSecret.name) .chain.contract (ne (lower .chain.contract) $development) }}
{{- fail (printf "operator.existingSecret.name is missing: operator.developmentAccount %d is an account of the development chain, whose key is publicly known, and chain.contract is another one's." (int .operator.developmentAccount)) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Nodes that publish one address and the same ports cannot be told apart. NodePort gives each ports of its own. */}}
{{- define "swarmpost.check.published" -}}
{{- with .Values.nodes }}
{{- if ne .address.type "NodePort" }}
{{- if and .address.host (gt (int .replicas) 1) (not (contains "{ordinal}" .address.host)) }}
{{- fail (printf "nodes.address.host has no {ordinal}: with nodes.address.type %s all nodes would publish one address." .address.type) }}
{{- end }}
{{- if lt (len (uniq .address.ips)) (len .address.ips) }}
{{- fail (printf "nodes.address.ips names an address twice: with nodes.address.type %s each node needs one of its own." .address.type) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* A machine has each of its ports once, and Kubernetes gives Services 30000 to 32767 of them. */}}
{{- define "swarmpost.check.seedHttp" -}}
{{- with .Values.nodes }}
{{- $port := int .seedHttp.port }}
{{- if and .seedHttp.enabled (eq .seedHttp.type "NodePort") (or (lt $port 30000) (gt $port 32767)) }}
{{- fail (printf "nodes.seedHttp.port is %d: with nodes.seedHttp.type NodePort it is a port of each machine, from 30000 to 32767." $port) }}
{{- end }}
{{- if and .seedHttp.enabled (eq .seedHttp.type "HostPort") (eq .address.type "HostPort") }}
{{- range $name, $port := .address.hostPorts }}
{{- if eq (int $port) (int $.Values.nodes.seedHttp.port) }}
{{- fail (printf "nodes.seedHttp.port is %d, which is nodes.address.hostPorts.%s of the same machine." (int $port) $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
