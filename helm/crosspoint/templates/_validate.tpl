{{/* Combinations that a schema cannot judge. Each message says what to set. */}}
{{- define "crosspoint.validate" -}}
{{- $services := fromYaml (include "crosspoint.services" .) -}}
{{- range $name, $row := $services -}}
{{- range $needed := $row.requires -}}
{{- if not (hasKey $services $needed) }}{{ fail (printf "%s needs %s: set %s.enabled" $name $needed (index (fromYaml (include "crosspoint.table" $)) $needed).key) }}{{ end -}}
{{- end -}}
{{- if and $row.single (or (gt (int $row.values.replicas) 1) $row.values.autoscaling.enabled) -}}
{{- fail (printf "%s keeps files on one disk, so it has one replica: set %s.replicas to 1 and %s.autoscaling.enabled to false, or %s.persistence.accessMode to ReadWriteMany" $name $row.key $row.key $row.key) -}}
{{- end -}}
{{- end -}}
{{- if not .Values.auth.issuer }}{{ fail "auth.issuer: the issuer of the tokens (iss) is needed" }}{{ end -}}
{{- if eq (empty .Values.auth.jwksUrl) (empty .Values.auth.existingSecret) -}}
{{- fail "auth: exactly one of jwksUrl and existingSecret says where the issuer's keys are" -}}
{{- end -}}
{{- if eq .Values.valkey.enabled (not (empty .Values.redis.address)) -}}
{{- fail "either valkey.enabled or redis.address: one Redis, and only one" -}}
{{- end -}}
{{- if and .Values.valkey.enabled (not .Values.redis.existingSecret) -}}
{{- fail "redis.existingSecret: the bundled Valkey wants a password; README.md says how to make the Secret" -}}
{{- end -}}
{{- if and .Values.valkey.enabled .Values.redis.tls.enabled -}}
{{- fail "redis.tls is for a Redis outside: the bundled Valkey has none" -}}
{{- end -}}
{{- $exposed := or .Values.grpcRoute.enabled (ne .Values.gateway.service.type "None") -}}
{{- if and $exposed (not .Values.edge.enabled) (not .Values.gateway.exposeDirectly) -}}
{{- fail "the gateway would be exposed without the edge, which limits rates and speaks gRPC-Web: set edge.enabled, or gateway.exposeDirectly if something of yours does that" -}}
{{- end -}}
{{- if and .Values.edge.enabled .Values.gateway.exposeDirectly -}}
{{- fail "gateway.exposeDirectly goes with edge.enabled false: one way in" -}}
{{- end -}}
{{- if and .Values.edge.enabled (not .Values.edge.tls.existingSecret) (not .Values.edge.tls.certManager.enabled) -}}
{{- fail "edge.tls: existingSecret, or certManager.enabled with dnsNames" -}}
{{- end -}}
{{- if and .Values.certificates.certManager.enabled (not .Values.certificates.certManager.issuerRef.name) -}}
{{- fail "certificates.certManager.issuerRef.name: whose certificates the services get" -}}
{{- end -}}
{{- end }}
