{{/* A block of a tenant with its files found: each key that ends in _file and is no whole path names an entry of the
     tenant's Secret. (dict "block" BLOCK "tenant" ID) */}}
{{- define "crosspoint.withFiles" -}}
{{- $tenant := .tenant -}}
{{- $found := dict -}}
{{- range $key, $value := .block -}}
{{- if and (hasSuffix "_file" $key) (not (hasPrefix "/" $value)) -}}
{{- $_ := set $found $key (printf "/run/secrets/crosspoint/tenants/%s/%s" $tenant $value) -}}
{{- else if kindIs "map" $value -}}
{{- $_ := set $found $key (fromYaml (include "crosspoint.withFiles" (dict "block" $value "tenant" $tenant))) -}}
{{- else -}}
{{- $_ := set $found $key $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $found -}}
{{- end }}

{{/* tenants: of a service's configuration. (list $ SERVICE) */}}
{{- define "crosspoint.tenants" -}}
{{- $root := index . 0 -}}
{{- $service := index . 1 -}}
{{- $tenants := dict -}}
{{- range $id, $tenant := $root.Values.tenants | default (dict "default" dict) -}}
{{- $own := dict -}}
{{- with $tenant.ews }}{{ $_ := set $own "ews" (fromYaml (include "crosspoint.withFiles" (dict "block" . "tenant" $id))) }}{{ end -}}
{{- $binding := $tenant.mailboxBinding | default (ternary "ews" "none" (not (empty $tenant.ews))) -}}
{{- if eq $service "directory" -}}
{{- $_ := set $own "default_mailbox_binding" $binding -}}
{{- with $tenant.displayName }}{{ $_ := set $own "display_name" . }}{{ end -}}
{{- with $tenant.outlookUse }}{{ $_ := set $own "default_outlook_use" . }}{{ end -}}
{{- if has ($tenant.bridge).mode (list "on_site" "hosted") }}{{ $_ := set $own "bridge_mode" $tenant.bridge.mode }}{{ end -}}
{{- with $tenant.directory }}{{ $own = mergeOverwrite $own (fromYaml (include "crosspoint.withFiles" (dict "block" . "tenant" $id))) }}{{ end -}}
{{- else -}}
{{- $_ := set $own "default_binding" $binding -}}
{{- end -}}
{{- if eq $service "meeting-sync" -}}
{{- with $tenant.outlookUse }}{{ $_ := set $own "default_outlook_use" . }}{{ end -}}
{{- with $tenant.bridge }}{{ $_ := set $own "bridge" . }}{{ end -}}
{{- else -}}
{{- with $tenant.region }}{{ $_ := set $own "region" . }}{{ end -}}
{{- end -}}
{{- $_ := set $tenants $id $own -}}
{{- end -}}
{{- toYaml $tenants -}}
{{- end }}

{{- define "crosspoint.redisConfig" -}}
address: {{ include "crosspoint.redisAddress" . | quote }}
{{- if .Values.redis.existingSecret }}
password_file: /run/secrets/crosspoint/redis/{{ .Values.redis.passwordKey }}
{{- end }}
{{- if .Values.valkey.enabled }}
durability: single
{{- else }}
durability: {{ .Values.redis.durability }}
{{- with .Values.redis.user }}
user: {{ . | quote }}
{{- end }}
{{- if .Values.redis.replicas }}
replicas: {{ .Values.redis.replicas }}
{{- end }}
{{- if .Values.redis.allowLoss }}
allow_loss: true
{{- end }}
{{- if .Values.redis.tls.enabled }}
tls:
  enabled: true
  {{- with .Values.redis.tls.serverName }}
  server_name: {{ . | quote }}
  {{- end }}
  {{- if .Values.redis.tls.existingSecret }}
  ca_file: /run/secrets/crosspoint/redis-tls/ca.crt
  {{- if .Values.redis.tls.clientCertificate }}
  cert_file: /run/secrets/crosspoint/redis-tls/tls.crt
  key_file: /run/secrets/crosspoint/redis-tls/tls.key
  {{- end }}
  {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "crosspoint.authConfig" -}}
