{{/* Peers of a network policy: (list $ "presence"). */}}
{{- define "crosspoint.fromPods" -}}
- podSelector:
    matchLabels:
      {{- include "crosspoint.selector" . | nindent 6 }}
{{- end }}

{{- define "crosspoint.toDns" -}}
# Names.
- to:
    {{- toYaml .Values.networkPolicy.dns | nindent 4 }}
  ports:
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
{{- end }}

{{/* A rule of egress to addresses outside the chart: (dict "cidrs" "ports"). */}}
{{- define "crosspoint.toOutside" -}}
{{- if .cidrs -}}
- to:
    {{- range .cidrs }}
    - ipBlock: {cidr: {{ . | quote }}}
    {{- end }}
  ports:
    {{- range .ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end -}}
{{- end }}
