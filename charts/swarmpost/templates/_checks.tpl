{{/* Values that contradict each other: one sentence each, which names the value. */}}

{{/* (list $ "nats"): exactly one of enabled, url and existingSecret. */}}
{{- define "swarmpost.check.connection" -}}
{{- $name := index . 1 -}}
{{- $values := index (index . 0).Values $name -}}
{{- $url := ternary "rpcUrls" "url" (eq $name "chain") -}}
{{- $given := compact (list (ternary $url "" (not (empty (index $values $url)))) (ternary "existingSecret.name" "" (ne $values.existingSecret.name ""))) -}}
{{- if and $values.enabled $given }}
{{- fail (printf "%s.enabled is true and %s.%s is given: set %s.enabled to false to use an existing one." $name $name (first $given) $name) }}
{{- end }}
{{- if and (not $values.enabled) (not $given) }}
{{- fail (printf "%s.enabled is false: give %s.%s or %s.existingSecret.name." $name $name $url $name) }}
{{- end }}
{{- if gt (len $given) 1 }}
{{- fail (printf "%s.%s and %s.existingSecret.name are both given: give one of them." $name $url $name) }}
{{- end }}
{{- end }}

{{- define "swarmpost.check.chain" -}}
{{- with .Values }}
{{- if and .nats.enabled .nats.ca.existingSecret }}
{{- fail "nats.enabled is true and nats.ca.existingSecret is given: the NATS for evaluation has no certificate." }}
{{- end }}
{{- if and (not .chain.enabled) (not .chain.contract) }}
{{- fail "chain.contract is missing: an existing chain needs the address of the staking contract." }}
{{- end }}
{{- if and .chain.enabled .chain.contract }}
{{- fail "chain.contract is given and chain.enabled is true: the development chain has its own contract." }}
{{- end }}
{{- if and .nodes.unlock (not .operator.register) }}
{{- fail "nodes.unlock is given and operator.register is false: the Job that would unlock them does not run." }}
{{- end }}
{{- range .nodes.unlock }}
{{- if ge (int .) (int $.Values.nodes.replicas) }}
{{- fail (printf "nodes.unlock names ordinal %d, which nodes.replicas (%d) no longer runs: unlock it before it is removed." (int .) (int $.Values.nodes.replicas)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "swarmpost.check.servers" -}}
{{- with .Values }}
{{- if and .postgres.enabled (or .databases.servers .databases.existingSecret) }}
{{- $name := ternary "servers" "existingSecret" (not (empty .databases.servers)) }}
{{- fail (printf "databases.%s is given and postgres.enabled is true: set postgres.enabled to false to use existing servers." $name) }}
{{- end }}
{{- if and (not .postgres.enabled) (not .databases.servers) }}
{{- fail "postgres.enabled is false: databases.servers must say which server holds which node's database." }}
{{- end }}
{{- range .databases.servers }}
{{- $secret := (.existingSecret | default dict).name }}
{{- if and .url $secret }}
{{- fail (printf "databases.servers: %s has both url and existingSecret: give one of them." .name) }}
{{- end }}
{{- if and $.Values.databases.existingSecret (or .url $secret) }}
{{- fail (printf "databases.servers: %s has a URL, and databases.existingSecret holds the URLs of all databases: give one of them." .name) }}
{{- end }}
{{- if not (or .url $secret $.Values.databases.existingSecret) }}
{{- fail (printf "databases.servers: %s needs url or existingSecret, or databases.existingSecret must hold the URL of every database." .name) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "swarmpost.check.ordinals" -}}
{{- if not .Values.postgres.enabled }}
{{- $holder := dict -}}
{{- $names := dict -}}
{{- range .Values.databases.servers }}
{{- $server := .name }}
{{- if hasKey $names $server }}{{ fail (printf "databases.servers names the server %s twice." $server) }}{{ end }}
{{- $_ := set $names $server true }}
{{- range (fromJson (include "swarmpost.databases.ordinals" .ordinals)).ordinals }}
{{- $ordinal := toString (int .) }}
{{- if hasKey $holder $ordinal }}
{{- fail (printf "databases.servers: ordinal %s is on two servers, %s and %s." $ordinal (index $holder $ordinal) $server) }}
{{- end }}
{{- $_ := set $holder $ordinal $server }}
{{- end }}
{{- end }}
{{- range until (int .Values.nodes.replicas) }}
{{- if not (hasKey $holder (toString .)) }}
{{- fail (printf "databases.servers: no server holds ordinal %d, but nodes.replicas is %d. Append it to a server's ordinals." . (int $.Values.nodes.replicas)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "swarmpost.check.addresses" -}}
{{- with .Values.nodes }}
{{- $address := .address }}
{{- if and $address.ips (lt (len $address.ips) (int .replicas)) }}
{{- fail (printf "nodes.address.ips has %d addresses, but nodes.replicas is %d." (len $address.ips) (int .replicas)) }}
{{- end }}
{{- if and $address.ips $address.host }}
{{- fail "nodes.address.ips and nodes.address.host are both given: give one of them." }}
{{- end }}
{{- if and (eq $address.type "NodePort") (gt (add $address.firstNodePort (mul 3 (int .replicas)) -1) 32767) }}
{{- fail (printf "nodes.address.firstNodePort %d leaves no room for the ports of %d nodes below 32768." (int $address.firstNodePort) (int .replicas)) }}
{{- end }}
{{- if and (ne $address.type "LoadBalancer") (or $address.loadBalancerClass $address.loadBalancerSourceRanges) }}
{{- fail (printf "nodes.address.loadBalancerClass and loadBalancerSourceRanges are for LoadBalancer, but nodes.address.type is %s." $address.type) }}
{{- end }}
{{- end }}
{{- if and .Values.network.diversity (eq .Values.nodes.address.type "ClusterIP") (not .Values.nodes.address.host) (not .Values.nodes.address.ips) }}
{{- fail "network.diversity is true and nodes.address.type is ClusterIP: nodes with addresses inside one cluster can't be in different networks." }}
{{- end }}
{{- end }}

{{- define "swarmpost.check.fileServer" -}}
{{- with .Values.fileServer }}
{{- if and (not .enabled) .autoscaling.enabled }}
{{- fail "fileServer.autoscaling.enabled is true and fileServer.enabled is false." }}
{{- end }}
{{- if and .autoscaling.enabled (gt (int .autoscaling.minReplicas) (int .autoscaling.maxReplicas)) }}
{{- fail "fileServer.autoscaling.minReplicas is above fileServer.autoscaling.maxReplicas." }}
{{- end }}
{{- $many := or .autoscaling.enabled (gt (int .replicas) 1) }}
{{- if and .enabled (eq .content.type "disk") (not .content.persistence.existingClaim) $many }}
{{- fail (printf "fileServer.%s needs several pods to share the files, and fileServer.content.type is disk: use s3, or an existingClaim that many may mount." (ternary "autoscaling.enabled" "replicas" .autoscaling.enabled)) }}
{{- end }}
{{- if and (eq .content.type "s3") (not .content.s3.bucket) }}
{{- fail "fileServer.content.type is s3: give fileServer.content.s3.bucket." }}
{{- end }}
{{- if and (eq .content.type "disk") .content.s3.bucket }}
{{- fail "fileServer.content.s3.bucket is given and fileServer.content.type is disk: set fileServer.content.type to s3." }}
{{- end }}
{{- if and .content.persistence.existingClaim (not .content.persistence.enabled) }}
{{- fail "fileServer.content.persistence.existingClaim is given and fileServer.content.persistence.enabled is false." }}
{{- end }}
{{- end }}
{{- end }}

{{- define "swarmpost.checks" -}}
{{- range list "chain" "nats" "redis" }}{{ include "swarmpost.check.connection" (list $ .) }}{{ end }}
{{- range list "chain" "servers" "ordinals" "addresses" "published" "seedHttp" "fileServer" "labels" "stop" "operator" }}{{ include (printf "swarmpost.check.%s" .) $ }}{{ end }}
{{- end }}
