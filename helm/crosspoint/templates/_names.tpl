{{- define "crosspoint.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{/* The name of a component's objects: (list $ "presence"). */}}
{{- define "crosspoint.name" -}}
{{- printf "%s-%s" (include "crosspoint.fullname" (index . 0)) (index . 1) -}}
{{- end }}

{{/* What never changes over the life of a release, for selectors: (list $ "presence"). */}}
{{- define "crosspoint.selector" -}}
app.kubernetes.io/name: {{ (index . 0).Chart.Name }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* (list $ "presence") */}}
{{- define "crosspoint.labels" -}}
{{- $root := index . 0 -}}
{{ include "crosspoint.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: crosspoint
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Metadata of an object: (list $ "presence" "name-of-the-object"). */}}
{{- define "crosspoint.metadata" -}}
name: {{ index . 2 }}
namespace: {{ (index . 0).Release.Namespace }}
labels:
  {{- include "crosspoint.labels" (list (index . 0) (index . 1)) | nindent 2 }}
{{- end }}

{{/* Where other pods find a component: (list $ "presence"). A full name, so that resolvers need no search list. */}}
{{- define "crosspoint.host" -}}
{{- $root := index . 0 -}}
{{- printf "%s.%s.svc.%s" (include "crosspoint.name" .) $root.Release.Namespace $root.Values.clusterDomain -}}
{{- end }}

{{/* (list $ IMAGE "default-repository"): a digest wins over a tag. */}}
{{- define "crosspoint.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- $registry := $image.registry | default $root.Values.image.registry -}}
{{- $repository := $image.repository | default (index . 2) -}}
{{- with $registry }}{{ . }}/{{ end -}}
{{- $repository -}}
{{- if $image.digest -}}
@{{ $image.digest }}
{{- else -}}
:{{ $image.tag | default $root.Values.image.tag | default $root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* The Secret with a component's certificate for calls between services: (list $ "presence"). */}}
{{- define "crosspoint.certificateSecret" -}}
{{- $root := index . 0 -}}
{{- index $root.Values.certificates.existingSecrets (index . 1) | default (printf "%s-tls" (include "crosspoint.name" .)) -}}
{{- end }}

{{/* The Secret with the edge's certificate for client programs. */}}
{{- define "crosspoint.edgeCertificateSecret" -}}
{{- .Values.edge.tls.existingSecret | default (printf "%s-tls" (include "crosspoint.name" (list . "edge"))) -}}
{{- end }}

{{/* host:port of Redis. */}}
{{- define "crosspoint.redisAddress" -}}
{{- if .Values.valkey.enabled -}}
{{- printf "%s:6379" (include "crosspoint.host" (list . "valkey")) -}}
{{- else -}}
{{- .Values.redis.address -}}
{{- end -}}
{{- end }}
