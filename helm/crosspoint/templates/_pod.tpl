{{/* What every pod of the chart is: (list $ "component" VALUES). `checksum` and containers stand in the template itself. */}}
{{- define "crosspoint.podSpec" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $values := index . 2 -}}
serviceAccountName: {{ include "crosspoint.name" (list $root $name) }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "crosspoint.podSecurity" . | nindent 2 }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $i, $spread := $values.topologySpread }}
{{- if not $i }}
topologySpreadConstraints:
{{- end }}
  - topologyKey: {{ $spread.topologyKey }}
    maxSkew: {{ $spread.maxSkew }}
    whenUnsatisfiable: {{ $spread.whenUnsatisfiable }}
    labelSelector:
      matchLabels:
        {{- include "crosspoint.selector" (list $root $name) | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end }}

{{/* The group owns what is mounted, so that the user of the image can read secrets that nobody else can. */}}
{{- define "crosspoint.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "crosspoint.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* Labels and annotations of a pod: (list $ "component" VALUES "checksum"). Without versions: an upgrade restarts only what
     has another image or configuration. */}}
{{- define "crosspoint.podMetadata" -}}
{{- $values := index . 2 -}}
labels:
  {{- include "crosspoint.selector" (list (index . 0) (index . 1)) | nindent 2 }}
  app.kubernetes.io/part-of: crosspoint
  {{- with (index . 0).Values.commonLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- with $values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  checksum/config: {{ index . 3 }}
  {{- with $values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* A volume with a Secret: (list "name-of-volume" "name-of-secret"). Whole, never by subPath, so that changes arrive. */}}
{{- define "crosspoint.secretVolume" -}}
- name: {{ index . 0 }}
  secret:
    secretName: {{ index . 1 }}
    defaultMode: 0440
{{- end }}

{{- define "crosspoint.mount" -}}
- name: {{ index . 0 }}
  mountPath: {{ index . 1 }}
  readOnly: true
{{- end }}

{{/* The Secrets of a service as YAML, a list of name, secret and the folder under /run/secrets/crosspoint: (list $ ROW). */}}
{{- define "crosspoint.secrets" -}}
{{- $root := index . 0 -}}
{{- $row := index . 1 -}}
- {name: tls, folder: tls, secret: {{ include "crosspoint.certificateSecret" (list $root $row.name) }}}
{{- with $root.Values.auth.existingSecret }}
- {name: jwks, folder: jwks, secret: {{ . }}}
{{- end }}
{{- with $root.Values.redis.existingSecret }}
- {name: redis, folder: redis, secret: {{ . }}}
{{- end }}
{{- if and $root.Values.redis.tls.enabled $root.Values.redis.tls.existingSecret }}
- {name: redis-tls, folder: redis-tls, secret: {{ $root.Values.redis.tls.existingSecret }}}
{{- end }}
{{- if $row.mailboxes }}
{{- range $id, $tenant := $root.Values.tenants }}
{{- with $tenant.existingSecret }}
- {name: tenant-{{ $id }}, folder: tenants/{{ $id }}, secret: {{ . }}}
{{- end }}
{{- end }}
{{- end }}
{{- if and (eq $row.name "voicemail") $root.Values.smtp.host $root.Values.smtp.existingSecret }}
- {name: smtp, folder: smtp, secret: {{ $root.Values.smtp.existingSecret }}}
{{- end }}
{{- with $row.values.existingSecret }}
- {name: own, folder: own, secret: {{ . }}}
{{- end }}
{{- end }}

{{/* Everything a service reads from files: (list $ ROW). With checkOnly in the row it does without the disk, which only one node may have. */}}
{{- define "crosspoint.volumes" -}}
{{- $root := index . 0 -}}
{{- $row := index . 1 -}}
- name: config
  configMap:
    name: {{ include "crosspoint.name" (list $root $row.name) }}
{{- range fromYamlArray (include "crosspoint.secrets" .) }}
{{ include "crosspoint.secretVolume" (list .name .secret) }}
{{- end }}
{{- if and (eq $row.name "voicemail") (not $row.checkOnly) }}
- name: audio
  persistentVolumeClaim:
    claimName: {{ $row.values.persistence.existingClaim | default (include "crosspoint.name" (list $root "voicemail")) }}
{{- end }}
{{- with $row.values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Where it finds them: (list $ ROW). */}}
{{- define "crosspoint.mounts" -}}
{{- $row := index . 1 -}}
{{ include "crosspoint.mount" (list "config" "/etc/crosspoint") }}
{{- range fromYamlArray (include "crosspoint.secrets" .) }}
{{ include "crosspoint.mount" (list .name (printf "/run/secrets/crosspoint/%s" .folder)) }}
{{- end }}
{{- if and (eq $row.name "voicemail") (not $row.checkOnly) }}
- name: audio
  mountPath: /var/lib/crosspoint/voicemail
{{- end }}
{{- with $row.values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}