issuer: {{ .Values.auth.issuer | quote }}
audience: {{ .Values.auth.audience | quote }}
{{- if .Values.auth.existingSecret }}
jwks_file: /run/secrets/crosspoint/jwks/jwks.json
{{- else }}
jwks_url: {{ .Values.auth.jwksUrl | quote }}
{{- end }}
{{- end }}

{{- define "crosspoint.smtpConfig" -}}
host: {{ .Values.smtp.host | quote }}
port: {{ .Values.smtp.port }}
tls: {{ .Values.smtp.tls }}
from: {{ .Values.smtp.from | quote }}
from_name: {{ .Values.smtp.fromName | quote }}
{{- if .Values.smtp.existingSecret }}
user: {{ .Values.smtp.user | quote }}
password_file: /run/secrets/crosspoint/smtp/password
{{- end }}
{{- end }}

{{/* The whole configuration file of a service; what the values' `config` says wins. (list $ ROW) */}}
{{- define "crosspoint.config" -}}
{{- $root := index . 0 -}}
{{- $row := index . 1 -}}
{{- $all := fromYaml (include "crosspoint.services" $root) -}}
{{- $tls := "/run/secrets/crosspoint/tls" -}}
{{- $drain := $row.values.drain -}}
{{- $config := dict
      "auth" (fromYaml (include "crosspoint.authConfig" $root))
      "log" (dict "level" $row.values.logLevel)
      "redis" (fromYaml (include "crosspoint.redisConfig" $root))
      "server" (dict "address" "0.0.0.0" "port" 9090 "health_port" 9091 "http_port" 9092
        "certificate_file" (printf "%s/tls.crt" $tls) "key_file" (printf "%s/tls.key" $tls) "client_ca_file" (printf "%s/ca.crt" $tls)
        "reflection" $row.values.reflection
        "drain_delay" (printf "%ds" (int $drain.delaySeconds)) "drain_timeout" (printf "%ds" (int $drain.timeoutSeconds))) -}}
{{- if eq $row.name "gateway" -}}
{{- $_ := set $config.server "client_certificate_optional" true -}}
{{- $_ := set $config "forward" (dict "behind_proxy" $root.Values.edge.enabled) -}}
{{- end -}}
{{- with $root.Values.tracing.endpoint -}}
{{- $_ := set $config "tracing" (dict "endpoint" . "sample_ratio" $root.Values.tracing.sampleRatio) -}}
{{- end -}}
{{- if $row.bus }}{{ $_ := set $config "bus" (dict "bind" "tcp://0.0.0.0:9093") }}{{ end -}}
{{- range $peer := $row.peers -}}
{{- if hasKey $all $peer -}}
{{- $_ := set $config (replace "-" "_" $peer) (dict "target" (printf "dns:///%s:9090" (include "crosspoint.host" (list $root $peer)))
      "server_name" $peer "certificate_file" (printf "%s/tls.crt" $tls) "key_file" (printf "%s/tls.key" $tls) "ca_file" (printf "%s/ca.crt" $tls)) -}}
{{- end -}}
{{- end -}}
{{- if $row.mailboxes }}{{ $_ := set $config "tenants" (fromYaml (include "crosspoint.tenants" (list $root $row.name))) }}{{ end -}}
{{- if eq $row.name "voicemail" -}}
{{- $_ := set $config "blobs" (dict "directory" "/var/lib/crosspoint/voicemail") -}}
{{- if $root.Values.smtp.host }}{{ $_ := set $config "smtp" (fromYaml (include "crosspoint.smtpConfig" $root)) }}{{ end -}}
{{- end -}}
{{- toYaml (mergeOverwrite $config (deepCopy $row.values.config)) -}}
{{- end }}
